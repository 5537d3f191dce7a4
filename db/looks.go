package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// lookForgotten is how long a look may be owed before it is owed anew: whoever
// took on its job may be gone. Of two jobs the later one finds nothing owed.
const lookForgotten = 10 * time.Second

// Look is a look at a request that is about to be made. Its Reading and
// ToldSince are those of what Apono is about to tell.
type Look struct {
	Request
	V4ID      string    // how v4 names it; "" where that is not known
	Elsewhere bool      // made elsewhere
	OnBehalf  bool      // of somebody else, with the token of who asked
	By        PersonKey // who asked; zero if the bot does not know them
}

// StartLook takes on the look that is owed to a request, and puts the next one
// off until again. It is nil if none is owed any more: another look, or a list
// of Apono's, has told meanwhile.
func (s *Store) StartLook(ctx context.Context, id string, again time.Time) (*Look, error) {
	rows, err := s.pool.Query(ctx, `
		UPDATE requests r SET look_owed_at = NULL, look_at = greatest(r.look_at, $2)
		FROM submissions s
		WHERE r.id = $1 AND s.id = r.submission_id AND r.look_owed_at IS NOT NULL AND r.look_at IS NOT NULL
		RETURNING `+requestColumns+`, r.v4_id, s.state = 'elsewhere', s.asked ? 'for', s.tenant_id, s.object_id, nextval('readings'), clock_timestamp()`, id, again)
	if err != nil {
		return nil, fmt.Errorf("look at request %s: %w", id, err)
	}
	look, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (*Look, error) {
		var l Look
		var number int64
		var began time.Time
		var by personOrNobody
		r, err := scanRequestAnd(row, &l.V4ID, &l.Elsewhere, &l.OnBehalf, &by.tenant, &by.object, &number, &began)
		l.By = by.key()
		l.Request, l.Reading, l.ToldSince = r, number, began
		return &l, err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at request %s: %w", id, err)
	}
	return look, nil
}

// OweRefresh owes a look at the request of that name now, if it is remembered
// and not over; whoever tells of a change is believed only that far. Until that
// look begins, telling again owes no other. The request is due at once, too: if
// many are, the sweep is faster than their looks.
func (s *Store) OweRefresh(ctx context.Context, name string, now time.Time) (owed bool, err error) {
	n, err := s.oweLooks(ctx, priorityUrgent, `
		SELECT id, look_owed_at, look_urgent FROM requests
		WHERE id = (SELECT request_id FROM request_names WHERE name = $4) AND look_at IS NOT NULL
		FOR UPDATE`, now, name)
	if err != nil {
		return false, fmt.Errorf("owe a look at request %q: %w", name, err)
	}
	return n > 0, nil
}

// OweRefreshes is OweRefresh for several requests, by any of their names, whose
// looks come after those that an event or a person asks for.
func (s *Store) OweRefreshes(ctx context.Context, names []string, now time.Time) error {
	if len(names) == 0 {
		return nil
	}
	_, err := s.oweLooks(ctx, priorityRest, `
		SELECT id, look_owed_at, look_urgent FROM requests
		WHERE id IN (SELECT request_id FROM request_names WHERE name = ANY ($4)) AND look_at IS NOT NULL
		ORDER BY id FOR UPDATE`, now, names)
	if err != nil {
		return fmt.Errorf("owe looks at %d requests: %w", len(names), err)
	}
	return nil
}

// OweDueRefreshes owes a look at up to limit requests whose time has come, and
// puts their next one off until again. It says how many there were.
func (s *Store) OweDueRefreshes(ctx context.Context, now, again time.Time, limit int) (n int, err error) {
	n, err = s.oweLooks(ctx, priorityRest, `
		SELECT id, look_owed_at, look_urgent FROM requests WHERE look_at <= $4
		ORDER BY look_at LIMIT $5 FOR UPDATE SKIP LOCKED`, again, now, limit)
	if err != nil {
		return 0, fmt.Errorf("owe the refreshes that are due: %w", err)
	}
	return n, nil
}

// oweLooks owes a look at the requests that a query of $4 and on gives, and sets when their
// next one is due. Those that are owed one already are owed no other.
func (s *Store) oweLooks(ctx context.Context, priority int, query string, lookAt time.Time, args ...any) (n int, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			WITH named AS (`+query+`), owed AS (
				SELECT id, coalesce(look_owed_at > clock_timestamp() - $2::interval, false)
					AND (look_urgent OR NOT $3) AS already FROM named)
			UPDATE requests r SET look_at = $1, look_urgent = CASE WHEN already THEN r.look_urgent ELSE $3 END,
				look_owed_at = CASE WHEN already THEN r.look_owed_at ELSE clock_timestamp() END
			FROM owed WHERE r.id = owed.id
			RETURNING r.id, already`, append([]any{lookAt, lookForgotten, priority == priorityUrgent}, args...)...)
		if err != nil {
			return err
		}
		n = 0
		var id string
		var already bool
		var looks []river.InsertManyParams
		_, err = pgx.ForEachRow(rows, []any{&id, &already}, func() error {
			if n++; !already {
				looks = append(looks, river.InsertManyParams{Args: RefreshRequest{id}, InsertOpts: &river.InsertOpts{Priority: priority}})
			}
			return nil
		})
		if err != nil || len(looks) == 0 {
			return err
		}
		_, err = s.jobs.InsertManyTx(ctx, tx, looks)
		return err
	})
	return n, err
}

// DropNeedlessLooks takes the looks out of the queue that a list has made
// needless, so that others do not wait behind them.
func (s *Store) DropNeedlessLooks(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `
		DELETE FROM river_job j USING requests r
		WHERE j.kind = $1 AND j.state = 'available' AND r.id = j.args ->> 'request_id' AND r.look_owed_at IS NULL`,
		RefreshRequest{}.Kind())
	if err != nil {
		return fmt.Errorf("drop needless looks: %w", err)
	}
	return nil
}

// LookSooner lets the sweep look at requests now that it would look at after
// soon only. Whoever asks again and again costs no more looks than one.
func (s *Store) LookSooner(ctx context.Context, ids []string, now, soon time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := s.pool.Exec(ctx, `UPDATE requests SET look_at = $2 WHERE id = ANY ($1) AND look_at > $3`, ids, now, soon)
	if err != nil {
		return fmt.Errorf("look sooner at %d requests: %w", len(ids), err)
	}
	return nil
}

// DueLooks counts the requests whose time has come, up to limit.
func (s *Store) DueLooks(ctx context.Context, now time.Time, limit int) (n int, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT count(*) FROM (SELECT FROM requests WHERE look_at <= $1 LIMIT $2) due`, now, limit).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the looks that are due: %w", err)
	}
	return n, nil
}

// OpenRequests is how many requests stand at a status and are not over, and how
// many of them have become due to be looked at since some time.
type OpenRequests struct {
	All, Due int
	Oldest   time.Time // when the first of them was first remembered
}

// Open counts the requests that are not over.
func (s *Store) Open(ctx context.Context, now, since time.Time) (map[aponoapi.Status]OpenRequests, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT status, count(*), count(*) FILTER (WHERE look_at <= $1 AND look_at > $2), min(created_at) FROM requests
		WHERE look_at IS NOT NULL GROUP BY status`, now, since)
	if err != nil {
		return nil, fmt.Errorf("count the open requests: %w", err)
	}
	all := make(map[aponoapi.Status]OpenRequests)
	var status aponoapi.Status
	var n OpenRequests
	_, err = pgx.ForEachRow(rows, []any{&status, &n.All, &n.Due, &n.Oldest}, func() error {
		all[status] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count the open requests: %w", err)
	}
	return all, nil
}
