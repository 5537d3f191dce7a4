package migrations

import (
	"fmt"
	"strings"
	"testing"
)

// A step that comes in below one that is there already would stop every
// database that has been migrated.
func TestStepsAreNumberedWithoutAGap(t *testing.T) {
	t.Parallel()
	steps, err := Files.ReadDir(".")
	if err != nil || len(steps) == 0 {
		t.Fatalf("got %d steps, %v", len(steps), err)
	}
	for i, step := range steps {
		if want := fmt.Sprintf("%05d_", i+1); !strings.HasPrefix(step.Name(), want) {
			t.Errorf("%s does not begin with %s", step.Name(), want)
		}
	}
}
