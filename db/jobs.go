package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// jobAttempts lets a job outlast a day of trouble, with the pauses that the
// worker makes.
const jobAttempts = 300

// QueueRefresh is the queue of the looks at Apono. It is worked on by few at a
// time, so that they leave Apono to people's presses.
const QueueRefresh = "refresh"

// The priorities of looks and deliveries; River works on those of 1 first.
const (
	priorityUrgent = 1
	priorityRest   = 2
)

// The jobs that a change can owe. Each carries only the name of its subject.

// Welcome owes a person who installed the bot its first words.
type Welcome struct {
	TenantID string `json:"tenant_id"`
	ObjectID string `json:"object_id"`
}

// Kind implements river.JobArgs.
func (Welcome) Kind() string { return "welcome" }

// Reply owes a conversation the card that answers what a person wrote, because
// Teams would not take it at once.
type Reply struct {
	ConversationID string `json:"conversation_id"`
	Thread         string `json:"thread,omitempty"`
	Card           string `json:"card"` // the card's name
	TenantID       string `json:"tenant_id"`
	ObjectID       string `json:"object_id"`
	Draft          string `json:"draft,omitempty"` // what the card's button opens
}

// Kind implements river.JobArgs.
func (Reply) Kind() string { return "reply" }

// SettleSubmission owes a submission its end: if no answer to the create has
// come by then, the request is looked for in Apono.
type SettleSubmission struct {
	SubmissionID string `json:"submission_id"`
	Attempt      int    `json:"attempt"`
}

// Kind implements river.JobArgs.
func (SettleSubmission) Kind() string { return "settle_submission" }

// RefreshRequest owes a request a look at how it stands in Apono.
type RefreshRequest struct {
	RequestID string `json:"request_id"`
}

// Kind implements river.JobArgs.
func (RefreshRequest) Kind() string { return "refresh_request" }

// InsertOpts implements river.JobArgsWithInsertOpts. The sweep is what tries
// again; an attempt is repeated only if it could not begin.
func (RefreshRequest) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueRefresh, MaxAttempts: 3}
}

// ExplainAgain is when the report is asked again about a request of which it has
// told nothing.
const ExplainAgain = 30 * time.Second

// ExplainRequest owes a request what Apono's report tells of the decision about
// it, which could not be read when the request was decided.
type ExplainRequest struct {
	RequestID string `json:"request_id"`
}

// Kind implements river.JobArgs.
func (ExplainRequest) Kind() string { return "explain_request" }

// InsertOpts implements river.JobArgsWithInsertOpts. Looks come first.
func (ExplainRequest) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueRefresh, Priority: priorityRest + 1}
}

// Worker is what works through the jobs.
type Worker = river.Client[pgx.Tx]

// Worker gives what works through the jobs of this memory as config says; the
// caller starts and stops it.
func (s *Store) Worker(config *river.Config) (*Worker, error) {
	w, err := river.NewClient(riverpgxv5.New(s.pool), config)
	if err != nil {
		return nil, fmt.Errorf("prepare the jobs' worker: %w", err)
	}
	return w, nil
}

// Owe enqueues a job on its own.
func (s *Store) Owe(ctx context.Context, job river.JobArgs) error {
	if _, err := s.jobs.Insert(ctx, job, nil); err != nil {
		return fmt.Errorf("owe %s: %w", job.Kind(), err)
	}
	return nil
}

// Owed counts the jobs that are due within seconds or being worked on, which is
// what River calls available and running. One that awaits a reset asks every two
// seconds: in between nothing is owed.
func (s *Store) Owed(ctx context.Context) (n int, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT count(*) FROM river_job
		WHERE state IN ('available', 'running') AND NOT (kind = $1 AND state = 'available' AND scheduled_at > now())
		   OR state IN ('scheduled', 'retryable') AND scheduled_at <= now()`, AwaitReset{}.Kind()).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the jobs: %w", err)
	}
	return n, nil
}

// owe enqueues a job in the transaction that makes it due.
func (s *Store) owe(ctx context.Context, tx pgx.Tx, job river.JobArgs) error {
	return s.oweAfter(ctx, tx, job, 0)
}

// oweAfter enqueues a job that becomes due after a while, by the real clock:
// River knows no other.
func (s *Store) oweAfter(ctx context.Context, tx pgx.Tx, job river.JobArgs, wait time.Duration) error {
	options := &river.InsertOpts{}
	if wait > 0 {
		options.ScheduledAt = time.Now().Add(wait)
	}
	if _, err := s.jobs.InsertTx(ctx, tx, job, options); err != nil {
		return fmt.Errorf("owe %s: %w", job.Kind(), err)
	}
	return nil
}
