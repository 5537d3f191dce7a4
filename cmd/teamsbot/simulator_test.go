package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// output is what a command has written so far.
type output struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{} // one token per write, if anybody waits
}

func newOutput() *output { return &output{more: make(chan struct{}, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// waitFor waits until the output matches, or the command has ended.
func (o *output) waitFor(t *testing.T, pattern string, ended <-chan error) []string {
	t.Helper()
	for {
		if found := regexp.MustCompile(pattern).FindStringSubmatch(o.String()); found != nil {
			return found
		}
		select {
		case <-o.more:
		case err := <-ended:
			t.Fatalf("the command ended (%v) before it wrote %q:\n%s", err, pattern, o)
		}
	}
}

func TestSimulatorTellsWhatToConfigure(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out, ended := newOutput(), make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"apono-simulator", "--listen", "127.0.0.1:0", "--people", "jane@contoso.example", "--integrations", "2"}, out, out)
	}()
	url := out.waitFor(t, `APONO_API_URL=(\S+)`, ended)[1]
	token := out.waitFor(t, `APONO_API_TOKEN=(\S+)`, ended)[1]
	own := out.waitFor(t, `jane@contoso.example\s+(\S+)`, ended)[1]

	apono, err := aponoapi.New(aponoapi.Config{URL: url, Token: aponoapi.Secret(token)})
	if err != nil {
		t.Fatal(err)
	}
	jane, err := apono.User(ctx, "jane@contoso.example")
	if err != nil {
		t.Fatal(err)
	}
	may, err := apono.SelectableIntegrations(ctx, jane.ID)
	if err != nil || len(may.Items) < 3 {
		t.Errorf("Jane may request %d integrations (%v), want what Dana may", len(may.Items), err)
	}
	me, err := apono.As(aponoapi.Secret(own)).Me(ctx)
	if err != nil || me.User.ID != jane.ID {
		t.Errorf("Jane's token is that of %q (%v)", me.User.ID, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// Who reaches a public one must not be able to work its tokens out.
func TestPublicSimulatorHasTokensOfItsOwn(t *testing.T) {
	t.Parallel()
	usual, err := (&simulatorCommand{}).world()
	if err != nil {
		t.Fatal(err)
	}
	public, err := (&simulatorCommand{Public: true}).world()
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range public.People {
		if p.Token != "" && p.Token == usual.People[i].Token {
			t.Errorf("%s has the token that everybody knows", p.Email)
		}
		if (p.Token == "") != (usual.People[i].Token == "") {
			t.Errorf("%s: the token is %t there", p.Email, p.Token != "")
		}
	}
}

func TestSimulatorStaysOnLoopback(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "localhost:0", "192.0.2.1:0", "[::]:0"} {
		out := newOutput()
		err := run(t.Context(), []string{"apono-simulator", "--listen", addr}, out, out)
		if err == nil || !strings.Contains(err.Error(), "--public") {
			t.Errorf("--listen %s: got %v, want a refusal that names --public", addr, err)
		}
	}
	out := newOutput()
	if err := run(t.Context(), []string{"apono-simulator", "--people", "nobody"}, out, out); err == nil {
		t.Error("--people nobody is taken")
	}
}
