package aponoapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi"
)

func TestSecretsHide(t *testing.T) {
	t.Parallel()
	type holder struct {
		Token aponoapi.Secret
		Named map[string]aponoapi.Secret
	}
	h := holder{token, map[string]aponoapi.Secret{"x": token}}
	client := clientFor(t, "https://api.apono.io")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		if text := fmt.Sprintf(verb, client); strings.Contains(text, "very-secret") || !strings.Contains(text, "api.apono.io") {
			t.Errorf("%s of the client: %s", verb, text)
		}
	}
	raw, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		string(raw), fmt.Sprint(token), fmt.Sprintf("%v %+v %#v %s %q %x %d", h, h, h, token, token, token, token),
		fmt.Sprintf("%v", &h), token.String(), token.GoString(),
	} {
		if strings.Contains(text, "very-secret") || !strings.Contains(text, "•••") {
			t.Errorf("got %s", text)
		}
	}
	if token.Reveal() != "aup_very-secret" {
		t.Error("Reveal does not")
	}
}

func TestDetailsSurviveOddTypes(t *testing.T) {
	t.Parallel()
	client := answering(t, status(200, `{"instructions":"x","parameters":{"port":5432,"password":"p","tags":null},"cli":null}`))
	d, err := client.SessionDetails(t.Context(), "s")
	if err != nil || d.Parameters["port"].Reveal() != "5432" || d.Parameters["password"].Reveal() != "p" || d.CLI != "" {
		t.Errorf("got %d parameters, %v", len(d.Parameters), err)
	}
	client = answering(t, status(200, `{"link":"https://x","parameters":["p"],"instructions":"x"}`))
	if d, err = client.SessionDetails(t.Context(), "s"); err != nil || d.Instructions.Reveal() != "x" {
		t.Errorf("got %d characters, %v", len(d.Instructions.Reveal()), err)
	}
	if d.LinkURL.Reveal() != "https://x" || d.Parameters["parameters"].Reveal() != `["p"]` {
		t.Errorf("a link of %d characters and %d parameters are left", len(d.LinkURL.Reveal()), len(d.Parameters))
	}
}

// Of the details there is one look; whoever sends us elsewhere may have
// taken it.
func TestDetailsAreNotReadAgain(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
		"307": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		},
		"503":    status(503, `{"message":"lost: pw-hush"}`),
		"409":    status(409, `{"message":"not now: pw-hush"}`),
		"half":   status(200, `{"details":"pw-hush`),
		"number": status(200, `"pw-hush"`),
		"not HTTP": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprint(conn, "pw-hush aup_very-secret\r\n\r\n")
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		},
	} {
		var reads atomic.Int32
		client := answering(t, func(w http.ResponseWriter, r *http.Request) {
			reads.Add(1)
			h(w, r)
		})
		for n, read := range []func() (aponoapi.Details, error){
			func() (aponoapi.Details, error) { return client.DetailsV3(t.Context(), "r") },
			func() (aponoapi.Details, error) { return client.SessionDetails(t.Context(), "s") },
		} {
			_, err := read()
			if err == nil || int(reads.Load()) != n+1 {
				t.Errorf("%s: got %v after %d reads, want %d", name, err, reads.Load(), n+1)
			} else if strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "very-secret") {
				t.Errorf("%s: the error tells a secret: %v", name, err)
			}
		}
	}
}

// Stars stand for what was read before, wherever they are.
func TestMaskedDetails(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]aponoapi.Details{
		"value":    {Parameters: map[string]aponoapi.Secret{"host": "h", "password": "***"}},
		"JSON":     {Parameters: map[string]aponoapi.Secret{"key": `{"user":"dana","password":"********"}`}},
		"text":     {Instructions: "User: dana\nPassword: ***"},
		"sentence": {Instructions: "Your password is ******, dana."},
		"command":  {CLI: "psql postgresql://dana:****@orders"},
		"link":     {LinkURL: "https://orders.acme.example/?token=****"},
	} {
		if !d.Masked() {
			t.Errorf("%s: it is not seen", name)
		}
	}
	d := aponoapi.Details{Instructions: "SELECT * FROM a; -- **mind** a***b", Parameters: map[string]aponoapi.Secret{"password": "p**d"}}
	if d.Masked() {
		t.Error("what is no stars is taken for some")
	}
}
