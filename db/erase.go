package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Erased is what was deleted with a person, each counted.
type Erased struct {
	Submissions, Requests, Cards, Drafts, Favorites, Links, Activities, Jobs, Watches int

	Open      int // of the requests: Apono has not ended them
	Decisions int // requests of others that named the person as who decided
	Parties   int // requests of others that named the person as who asks or receives
}

// PeopleAt are the people of an address, whatever its letters' case, or of an
// Entra object id. One address can be several people's, of several tenants.
func (s *Store) PeopleAt(ctx context.Context, address string) ([]Person, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+personColumns+`
		FROM people p LEFT JOIN conversations c ON c.id = p.conversation_id
		WHERE $1 <> '' AND (lower(p.email) = lower($1) OR p.object_id = lower($1))
		ORDER BY p.tenant_id, p.object_id`, address)
	if err != nil {
		return nil, fmt.Errorf("look up an address: %w", err)
	}
	people, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Person, error) { return scanPerson(row) })
	if err != nil {
		return nil, fmt.Errorf("look up an address: %w", err)
	}
	return people, nil
}

// Each of these is about one person, whose own chat is @chat.
const (
	// What is locked comes first, in the order in which the bot locks it. Once the
	// person is, nothing new comes to them.
	lockDrafts      = `SELECT FROM drafts WHERE ` + theirs + ` ORDER BY id FOR UPDATE`
	lockSubmissions = `SELECT FROM submissions WHERE ` + made + ` ORDER BY id FOR UPDATE`
	lockPerson      = `SELECT FROM people WHERE ` + theirs + ` FOR UPDATE`
	lockPlace       = `SELECT FROM conversations WHERE id = @chat FOR UPDATE`
	lockRequests    = `SELECT FROM requests WHERE submission_id IN (` + submitted + `) ORDER BY id FOR UPDATE`

	// Who takes on an activity of the person's asks for the person afterwards: either
	// it is gone with them, or they are new. All who press wait for this, so that it
	// comes when nothing long is left to do, and is tried again when it must wait.
	waitShortly    = `SET LOCAL lock_timeout = '100ms'`
	lockActivities = `LOCK TABLE activities IN SHARE ROW EXCLUSIVE MODE`

	theirs    = `tenant_id = @tenant AND object_id = @object`
	submitted = `SELECT id FROM submissions WHERE ` + made
	// What was made elsewhere before the bot knew them is nobody's still.
	made = `(` + theirs + ` OR object_id IS NULL AND @apono <> '' AND asked ->> 'apono_user_id' = @apono)`

	eraseJobs = `DELETE FROM river_job WHERE args ->> 'tenant_id' = @tenant AND args ->> 'object_id' = @object
		OR args ->> 'conversation_id' = @chat
		OR args ->> 'submission_id' IN (SELECT id::text FROM submissions WHERE ` + made + `)
		OR args ->> 'request_id' IN (SELECT id FROM requests WHERE submission_id IN (` + submitted + `))`
	eraseCards       = `DELETE FROM posted_cards WHERE ` + theirs + ` OR submission_id IN (` + submitted + `)`
	eraseRequests    = `DELETE FROM requests WHERE submission_id IN (` + submitted + `)`
	eraseSubmissions = `DELETE FROM submissions WHERE ` + made
	eraseDrafts      = `DELETE FROM drafts WHERE ` + theirs
	eraseFavorites   = `DELETE FROM favorites WHERE ` + theirs
	eraseLinks       = `DELETE FROM apono_links WHERE ` + theirs
	eraseActivities  = `DELETE FROM activities WHERE conversation_id = @chat`
	eraseDecisions   = `UPDATE requests SET decided_by = '', review = review - 'approvers'
		WHERE @name <> '' AND strpos(concat(decided_by, review -> 'approvers'), @name) > 0
		OR @email <> '' AND strpos(lower(concat(decided_by, review -> 'approvers')), lower(@email)) > 0`
	eraseParties = `UPDATE requests SET review = review
			- CASE WHEN ` + asRequester + ` THEN '{requester}'::text[] ELSE '{}' END
			- CASE WHEN ` + asGrantee + ` THEN '{grantee,before}'::text[] ELSE '{}' END
		WHERE ` + asRequester + ` OR ` + asGrantee
	asRequester = `coalesce(review -> 'requester' ->> 'id' = nullif(@apono, '')
			OR lower(review -> 'requester' ->> 'email') = lower(nullif(@email, '')), false)`
	asGrantee = `coalesce(review -> 'grantee' ->> 'id' = nullif(@apono, '')
			OR lower(review -> 'grantee' ->> 'email') = lower(nullif(@email, '')), false)`
	eraseAudited = `DELETE FROM audit_people WHERE ` + theirs // what they did stays, under an id that is nobody's
	eraseAdmin   = `DELETE FROM admins WHERE ` + theirs
	eraseWatches = `DELETE FROM watches WHERE kind = 'requester' AND id = lower(@email)`
	// What others asked for on their behalf stays, without their name.
	eraseAskedFor = `UPDATE submissions SET asked = jsonb_set(asked, '{for,name}', '"somebody"')
		WHERE asked ->> 'apono_user_id' = @apono AND asked ? 'for' AND @apono <> ''`
	eraseDraftedFor = `UPDATE drafts SET form = jsonb_set(form, '{for,name}', '"somebody"')
		WHERE form -> 'for' ->> 'id' = @apono AND @apono <> ''`
	erasePerson = `DELETE FROM people WHERE ` + theirs
	erasePlace  = `DELETE FROM conversations WHERE id = @chat`

	countOpen = `SELECT FROM requests WHERE look_at IS NOT NULL AND submission_id IN (` + submitted + `)`
)

// Erase deletes a person, and everything about them. If they write to the bot
// again they are new. It may be done while bots are running.
func (s *Store) Erase(ctx context.Context, p Person) (e Erased, err error) {
	var ignored int
	about := pgx.NamedArgs{"tenant": p.TenantID, "object": p.ObjectID, "chat": p.Chat.ID, "name": p.Name, "email": p.Email, "apono": p.AponoID}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		for _, step := range []struct {
			sql   string
			count *int
		}{
			{lockDrafts, &ignored},
			{lockSubmissions, &ignored},
			{lockPerson, &ignored},
			// Those that came before the person was locked. Who is writing one now may
			// wait for the person: they go first.
			{lockSubmissions + ` NOWAIT`, &ignored},
			{lockPlace, &ignored},
			{lockRequests, &ignored},
			{countOpen, &e.Open},
			{eraseJobs, &e.Jobs},
			{eraseCards, &e.Cards},
			{eraseRequests, &e.Requests},
			{eraseSubmissions, &e.Submissions},
			{eraseDrafts, &e.Drafts},
			{eraseFavorites, &e.Favorites},
			{eraseLinks, &e.Links},
			{eraseDecisions, &e.Decisions},
			{eraseParties, &e.Parties},
			{eraseAudited, &ignored},
			{eraseAdmin, &ignored},
			{eraseWatches, &e.Watches},
			{eraseAskedFor, &ignored},
			{eraseDraftedFor, &ignored},
			{erasePerson, &ignored},
			{erasePlace, &ignored},
			{waitShortly, &ignored},
			{lockActivities, &ignored},
			{eraseActivities, &e.Activities},
		} {
			tag, err := tx.Exec(ctx, step.sql, about)
			if err != nil {
				return err
			}
			if *step.count = int(tag.RowsAffected()); step.sql == lockPerson && *step.count == 0 {
				return nil // without the row nothing keeps a new one from coming meanwhile
			}
		}
		return nil
	})
	if err != nil {
		return Erased{}, fmt.Errorf("erase person %s: %w", p.ObjectID, err)
	}
	return e, nil
}

// ofStranger are the requests that an address has to do with and that are
// nobody's: the bot has never met who made them.
const ofStranger = `submission_id IN (SELECT id FROM submissions WHERE object_id IS NULL)
	AND lower($1) IN (lower(review -> 'requester' ->> 'email'), lower(review -> 'grantee' ->> 'email'))`

// OfStranger is how many requests an address has to do with that were made
// elsewhere by somebody whom the bot has never met.
func (s *Store) OfStranger(ctx context.Context, address string) (n int, err error) {
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM requests WHERE `+ofStranger, address).Scan(&n); err != nil {
		return 0, fmt.Errorf("look for a stranger's requests: %w", err)
	}
	return n, nil
}

// EraseStranger deletes them.
func (s *Store) EraseStranger(ctx context.Context, address string) (n int, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `DELETE FROM requests WHERE `+ofStranger+` RETURNING submission_id`, address)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if n = len(ids); err != nil || n == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM posted_cards WHERE submission_id = ANY ($1)`, ids); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM submissions WHERE id = ANY ($1)`, ids)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("erase a stranger's requests: %w", err)
	}
	return n, nil
}
