package teamstest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// What Teams tells a person about a bot that answers wrongly, or not in time.
const (
	SomethingWrong = "Something went wrong. Please try again."
	Unreachable    = "Unable to reach app. Please try again."
)

// Answer is what came of something that a person did.
type Answer struct {
	Status int    // of the bot's answer; 0 without one
	Body   []byte `json:"-"`
	// Notice is what Teams tells the person about a bot that answered wrongly or
	// late; "" when all is well.
	Notice string
	// Messages are what the bot wrote into that chat before it answered.
	Messages []Message `json:"-"`
}

// delivery is an activity as it was sent, to be sent again.
type delivery struct {
	id   string
	body []byte
}

// remembered is how many deliveries Resend can choose from.
const remembered = 200

// maxAnswer is how much of the bot's answer is read.
const maxAnswer = 1 << 20

var errNoBot = errors.New("no bot is connected: see Config.BotURL")

// Send posts an activity with Teams' own signature, and returns the bot's
// answer.
func (s *Server) Send(ctx context.Context, activity any) (status int, body []byte, err error) {
	data, err := json.Marshal(activity)
	if err != nil {
		return 0, nil, fmt.Errorf("write the activity: %w", err)
	}
	s.remember(data)
	return s.Post(ctx, s.SignToken(s.Claims()), data)
}

// Resend posts an activity again, byte for byte, as Teams does when an answer
// did not come in time.
func (s *Server) Resend(ctx context.Context, activityID string) (status int, body []byte, err error) {
	s.mu.Lock()
	var data []byte
	for _, d := range s.sent {
		if d.id == activityID {
			data = d.body
		}
	}
	s.mu.Unlock()
	if data == nil {
		return 0, nil, fmt.Errorf("no activity %q was sent", activityID)
	}
	return s.Post(ctx, s.SignToken(s.Claims()), data)
}

// LastActivityID is the id of the activity that was sent last.
func (s *Server) LastActivityID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sent) == 0 {
		return ""
	}
	return s.sent[len(s.sent)-1].id
}

func (s *Server) remember(data []byte) {
	var named struct{ ID string }
	if json.Unmarshal(data, &named) != nil {
		return // not an object: a hostile test
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, delivery{named.ID, data})
	if len(s.sent) > remembered {
		s.sent = s.sent[1:]
	}
}

// Post posts any body with any token; "" sends no Authorization at all.
func (s *Server) Post(ctx context.Context, token string, body []byte) (status int, answer []byte, err error) {
	response, answer, err := s.post(ctx, token, body)
	if err != nil {
		return 0, nil, err
	}
	return response.StatusCode, answer, nil
}

func (s *Server) post(ctx context.Context, token string, body []byte) (*http.Response, []byte, error) {
	s.mu.Lock()
	bot := s.bot
	s.mu.Unlock()
	if bot == "" {
		return nil, nil, errNoBot
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, bot, bytes.NewReader(body))
	if err != nil {
		return nil, nil, fmt.Errorf("address the bot: %w", err)
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "Microsoft-SkypeBotApi (Microsoft-BotFramework/3.0)")
	r.Header.Set("MS-CV", newActivityID()[2:18])
	r.Header.Set("x-ms-tenant-id", s.config.TenantID)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := s.client.Do(r)
	if err != nil {
		return nil, nil, fmt.Errorf("reach the bot: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, nil, fmt.Errorf("read the bot's answer: %w", err)
	}
	return response, answer, nil
}

// tell sends an activity that has no answer of its own: a message or an event.
// The bot's answer is only a status.
func (s *Server) tell(ctx context.Context, p *Person, chatID string, activity map[string]any) (*Answer, error) {
	since := s.newest()
	data, err := json.Marshal(activity)
	if err != nil {
		return nil, fmt.Errorf("write the activity: %w", err)
	}
	s.remember(data)
	answer := &Answer{}
	response, body, err := s.within(ctx, s.invokeLimit(), data)
	switch {
	case errors.Is(err, errNoBot), ctx.Err() != nil:
		return nil, err
	case err != nil:
		answer.Notice = Unreachable
	default:
		answer.Status, answer.Body = response.StatusCode, body
		if response.StatusCode/100 != 2 {
			answer.Notice = SomethingWrong
		}
	}
	answer.Messages = s.written(chatID, p.Key, since)
	return answer, nil
}

// invoke sends an invoke and returns the body of a good answer, in which judge
// finds what to show. One that is not answered in time is sent once more with
// the same id, unless it is a message extension's.
func (s *Server) invoke(ctx context.Context, p *Person, chatID string, activity map[string]any, judge func([]byte) error) (*Answer, error) {
	limit, tries := s.invokeLimit(), 2
	if isExtension(activity) {
		limit, tries = s.config.ExtensionLimit, 1
	}
	since := s.newest()
	data, err := json.Marshal(activity)
	if err != nil {
		return nil, fmt.Errorf("write the activity: %w", err)
	}
	s.remember(data)
	var response *http.Response
	answer := &Answer{}
	for range tries {
		response, answer.Body, err = s.within(ctx, limit, data)
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			break
		}
	}
	switch {
	case errors.Is(err, errNoBot), ctx.Err() != nil:
		return nil, err
	case err != nil:
		answer.Notice = Unreachable
	default:
		answer.Status = response.StatusCode
		answer.Notice = judgeAnswer(response, answer.Body, judge)
	}
	answer.Messages = s.written(chatID, p.Key, since)
	return answer, nil
}

// isExtension is true for an invoke of the message extension.
func isExtension(activity map[string]any) bool {
	return strings.HasPrefix(text(activity["name"]), "composeExtension/")
}

// judgeAnswer is what Teams tells the person about an answer: nothing, if it is
// good.
func judgeAnswer(r *http.Response, body []byte, judge func([]byte) error) string {
	if r.StatusCode != http.StatusOK {
		return SomethingWrong
	}
	if len(bytes.TrimSpace(body)) > 0 {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != "application/json" {
			return SomethingWrong
		}
	}
	if judge(body) != nil {
		return SomethingWrong
	}
	return ""
}

func (s *Server) within(ctx context.Context, limit time.Duration, data []byte) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return s.post(ctx, s.SignToken(s.Claims()), data)
}

// newest is an id that is newer than every message so far.
func (s *Server) newest() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nextID()
}
