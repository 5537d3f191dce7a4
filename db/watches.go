package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// WatchOf is of what a channel is shown the requests.
type WatchOf string

// What a channel can watch.
const (
	WatchAll         WatchOf = "all"
	WatchIntegration WatchOf = "integration"
	WatchBundle      WatchOf = "bundle"
	WatchRequester   WatchOf = "requester"
)

// Watch is one thing that a channel is shown the requests of.
type Watch struct {
	ConversationID string
	Of             WatchOf
	ID, Name       string // Apono's id and name, or the address in small letters twice; "" for all
	Locale         string // such as "de-DE", in which they speak
	TimeZone       string // IANA, in which the channel's cards tell times
	TeamID         string // of the channel, as Teams names it
	Since          time.Time

	Guests int // who read it too, as whoever began it was told; for the audit, not read back
}

// Matches says that a request is of what is watched: by the ids of its
// integrations, or by their names where no id is told; by its bundle; or by who
// receives the access or asked for it. What is not told is empty.
func (w Watch) Matches(integrationIDs, integrationNames []string, bundle Named, requesterEmail string) bool {
	switch w.Of {
	case WatchAll:
		return true
	case WatchIntegration:
		if told := slices.DeleteFunc(slices.Clone(integrationIDs), isEmpty); len(told) > 0 {
			return slices.Contains(told, w.ID)
		}
		return slices.ContainsFunc(integrationNames, w.called)
	case WatchBundle:
		if bundle.ID != "" {
			return bundle.ID == w.ID
		}
		return w.called(bundle.Name)
	case WatchRequester:
		return requesterEmail != "" && strings.EqualFold(requesterEmail, w.ID)
	}
	return false
}

func (w Watch) called(name string) bool { return name != "" && strings.EqualFold(name, w.Name) }

func isEmpty(s string) bool { return s == "" }

// about is what the audit tells of a watch: no address, which is somebody's.
func (w Watch) about() map[string]string {
	detail := map[string]string{"of": string(w.Of), "conversation": w.ConversationID}
	if w.Of == WatchIntegration || w.Of == WatchBundle {
		detail["id"] = w.ID
	}
	if w.Guests > 0 {
		detail["guests"] = strconv.Itoa(w.Guests)
	}
	return detail
}

// Watch makes a channel watch something from now on, and owes it what waits for
// a decision already. What it watches already stays as it is.
func (s *Store) Watch(ctx context.Context, w Watch, by PersonKey) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO watches (conversation_id, kind, id, name, team_id, time_zone, locale, since)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (conversation_id, kind, id) DO NOTHING`,
			w.ConversationID, w.Of, w.ID, w.Name, w.TeamID, w.TimeZone, w.Locale, w.Since)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if err := s.owe(ctx, tx, AnnouncePending{w.ConversationID}); err != nil {
			return err
		}
		return audit(ctx, tx, by, AuditEntry{Action: AuditWatch, Outcome: "done", Detail: w.about()})
	})
	if err != nil {
		return fmt.Errorf("watch %s in %s: %w", w.Of, w.ConversationID, err)
	}
	return nil
}

// Unwatch ends what channels watch. Cards that are owed there and have not come
// yet do not come.
func (s *Store) Unwatch(ctx context.Context, watches []Watch, by PersonKey) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		var ended []string
		for _, w := range watches {
			tag, err := tx.Exec(ctx, `
				DELETE FROM watches WHERE conversation_id = $1 AND kind = $2 AND id = $3`, w.ConversationID, w.Of, w.ID)
			if err == nil && tag.RowsAffected() > 0 {
				err = audit(ctx, tx, by, AuditEntry{Action: AuditUnwatch, Outcome: "done", Detail: w.about()})
			}
			if err != nil {
				return err
			}
			ended = append(ended, w.ConversationID)
		}
		return s.dropUnposted(ctx, tx, ended)
	})
	if err != nil {
		return fmt.Errorf("unwatch: %w", err)
	}
	return nil
}

// EndWatches ends what a channel watches, and all channels of a team, because
// Teams says that the bot is not there any more since at, by Teams' clock. What
// was begun after that stays: the bot has been added again. Either id may be
// empty.
func (s *Store) EndWatches(ctx context.Context, conversationID, teamID string, at time.Time) (ended int, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			DELETE FROM watches
			WHERE since <= $3 AND (conversation_id = $1 OR $2 <> '' AND team_id = $2)
			RETURNING conversation_id`, conversationID, teamID, at)
		if err != nil {
			return err
		}
		channels, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		ended = len(channels)
		return s.dropUnposted(ctx, tx, channels)
	})
	if err != nil {
		return 0, fmt.Errorf("end the watches of %s: %w", conversationID, err)
	}
	return ended, nil
}

// dropUnposted takes back the cards for approvers that channels are owed and that
// do not stand there yet, but for one that is being sent. What a channel still
// watches is owed to it anew.
func (s *Store) dropUnposted(ctx context.Context, tx pgx.Tx, channels []string) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM posted_cards b
		WHERE b.conversation_id = ANY ($1) AND b.object_id IS NULL AND b.kind IN ($2, $3) AND b.activity_id IS NULL
		  AND b.id NOT IN (
			SELECT first.id FROM conversations c, LATERAL (
				SELECT id FROM posted_cards n WHERE n.conversation_id = c.id AND n.wanted > n.drawn
				ORDER BY `+nextCard+` LIMIT 1) first
			WHERE c.id = ANY ($1) AND c.leased_until > now())`, channels, ToReviewHere, StillWaits)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT conversation_id FROM watches WHERE conversation_id = ANY ($1)`, channels)
	if err != nil {
		return err
	}
	watching, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, id := range watching {
		err = errors.Join(err, s.owe(ctx, tx, AnnouncePending{id}))
	}
	return err
}

// Watches are those of all channels.
func (s *Store) Watches(ctx context.Context) ([]Watch, error) {
	return s.watchesWhere(ctx, `true`)
}

// WatchesOf are those of one channel, the oldest first.
func (s *Store) WatchesOf(ctx context.Context, conversationID string) ([]Watch, error) {
	return s.watchesWhere(ctx, `conversation_id = $1`, conversationID)
}

func (s *Store) watchesWhere(ctx context.Context, condition string, args ...any) ([]Watch, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT conversation_id, kind, id, name, time_zone, locale, team_id, since FROM watches
		WHERE `+condition+` ORDER BY conversation_id, since, kind, name, id`, args...)
	if err != nil {
		return nil, fmt.Errorf("list watches: %w", err)
	}
	watches, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w Watch, err error) {
		return w, row.Scan(&w.ConversationID, &w.Of, &w.ID, &w.Name, &w.TimeZone, &w.Locale, &w.TeamID, &w.Since)
	})
	if err != nil {
		return nil, fmt.Errorf("list watches: %w", err)
	}
	return watches, nil
}
