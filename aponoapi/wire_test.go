package aponoapi

import (
	"encoding/json"
	"testing"
	"time"
)

func TestInstant(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]time.Time{
		`1767344400.25`:                    time.Date(2026, 1, 2, 9, 0, 0, 250e6, time.UTC),
		`"1767344400"`:                     time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC),
		`"2026-01-02T10:00:00+01:00"`:      time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC),
		`"2026-01-02T09:00:00.123456789Z"`: time.Date(2026, 1, 2, 9, 0, 0, 123456789, time.UTC),
		`"2026-01-02T09:00:00"`:            time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC),
		`null`:                             {},
		`"soon"`:                           {},
		`1e300`:                            {},
		`{}`:                               {},
	} {
		var got struct{ At instant }
		if err := json.Unmarshal([]byte(`{"At":`+raw+`}`), &got); err != nil || !got.At.Equal(want) {
			t.Errorf("%s: got %v, %v, want %v", raw, got.At.Time, err, want)
		}
	}
}
