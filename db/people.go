package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// PersonKey names a person: the tenant in which they met the bot, and their
// Entra object id.
type PersonKey struct {
	TenantID, ObjectID string
}

// Person is what the bot remembers of somebody.
type Person struct {
	PersonKey
	TeamsID  string // "29:…"
	Name     string
	Locale   string
	TimeZone string // IANA

	// What the roster of a conversation said at ReadAt.
	Email        string
	Role         string
	HomeTenantID string
	ReadAt       time.Time

	// The Apono user that the address led to at AponoReadAt.
	AponoID     string
	AponoReadAt time.Time

	Muted     bool // wants no warning before an access ends
	Approvals bool // wants what waits for their decision in their own chat

	// Chat is the person's own chat with the bot; its ID is empty until known.
	Chat Conversation
}

// Guest says that the roster told of a guest, or of somebody without a name.
func (p Person) Guest() bool { return p.Role == "guest" || p.Role == "anonymous" }

// personColumns are read by scanPerson, from people p and conversations c.
const personColumns = `p.tenant_id, p.object_id, p.teams_id, p.name, p.locale, p.time_zone,
	p.email, p.role, p.home_tenant_id, p.read_at, p.apono_id, p.apono_read_at, p.muted, p.approvals,
	coalesce(c.id, ''), coalesce(c.tenant_id, ''), coalesce(c.kind, ''), coalesce(c.service_url, '')`

func scanPerson(row pgx.CollectableRow, more ...any) (Person, error) {
	var p Person
	var read, aponoRead *time.Time
	err := row.Scan(append([]any{
		&p.TenantID, &p.ObjectID, &p.TeamsID, &p.Name, &p.Locale, &p.TimeZone,
		&p.Email, &p.Role, &p.HomeTenantID, &read, &p.AponoID, &aponoRead, &p.Muted, &p.Approvals,
		&p.Chat.ID, &p.Chat.TenantID, &p.Chat.Kind, &p.Chat.ServiceURL,
	}, more...)...)
	p.ReadAt, p.AponoReadAt = timeOf(read), timeOf(aponoRead)
	return p, err
}

// Person is what is remembered of somebody, or ErrNotFound.
func (s *Store) Person(ctx context.Context, k PersonKey) (Person, error) {
	return personWhere(ctx, s.pool, k)
}

func personWhere(ctx context.Context, q querier, k PersonKey) (Person, error) {
	rows, err := q.Query(ctx, `
		SELECT `+personColumns+`
		FROM people p LEFT JOIN conversations c ON c.id = p.conversation_id
		WHERE p.tenant_id = $1 AND p.object_id = $2`, k.TenantID, k.ObjectID)
	if err != nil {
		return Person{}, fmt.Errorf("look up person %s: %w", k.ObjectID, err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (Person, error) { return scanPerson(row) })
	if errors.Is(err, pgx.ErrNoRows) {
		return Person{}, fmt.Errorf("person %s: %w", k.ObjectID, ErrNotFound)
	}
	if err != nil {
		return Person{}, fmt.Errorf("look up person %s: %w", k.ObjectID, err)
	}
	return p, nil
}

// RememberMember keeps what the roster says of a person.
func (s *Store) RememberMember(ctx context.Context, p Person) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE people SET name = coalesce(nullif($3, ''), name), email = $4, role = $5, home_tenant_id = $6, read_at = $7
		WHERE tenant_id = $1 AND object_id = $2`,
		p.TenantID, p.ObjectID, p.Name, p.Email, p.Role, p.HomeTenantID, p.ReadAt)
	if err != nil {
		return fmt.Errorf("remember member %s: %w", p.ObjectID, err)
	}
	return nil
}

// RememberApono keeps which Apono user a person is. What that user made
// elsewhere, and was nobody's so far, is theirs; the token of another one that
// they had connected is forgotten.
func (s *Store) RememberApono(ctx context.Context, k PersonKey, aponoID string, at time.Time) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `
			UPDATE submissions SET tenant_id = $1, object_id = $2
			WHERE object_id IS NULL AND asked ->> 'apono_user_id' = $3`, k.TenantID, k.ObjectID, aponoID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			UPDATE people SET apono_id = $3, apono_read_at = $4
			WHERE tenant_id = $1 AND object_id = $2`, k.TenantID, k.ObjectID, aponoID, at); err != nil {
			return err
		}
		if err := s.oweGrantees(ctx, tx, `p.apono_id = $1`, aponoID); err != nil {
			return err
		}
		_, err := dropLink(ctx, tx, k, droppedOtherUser, `apono_id <> $3`, aponoID)
		return err
	})
	if err != nil {
		return fmt.Errorf("remember the Apono user of %s: %w", k.ObjectID, err)
	}
	return nil
}

// RememberChat keeps a person's own chat, which the bot has just created, and
// owes them what has waited for it.
func (s *Store) RememberChat(ctx context.Context, k PersonKey, c Conversation) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		if err := rememberChat(ctx, tx, k, c); err != nil {
			return err
		}
		return s.oweUndrawn(ctx, tx, k)
	})
	if err != nil {
		return fmt.Errorf("remember the chat of %s: %w", k.ObjectID, err)
	}
	return nil
}

func rememberChat(ctx context.Context, tx pgx.Tx, k PersonKey, c Conversation) error {
	_, err := tx.Exec(ctx, `
		WITH place AS (
			INSERT INTO conversations (id, tenant_id, kind, service_url) VALUES ($3, $4, 'personal', $5)
			ON CONFLICT (id) DO UPDATE SET service_url = excluded.service_url, closed = '', updated_at = now()
		)
		UPDATE people SET conversation_id = $3 WHERE tenant_id = $1 AND object_id = $2`,
		k.TenantID, k.ObjectID, c.ID, c.TenantID, c.ServiceURL)
	return err
}

// Mute notes whether a person wants to be warned before an access ends.
func (s *Store) Mute(ctx context.Context, k PersonKey, muted bool) error {
	_, err := s.pool.Exec(ctx, `UPDATE people SET muted = $3 WHERE tenant_id = $1 AND object_id = $2`, k.TenantID, k.ObjectID, muted)
	if err != nil {
		return fmt.Errorf("mute %s: %w", k.ObjectID, err)
	}
	return nil
}

// Added notes that Teams says the person has the bot since at, by Teams' clock.
// A new install owes one welcome, and any one every card that could not be sent
// before.
func (s *Store) Added(ctx context.Context, k PersonKey, at time.Time) error {
	return s.installChanged(ctx, k, at, time.Time{})
}

// Removed notes that Teams says the person removed the bot at that time; what
// the roster said before is no longer believed. An older one than the newest
// install changes nothing but whether that install was a new one.
func (s *Store) Removed(ctx context.Context, k PersonKey, at time.Time) error {
	return s.installChanged(ctx, k, time.Time{}, at)
}

// installChanged weighs what Teams tells of an install by its times alone: the
// events of one install come twice (installationUpdate and conversationUpdate)
// and in any order. It is a new one if a removal lies between it and the one
// that was last welcomed.
func (s *Store) installChanged(ctx context.Context, k PersonKey, added, removed time.Time) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		var isNew bool
		err := tx.QueryRow(ctx, `
			UPDATE people SET added_at = greatest(added_at, $3), removed_at = greatest(removed_at, $4),
				read_at = CASE WHEN $4 > coalesce(added_at, '-infinity') THEN NULL ELSE read_at END
			WHERE tenant_id = $1 AND object_id = $2
			RETURNING coalesce(added_at > coalesce(removed_at, '-infinity')
				AND (welcomed_at IS NULL OR welcomed_at < removed_at), false)`,
			k.TenantID, k.ObjectID, timeOrNull(added), timeOrNull(removed)).Scan(&isNew)
		if err != nil {
			return err
		}
		if err := s.opened(ctx, tx, k, !added.IsZero()); err != nil {
			return err
		}
		if !isNew {
			return nil
		}
		if _, err := tx.Exec(ctx, `
			UPDATE people SET welcomed_at = added_at
			WHERE tenant_id = $1 AND object_id = $2`, k.TenantID, k.ObjectID); err != nil {
			return err
		}
		return s.owe(ctx, tx, Welcome{k.TenantID, k.ObjectID})
	})
	if err != nil {
		return fmt.Errorf("note the install of %s: %w", k.ObjectID, err)
	}
	return nil
}

// opened notes that a person's own chat can be written to from now on, or not
// any more, and owes them what has waited.
func (s *Store) opened(ctx context.Context, tx pgx.Tx, k PersonKey, open bool) error {
	_, err := tx.Exec(ctx, `
		UPDATE conversations c SET closed = CASE WHEN $3 THEN '' ELSE 'removed by the person' END FROM people p
		WHERE p.tenant_id = $1 AND p.object_id = $2 AND c.id = p.conversation_id
		  AND $3 = (coalesce(p.added_at, '-infinity') > coalesce(p.removed_at, '-infinity'))`, k.TenantID, k.ObjectID, open)
	if err != nil || !open {
		return err
	}
	return s.oweUndrawn(ctx, tx, k)
}
