package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// InApono is whom the bot knows as an Apono user.
type InApono struct {
	Person  PersonKey
	Reached bool // the bot can write to them
	Busy    bool // has a submission under way: what Apono tells of them may be what it is about to answer
}

// PeopleInApono are those of the Apono users whom the bot knows, by their Apono
// ids.
func (s *Store) PeopleInApono(ctx context.Context, aponoIDs []string) (map[string]InApono, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT DISTINCT ON (p.apono_id) p.apono_id, p.tenant_id, p.object_id,
			p.conversation_id IS NOT NULL AND coalesce(p.removed_at <= p.added_at, p.removed_at IS NULL) AS reached,
			EXISTS (
				SELECT FROM submissions s
				WHERE s.tenant_id = p.tenant_id AND s.object_id = p.object_id AND s.state = 'sending')
		FROM people p
		WHERE p.apono_id = ANY ($1) AND p.apono_id <> ''
		ORDER BY p.apono_id, reached DESC, p.apono_read_at DESC NULLS LAST`, aponoIDs)
	if err != nil {
		return nil, fmt.Errorf("look up %d Apono users: %w", len(aponoIDs), err)
	}
	people := make(map[string]InApono)
	var id string
	var p InApono
	_, err = pgx.ForEachRow(rows, []any{&id, &p.Person.TenantID, &p.Person.ObjectID, &p.Reached, &p.Busy}, func() error {
		people[id] = p
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up %d Apono users: %w", len(aponoIDs), err)
	}
	return people, nil
}

// RememberElsewhere remembers a request that was made elsewhere: by a person, or
// with the zero key by somebody whom the bot does not know. No card tells them
// of it. It is ErrTaken, and nothing is remembered, if it is known by any
// of its names, or if the person has a submission under way that may become it.
func (s *Store) RememberElsewhere(ctx context.Context, k PersonKey, asked Asked, r Request) error {
	body, err := marshal(asked)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		var id string
		err := tx.QueryRow(ctx, `
			INSERT INTO submissions (draft_id, tenant_id, object_id, asked, state)
			SELECT gen_random_uuid(), nullif($1, ''), nullif($2, ''), $3, 'elsewhere'
			WHERE NOT EXISTS (
				SELECT FROM submissions WHERE tenant_id = $1 AND object_id = $2 AND state = 'sending')
			AND NOT EXISTS (SELECT FROM request_names WHERE name = ANY ($4))
			RETURNING id`, k.TenantID, k.ObjectID, body, append([]string{r.ID, r.FriendlyID}, r.Names...)).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrTaken
		}
		if err != nil {
			return err
		}
		return s.insertRequest(ctx, tx, id, r)
	})
	if err != nil {
		return fmt.Errorf("remember request %s: %w", r.ID, err)
	}
	return nil
}

// NameAsked keeps what was asked elsewhere with the names that Apono tells of it.
func (s *Store) NameAsked(ctx context.Context, sub Submission) error {
	body, err := marshal(sub.Asked)
	if err != nil {
		return err
	}
	_, err = s.pool.Exec(ctx, `UPDATE submissions SET asked = $2 WHERE id = $1 AND state = 'elsewhere'`, sub.ID, body)
	if err != nil {
		return fmt.Errorf("name what submission %s asks for: %w", sub.ID, err)
	}
	return nil
}

// AddNames remembers further names of a request. Those of another are left to it.
func (s *Store) AddNames(ctx context.Context, requestID string, names []string) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error { return insertNames(ctx, tx, Request{ID: requestID, Names: names}) })
	if err != nil {
		return fmt.Errorf("name request %s: %w", requestID, err)
	}
	return nil
}

// NameRequest gives the request that is remembered by one name others, and the
// name that people read.
func (s *Store) NameRequest(ctx context.Context, name string, r Request) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		var submissionID string
		err := tx.QueryRow(ctx, `
			UPDATE requests SET friendly_id = $2
			WHERE id = (SELECT request_id FROM request_names WHERE name = $1) AND friendly_id = ''
			RETURNING id, submission_id`, name, r.FriendlyID).Scan(&r.ID, &submissionID)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := insertNames(ctx, tx, r); err != nil {
			return err
		}
		return s.wantCards(ctx, tx, submissionID)
	})
	if err != nil {
		return fmt.Errorf("name request %s: %w", name, err)
	}
	return nil
}
