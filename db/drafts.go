package db

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Draft is what a person is filling in.
type Draft struct {
	ID       string
	Person   PersonKey
	Revision int             // rises with every save; 0: not kept yet
	Form     json.RawMessage // the bot's own
}

// BlankDraft is a draft that is kept when it is saved first.
func BlankDraft(k PersonKey) Draft { return Draft{ID: uuid.NewString(), Person: k} }

// NewDraft begins a draft.
func (s *Store) NewDraft(ctx context.Context, k PersonKey, form any) (Draft, error) {
	d := BlankDraft(k)
	return d, s.SaveDraft(ctx, &d, form)
}

// AskDraft asks for the draft of that name if it is the person's; else the draft
// stays as it is. The name comes back from a card, which anybody can forge.
func AskDraft(k PersonKey, id string, d *Draft) Question {
	return Question{`
		SELECT revision, form FROM drafts
		WHERE id = $1 AND tenant_id = $2 AND object_id = $3`, []any{idOrNone(id), k.TenantID, k.ObjectID}, func(rows pgx.Rows) error {
		read := Draft{ID: id, Person: k}
		_, err := pgx.ForEachRow(rows, []any{&read.Revision, &read.Form}, func() error {
			*d = read
			return nil
		})
		return err
	}}
}

// Draft answers AskDraft, or is ErrNotFound.
func (s *Store) Draft(ctx context.Context, k PersonKey, id string) (Draft, error) {
	var d Draft
	if err := s.trips.ask(ctx, AskDraft(k, id, &d)); err != nil {
		return Draft{}, fmt.Errorf("look up draft %q: %w", id, err)
	}
	if d.ID == "" {
		return Draft{}, fmt.Errorf("draft %q: %w", id, ErrNotFound)
	}
	return d, nil
}

// SaveDraft keeps d with a new form and gives it its next revision. ErrStale
// says that another dialog was faster.
func (s *Store) SaveDraft(ctx context.Context, d *Draft, form any) error {
	body, err := marshal(form)
	if err != nil {
		return err
	}
	revision := 0
	if d.Revision == 0 {
		err = s.drafts.ask(ctx, d.askToBegin(body, &revision))
	} else {
		err = s.drafts.askAlone(ctx, d.askToSave(body, &revision))
	}
	if err != nil {
		return fmt.Errorf("save draft %s: %w", d.ID, err)
	}
	if revision == 0 {
		return fmt.Errorf("save draft %s: %w", d.ID, ErrStale)
	}
	d.Revision, d.Form = revision, body
	return nil
}

func (d Draft) askToBegin(form json.RawMessage, revision *int) Question {
	return Question{`
		INSERT INTO drafts (id, form, tenant_id, object_id) VALUES ($1, $2, $3, $4)
		RETURNING revision`, []any{d.ID, form, d.Person.TenantID, d.Person.ObjectID}, readNumber(revision)}
}

func (d Draft) askToSave(form json.RawMessage, revision *int) Question {
	return Question{`
		UPDATE drafts SET form = $3, revision = revision + 1, updated_at = now()
		WHERE id = $1 AND revision = $2
		RETURNING revision`, []any{d.ID, d.Revision, form}, readNumber(revision)}
}

// readNumber reads the one number that Postgres answers with, if it does.
func readNumber(n *int) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{n}, func() error { return nil })
		return err
	}
}

// isID says that a name, which may be forged, is spelled as ours are. Both uuid
// and Postgres know other spellings, and not the same ones.
func isID(name string) bool { return len(name) == 36 && uuid.Validate(name) == nil }

// idOrNone is a name that may be forged, or one that nothing has.
func idOrNone(name string) string {
	if !isID(name) {
		return uuid.Nil.String()
	}
	return name
}
