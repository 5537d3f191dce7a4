package devpg

import (
	"os"
	"strings"
	"testing"
)

// Not parallel: the environment belongs to the process.
func TestRunsThePostgresOfNpm(t *testing.T) {
	t.Setenv("DEVPG_INSTALLED", "no")
	for name, dir := range map[string]string{"enterable": enterable(t), "for root only": locked(t)} {
		t.Run(name, func(t *testing.T) {
			c := Config{Dir: dir}
			s := start(t, c)
			if got := query(t, s, `SHOW server_version`); !strings.HasPrefix(got, npmVersion) {
				t.Errorf("runs Postgres %s, want %s", got, npmVersion)
			}
			remember(t, s)
			stop(t, s)
			wantMemory(t, start(t, c))
		})
	}
}

func TestLockFileHasNoAddresses(t *testing.T) {
	t.Parallel()
	lock, err := npmFiles.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(lock), "resolved") {
		t.Error("package-lock.json names where packages were downloaded from; .npmrc should keep it from that")
	}
}

func TestPrefersWhatIsInstalled(t *testing.T) {
	t.Parallel()
	as, err := whoRuns()
	if err != nil {
		t.Fatal(err)
	}
	found := installed(t.Context(), as)
	if len(found) == 0 || os.Getenv("DEVPG_INSTALLED") == "no" {
		t.Skip("no Postgres is installed here, or it is not to be used")
	}
	bin, err := home{place: t.TempDir(), as: as}.binaries(t.Context(), func(line string) { t.Errorf("said %q", line) })
	if err != nil || bin != found[0].dir {
		t.Errorf("chose %s (%v), want the newest, %s", bin, err, found[0].dir)
	}
}
