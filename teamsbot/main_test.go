package teamsbot

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/apono-teams/teamsbot/db"
	"github.com/apono-teams/teamsbot/db/pgtest"
)

func TestMain(m *testing.M) {
	// The tests wait for the bot more than they compute: run more of them at once
	// than there are processors, unless -parallel says otherwise.
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := parallel.Value.Set(strconv.Itoa(3 * runtime.GOMAXPROCS(0))); err != nil {
			panic(err)
		}
	}
	os.Exit(pgtest.Main(m, db.Migrate))
}
