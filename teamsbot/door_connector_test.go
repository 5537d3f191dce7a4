package teamsbot

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/db/devpg/npm"
)

// Where the bot and Microsoft's own library differ about a token, the bot is
// stricter, and the table says why.
func TestDoorIsStricterThanMicrosofts(t *testing.T) {
	d := newDoor(t)
	all := knocks()
	theirs := theirVerdicts(t, d, all)
	for _, k := range all {
		refusal, asked := theirs[k.name]
		switch ours := k.want == http.StatusOK; {
		case !asked:
			t.Errorf("%s: was not asked", k.name)
		case ours && refusal != "":
			t.Errorf("%s: we accept what Microsoft's library refuses: %s", k.name, refusal)
		case !ours && refusal == "" && k.stricter == "":
			t.Errorf("%s: Microsoft's library accepts it, and nothing says why we do not", k.name)
		case refusal != "" && k.stricter != "":
			t.Errorf("%s: we are not stricter, Microsoft's library refuses it too: %s", k.name, refusal)
		}
	}
}

// theirVerdicts is why Microsoft's own library refuses what is in a table, by
// name; "" where it does not.
func theirVerdicts(t *testing.T, d *door, all []knock) map[string]string {
	t.Helper()
	dir, err := npm.Install(t.Context(), "teams-connector", os.DirFS("testdata/connector"), func(line string) { t.Log(line) })
	must(t, err)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d.issuer.Certificate().Raw}), 0o600))

	type question struct {
		Header   string         `json:"header"`
		Activity map[string]any `json:"activity"`
	}
	asked := make(map[string]question, len(all))
	for _, k := range all {
		asked[k.name] = question{firstAuthorization(k.lines(t, d)), k.says(d)}
	}
	in := marshal(t, map[string]any{"app": d.w.teams.AppID(), "openID": d.issuer.openIDURL(), "asked": asked})
	node := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", "connector", "check.cjs"), filepath.Join(dir, "node_modules"))
	node.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+authority)
	var out, complaints bytes.Buffer
	node.Stdin, node.Stdout, node.Stderr = bytes.NewReader(in), &out, &complaints
	if err := node.Run(); err != nil {
		t.Fatalf("%v\n%s", err, complaints.Bytes())
	}
	var verdicts map[string]string
	must(t, json.Unmarshal(out.Bytes(), &verdicts))
	return verdicts
}

// firstAuthorization is what a bot on Node.js is given of header lines: of two
// with one name the first.
func firstAuthorization(lines []string) string {
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(name, "Authorization") {
			return strings.Trim(value, " \t")
		}
	}
	return ""
}
