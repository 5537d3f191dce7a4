package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Named is something of Apono's: the id it goes by, and the name people know.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Asked is what a person asks for, as Apono is told and as the card shows it.
type Asked struct {
	AponoUserID   string        `json:"apono_user_id"`
	Integration   Named         `json:"integration"`
	ResourceType  Named         `json:"resource_type"`
	Resources     []Named       `json:"resources"`
	Permissions   []string      `json:"permissions"`
	Duration      time.Duration `json:"duration"`
	Justification string        `json:"justification"`
	Follows       string        `json:"follows,omitempty"` // the submission that is asked for again

	// Of a request on behalf of somebody else, who is AponoUserID then.
	For Named  `json:"for,omitzero"`
	By  string `json:"by,omitempty"` // the name of who asks

	// Of a request for a bundle, which has no integration and the like.
	Bundle  Named         `json:"bundle,omitzero"`
	Units   []Unit        `json:"units,omitempty"`   // what of the bundle; none: the whole of it
	Answers []FieldAnswer `json:"answers,omitempty"` // to what the company asks with every request
}

// Unit is one permission on one resource. Its own name tells both.
type Unit struct {
	Named
	Integration Named `json:"integration"`
	Resource    Named `json:"resource"`
	Permission  Named `json:"permission"`
}

// FieldAnswer is what a person answered to one of the company's own questions.
type FieldAnswer struct {
	FieldID string `json:"field_id"`
	Label   string `json:"label"`
	Value   string `json:"value"` // as Apono is told; "" if there is none
	Shown   string `json:"shown"` // as people read it
}

// OnBehalf says that it is asked for somebody else.
func (a Asked) OnBehalf() bool { return a.For.ID != "" }

// ByV4 says that only v4 of Apono's API can carry what is asked.
func (a Asked) ByV4() bool { return a.Bundle.ID != "" || len(a.Units) > 0 }

// SubmissionState is how far a submission has come on its way to Apono. After
// that its requests have statuses of their own.
type SubmissionState string

// The states of a submission.
const (
	Sending SubmissionState = "sending" // Apono is being asked; nothing is known yet
	Created SubmissionState = "created" // Apono has it
	Refused SubmissionState = "refused" // Apono said no; nothing was created
	Lost    SubmissionState = "lost"    // no answer came, and Apono was found not to have it
	Unknown SubmissionState = "unknown" // no answer came, and Apono cannot be made to tell

	// Elsewhere stands for a request that was not made through the bot.
	Elsewhere SubmissionState = "elsewhere"
)

// Submission is one press of Submit.
type Submission struct {
	ID      string
	DraftID string
	Person  PersonKey // zero if it was made elsewhere by somebody whom the bot does not know
	Asked   Asked
	Attempt int // rises when a refused or lost one is submitted again
	State   SubmissionState
	Refusal string // Apono's reason, if it is Refused
	AskedAt time.Time
}

// Submit writes down what is about to be asked, before Apono is told. Only the
// first press for a draft gets fresh; the others get what became of it. A draft
// that was not created can be submitted anew. Some time after now it is settled
// by a job, if no answer has come by then.
func (s *Store) Submit(ctx context.Context, d Draft, asked Asked, now time.Time, settleAfter time.Duration) (sub Submission, fresh bool, err error) {
	body, err := marshal(asked)
	if err != nil {
		return Submission{}, false, err
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		fresh = false // it may be the second try, and somebody else first meanwhile
		rows, err := tx.Query(ctx, `
			INSERT INTO submissions AS s (draft_id, tenant_id, object_id, asked, asked_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (draft_id) DO UPDATE SET
				asked = excluded.asked, attempt = s.attempt + 1, state = 'sending', refusal = '', asked_at = excluded.asked_at
			WHERE s.state IN ('refused', 'lost', 'unknown')
			RETURNING `+submissionColumns, d.ID, d.Person.TenantID, d.Person.ObjectID, body, now)
		if err != nil {
			return err
		}
		sub, err = pgx.CollectExactlyOneRow(rows, scanSubmission)
		if errors.Is(err, pgx.ErrNoRows) {
			sub, err = submissionWhere(ctx, tx, "s.draft_id = $1", d.ID)
			return err
		}
		if err != nil {
			return err
		}
		fresh = true
		return s.oweAfter(ctx, tx, SettleSubmission{sub.ID, sub.Attempt}, settleAfter)
	})
	if err != nil {
		return Submission{}, false, fmt.Errorf("submit draft %s: %w", d.ID, err)
	}
	return sub, fresh, nil
}

// Submission is the submission of that name, or ErrNotFound.
func (s *Store) Submission(ctx context.Context, id string) (Submission, error) {
	if !isID(id) {
		return Submission{}, fmt.Errorf("submission %q: %w", id, ErrNotFound)
	}
	return submissionWhere(ctx, s.pool, "s.id = $1", id)
}

// AskSubmissionOf asks what became of a draft; the submission stays as it is if
// the draft was not submitted yet.
func AskSubmissionOf(draftID string, sub *Submission) Question {
	return Question{`SELECT ` + submissionColumns + ` FROM submissions s WHERE s.draft_id = $1`, []any{idOrNone(draftID)}, func(rows pgx.Rows) error {
		read, err := pgx.CollectExactlyOneRow(rows, scanSubmission)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		*sub = read
		return err
	}}
}

// SubmissionOf answers AskSubmissionOf, or is ErrNotFound.
func (s *Store) SubmissionOf(ctx context.Context, d Draft) (Submission, error) {
	var sub Submission
	if err := s.trips.ask(ctx, AskSubmissionOf(d.ID, &sub)); err != nil {
		return Submission{}, fmt.Errorf("look up what became of draft %s: %w", d.ID, err)
	}
	if sub.ID == "" {
		return Submission{}, fmt.Errorf("submission of draft %s: %w", d.ID, ErrNotFound)
	}
	return sub, nil
}

// SubmissionCreated notes the requests that Apono answered a submission with,
// and owes the person the card that tells of them. If another submission was
// given one of them by mistake, it has to look for its own again.
func (s *Store) SubmissionCreated(ctx context.Context, sub Submission, requests ...Request) error {
	return s.settle(ctx, sub, Created, "", func(tx pgx.Tx) error {
		for _, r := range requests {
			if err := s.releaseRequest(ctx, tx, sub.ID, r.ID); err != nil {
				return err
			}
			if err := s.insertRequest(ctx, tx, sub.ID, r); err != nil {
				return err
			}
		}
		return s.oweStories(ctx, tx, sub)
	})
}

// SubmissionFound is SubmissionCreated for requests that were looked for. It is
// ErrTaken, and nothing is noted, if another submission has one of them.
func (s *Store) SubmissionFound(ctx context.Context, sub Submission, requests ...Request) error {
	return s.settle(ctx, sub, Created, "", func(tx pgx.Tx) error {
		for _, r := range requests {
			if err := s.insertRequest(ctx, tx, sub.ID, r); err != nil {
				return err
			}
		}
		return s.oweStories(ctx, tx, sub)
	})
}

// SubmissionRefused notes that Apono said no, with words for the person. A card
// that already tells of the submission follows.
func (s *Store) SubmissionRefused(ctx context.Context, sub Submission, words string) error {
	return s.settle(ctx, sub, Refused, words, func(tx pgx.Tx) error {
		return s.wantCards(ctx, tx, sub.ID)
	})
}

// SubmissionGivenUp notes that a submission whose answer never came is Lost or
// Unknown, and owes the person the card that says so.
func (s *Store) SubmissionGivenUp(ctx context.Context, sub Submission, as SubmissionState) error {
	return s.settle(ctx, sub, as, "", func(tx pgx.Tx) error {
		return s.oweStory(ctx, tx, sub)
	})
}

// OweStory owes the person the card that tells of a submission, whatever its
// state: the dialog has closed before Apono answered.
func (s *Store) OweStory(ctx context.Context, sub Submission) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error { return s.oweStory(ctx, tx, sub) })
	if err != nil {
		return fmt.Errorf("owe the card of submission %s: %w", sub.ID, err)
	}
	return nil
}

// OweSettlement owes a submission a look for its request after a while, besides
// the one that was owed when it was submitted.
func (s *Store) OweSettlement(ctx context.Context, sub Submission, after time.Duration) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error { return s.oweAfter(ctx, tx, SettleSubmission{sub.ID, sub.Attempt}, after) })
	if err != nil {
		return fmt.Errorf("owe the settlement of submission %s: %w", sub.ID, err)
	}
	return nil
}

// settle moves this attempt at a submission out of Sending, once, and does the
// rest in the same transaction. Whoever comes later changes nothing.
func (s *Store) settle(ctx context.Context, sub Submission, to SubmissionState, words string, rest func(pgx.Tx) error) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE submissions SET state = $3, refusal = $4
			WHERE id = $1 AND attempt = $2 AND state = 'sending'`, sub.ID, sub.Attempt, to, words)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return rest(tx)
	})
	if err != nil {
		return fmt.Errorf("note submission %s as %s: %w", sub.ID, to, err)
	}
	return nil
}

const submissionColumns = `s.id, s.draft_id, s.tenant_id, s.object_id, s.asked, s.attempt, s.state, s.refusal, s.asked_at`

func scanSubmission(row pgx.CollectableRow) (Submission, error) {
	var read submissionRow
	if err := row.Scan(read.columns()...); err != nil {
		return Submission{}, err
	}
	return read.submission()
}

// submissionRow is what submissionColumns are read into.
type submissionRow struct {
	Submission
	person personOrNobody
	asked  json.RawMessage
}

func (r *submissionRow) columns() []any {
	return []any{&r.ID, &r.DraftID, &r.person.tenant, &r.person.object, &r.asked, &r.Attempt, &r.State, &r.Refusal, &r.AskedAt}
}

func (r *submissionRow) submission() (Submission, error) {
	r.Person = r.person.key()
	return r.Submission, json.Unmarshal(r.asked, &r.Asked)
}

// submissionWhere reads the one submission that a condition names.
func submissionWhere(ctx context.Context, q querier, condition, arg string) (Submission, error) {
	rows, err := q.Query(ctx, `SELECT `+submissionColumns+` FROM submissions s WHERE `+condition, arg)
	if err != nil {
		return Submission{}, fmt.Errorf("look up submission %s: %w", arg, err)
	}
	sub, err := pgx.CollectExactlyOneRow(rows, scanSubmission)
	if errors.Is(err, pgx.ErrNoRows) {
		return Submission{}, fmt.Errorf("submission %s: %w", arg, ErrNotFound)
	}
	if err != nil {
		return Submission{}, fmt.Errorf("look up submission %s: %w", arg, err)
	}
	return sub, nil
}
