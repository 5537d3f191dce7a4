package db

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// answersAtOnce is how many answers one statement keeps at most, and
	// answersLast how long it may take.
	answersAtOnce = 100
	answersLast   = 5 * time.Second
	// answersGather is how long an answer waits for others. Nobody waits for it but
	// who sends the same activity again.
	answersGather = 10 * time.Millisecond
)

// answers are those that wait to be kept: one statement keeps many.
type answers struct {
	mu      sync.Mutex
	waiting []answered
	writing bool
}

// answered is an activity with its answer, and who waits for it to be kept.
type answered struct {
	conversationID, activityID string
	answer                     Answer
	kept                       chan error
}

// Answered keeps the answer to an activity for those who send it again.
func (s *Store) Answered(ctx context.Context, conversationID, activityID string, a Answer) error {
	mine := answered{conversationID, activityID, a, make(chan error, 1)}
	s.answers.mu.Lock()
	s.answers.waiting = append(s.answers.waiting, mine)
	writes := !s.answers.writing
	s.answers.writing = true
	s.answers.mu.Unlock()
	if writes {
		s.keepAnswers(ctx)
	}
	select {
	case err := <-mine.kept:
		if err != nil {
			return fmt.Errorf("keep the answer to %s: %w", activityID, err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("keep the answer to %s: %w", activityID, ctx.Err())
	}
}

// keepAnswers keeps all that wait. Whoever comes meanwhile waits for the next
// statement.
func (s *Store) keepAnswers(ctx context.Context) {
	for {
		time.Sleep(answersGather)
		s.answers.mu.Lock()
		batch := s.answers.waiting[:min(len(s.answers.waiting), answersAtOnce)]
		s.answers.waiting = s.answers.waiting[len(batch):]
		s.answers.writing = len(batch) > 0
		s.answers.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		err := s.keepBatch(ctx, batch)
		for _, a := range batch {
			a.kept <- err
		}
	}
}

func (s *Store) keepBatch(ctx context.Context, batch []answered) error {
	// The others' answers are in it too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answersLast)
	defer cancel()
	n := len(batch)
	places, ids, statuses, bodies := make([]string, n), make([]string, n), make([]int, n), make([][]byte, n)
	for i, a := range batch {
		places[i], ids[i], statuses[i], bodies[i] = a.conversationID, a.activityID, a.answer.Status, a.answer.Body
	}
	_, err := s.pool.Exec(ctx, `
		UPDATE activities a SET answered_at = now(), status = n.status, answer = n.answer
		FROM unnest($1::text[], $2::text[], $3::int[], $4::bytea[]) AS n (conversation_id, activity_id, status, answer)
		WHERE a.conversation_id = n.conversation_id AND a.activity_id = n.activity_id`, places, ids, statuses, bodies)
	return err
}
