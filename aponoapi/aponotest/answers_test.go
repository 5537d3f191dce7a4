package aponotest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi/aponotest"
)

var update = flag.Bool("update", false, "write the golden answers")

// answer is one call and what came of it.
type answer struct {
	Call   string // method, path and query
	Status int
	Body   json.RawMessage
}

// asker calls the simulator as plain HTTP, and keeps what it answers.
type asker struct {
	*world
	t       *testing.T
	answers []answer
}

// ask calls as somebody; the body of the answer is returned, too.
func (a *asker) ask(who, method, path, body string) map[string]any {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.URL+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	token := serviceToken.Reveal()
	if who != "bot" {
		token = a.ids[who+"@acme.example/token"]
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	a.answers = append(a.answers, answer{Call: method + " " + path, Status: res.StatusCode, Body: bytes.TrimSpace(raw)})
	var object map[string]any
	if json.Unmarshal(raw, &object) == nil {
		return object
	}
	var list []map[string]any
	if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
		a.t.Fatalf("%s %s: %s", method, path, raw)
	}
	return list[0]
}

func (a *asker) get(who string, paths ...string) {
	a.t.Helper()
	for _, path := range paths {
		a.ask(who, http.MethodGet, path, "")
	}
}

// stories are what the golden files show, one file each.
var stories = map[string]func(a *asker){
	"catalog": func(a *asker) {
		dana, orders := a.ids["dana@acme.example"], a.ids["Orders database"]
		const selectable = "/api/v3/selectable-integrations"
		a.get("bot", "/api/v2/users", "/api/v2/users/ines@acme.example", "/api/v2/users/nora@acme.example", "/api/v2/integrations",
			selectable+"?user_id="+dana, selectable+"/"+orders+"/resource-types?user_id="+dana,
			selectable+"/"+orders+"/postgresql-table/resources?user_id="+dana,
			selectable+"/"+orders+"/postgresql-table/permissions?user_id="+dana,
			selectable+"/"+orders+"/nothing/resources?user_id="+dana)
		const available = "/api/user/v1/available-access"
		a.get("dana", available+"/bundles", available+"/bundles?limit=1",
			available+"/entitlements?limit=2&resource_type_id=postgresql-table", available+"/entitlements?limit=0")
		const inventory = "/api/client/v1/inventory"
		a.get("devin", "/api/client/v1/session", inventory+"/grantees?limit=2", inventory+"/access-units?bundle-ids=Reporting&limit=2")
	},
	"granted": func(a *asker) {
		r := a.ask("dana", "POST", "/api/user/v4/access-requests",
			`{"bundle_reference":"Reporting","justification":"INC-1","duration_in_sec":3600,"custom_fields":{"ticket":"T-1"}}`)
		v4 := r["id"].(string)
		look := func() {
			a.get("dana", "/api/user/v4/access-requests/"+v4, "/api/client/v1/access-requests/"+v4)
			a.get("bot", "/api/v3/access-requests/AR-1001")
		}
		look()
		a.Advance(2 * time.Second)
		look()
		a.Advance(2 * time.Second)
		look()
		a.get("dana", "/api/user/v4/access-requests?statuses=Active&limit=1", "/api/user/v4/access-requests/"+v4+"/entitlements?limit=1",
			"/api/client/v1/access-requests?scope=MyRequests", "/api/user/v1/delegated-access-requests")
		a.ask("dana", "POST", "/api/client/v1/access-requests/"+v4+"/extend", "")
		a.ask("dana", "POST", "/api/user/v4/access-requests/"+v4+"/revoke", "")
		look()
		a.Advance(3 * time.Second)
		look()
		a.ask("dana", "POST", "/api/user/v4/access-requests/"+v4+"/request-again", `{"justification":"INC-2","custom_fields":{}}`)
		a.get("bot", "/api/v3/access-requests?days_offset=1", "/api/v3/activity", "/api/v3/activity?fields=status&fields=request_grant_date")
	},
	"details": func(a *asker) {
		a.ask("bot", "POST", "/api/v3/access-requests", a.wishV3())
		a.get("bot", "/api/v3/access-requests/AR-1001/access-details")
		a.Advance(4 * time.Second)
		sessions := a.ask("dana", "GET", "/api/user/v1/access-sessions", "")
		one := "/api/user/v1/access-sessions/" + sessions["items"].([]any)[0].(map[string]any)["id"].(string)
		a.get("dana", one, one+"/access-details", one+"/access-details")
		a.ask("dana", "POST", one+"/reset-credentials", "")
		a.get("dana", one, one+"/access-details")
		a.Advance(4 * time.Second)
		a.get("bot", "/api/v3/access-requests/AR-1001/access-details")
		a.ask("bot", "POST", "/api/v3/access-requests/AR-1001/reset", "")
		a.ask("bot", "POST", "/api/v3/access-requests-bulk/revoke", `{"request_ids":["AR-1001"]}`)
		a.get("bot", "/api/user/v1/delegated-access-requests?grantee=dana@acme.example", "/api/user/v1/delegated-access-requests/AR-1001")
	},
	"reviews": func(a *asker) {
		for range 3 {
			a.ask("devin", "POST", "/api/user/v4/access-requests",
				`{"bundle_reference":"On-call","justification":"pager","custom_fields":{},"grantee":"dana@acme.example"}`)
		}
		a.get("omar", "/api/client/v1/access-requests?scope=MyTasks&limit=1")
		const one = "/api/client/v1/access-requests/AR-100"
		a.ask("omar", "POST", one+"1/approve", `{"justification":null}`)
		a.ask("ava", "POST", one+"2/reject", `{"justification":"not now"}`)
		a.ask("devin", "POST", one+"3/approve", `{}`)
		if err := a.Fail("AR-1003", "the connector is down"); err != nil {
			a.t.Fatal(err)
		}
		a.get("dana", one+"1", one+"2", one+"3")
		a.get("omar", one+"1?access_units_summary_limit=1", "/api/client/v1/access-requests?scope=MyHistoricTasks")
		a.ask("dana", "POST", "/api/client/v1/access-requests/dry-run", `{"filter_integration_ids":["`+a.ids["AWS production"]+`"],
			"filter_bundle_ids":[],"filter_resource_type_ids":[],"filter_resource_ids":[],"filter_resources":[],
			"filter_permission_ids":[],"filter_access_unit_ids":[],"duration_in_sec":90000}`)
	},
	"strict": func(a *asker) {
		r := a.ask("dana", "POST", "/api/user/v4/access-requests",
			`{"bundle_reference":"On-call","justification":"pager","custom_fields":{"team":"web"}}`)
		v4 := r["id"].(string)
		look := func() {
			a.get("dana", "/api/user/v4/access-requests/"+v4, "/api/client/v1/access-requests/"+v4)
			a.get("bot", "/api/v3/access-requests/AR-1001", "/api/v3/activity")
		}
		look()
		if err := a.PassMFA(v4); err != nil {
			a.t.Fatal(err)
		}
		a.Advance(30 * time.Minute)
		a.ask("adam", "POST", "/api/client/v1/access-requests/"+v4+"/approve", `{"justification":"fine"}`)
		a.Advance(3 * time.Second)
		look()
		a.Advance(12 * time.Hour)
		look()
		a.get("dana", "/api/client/v1/session")
	},
	"refusals": func(a *asker) {
		a.get("nobody", "/api/v2/users")
		a.get("dana", "/api/v2/users", "/api/user/v4/access-requests/x", "/api/client/v1/access-requests?scope=x")
		a.get("bot", "/api/v9/nothing", "/api/v3/access-requests/x")
		a.ask("bot", "POST", "/api/v3/access-requests", `{`)
		a.ask("bot", "POST", "/api/v3/access-requests", `{"user_id":"x","justification":""}`)
		a.ask("dana", "POST", "/api/user/v4/access-requests", `{"custom_fields":{}}`)
	},
}

// wishV3 is the body of a create for Dana.
func (a *asker) wishV3() string {
	n := a.wish(a.t, "Orders database")
	raw, err := json.Marshal(map[string]any{
		"user_id": n.UserID, "integration_id": n.IntegrationID, "resource_ids": n.ResourceIDs,
		"permissions": n.Permissions, "justification": "INC-1", "duration_in_sec": 3600,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return string(raw)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := aponotest.Config{Seed: "golden"}
			if name == "strict" {
				c.World = strict()
			}
			a := &asker{world: newWorld(t, c), t: t}
			story(a)
			got, err := json.MarshalIndent(a.answers, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", "answers", name+".json")
			if *update {
				if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(bytes.TrimSpace(want), got) {
				t.Errorf("answers differ from %s; look at them with -update and git diff", file)
			}
		})
	}
}

// TestAnswersFitApono checks the golden answers, which TestAnswers holds the
// simulator to, against the documents that Apono publishes.
func TestAnswersFitApono(t *testing.T) {
	t.Parallel()
	published := documents(t)
	if published == nil {
		t.Skip("APONO_OPENAPI_DIR names no folder with Apono's public-api.json and client-api.json; the golden answers are not compared with them")
	}
	files, err := filepath.Glob(filepath.Join("testdata", "answers", "*.json"))
	if err != nil || len(files) != len(stories) {
		t.Fatalf("got %d golden files, want %d: %v", len(files), len(stories), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var answers []answer
		if err := json.Unmarshal(raw, &answers); err != nil {
			t.Fatal(err)
		}
		for _, a := range answers {
			if a.Status == http.StatusOK {
				fits(t, published, a)
			}
		}
	}
}

// fits checks one answer against whichever document has its path.
func fits(t *testing.T, published []*document, a answer) {
	t.Helper()
	method, target, _ := strings.Cut(a.Call, " ")
	path, _, _ := strings.Cut(target, "?")
	in, operation := operationFor(published, method, path)
	if operation == nil {
		t.Errorf("%s: Apono publishes no such endpoint", a.Call)
		return
	}
	for _, problem := range in.checkJSON(operation.Responses["200"].schema(), a.Body) {
		t.Errorf("%s: %s", a.Call, problem)
	}
}
