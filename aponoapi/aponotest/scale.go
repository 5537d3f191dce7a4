package aponotest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// Repeat adds n requests like one that is there, which all stand at a status
// since now, for tests of scale. No events or webhooks tell of them, and those
// that are granted have no access details.
func (s *Server) Repeat(id string, n int, status aponoapi.Status) error {
	return s.change(id, func(like *record) error {
		f, now := s.world.flow(like.Flow), s.clock()
		s.requests = slices.Grow(s.requests, n)
		for range n {
			r := *like
			number := len(s.requests) + 1
			r.FriendlyID, r.V3ID = fmt.Sprintf("AR-%d", 1000+number), s.newID("v3", number)
			r.V4ID = "req_" + strings.ReplaceAll(s.newID("v4", number), "-", "")
			r.Votes = slices.Clone(like.Votes)
			r.Status, r.Since, r.Created = status, now, now
			if status == aponoapi.Granted {
				r.GrantedAt = now
			}
			if status.Over() {
				r.EndedAt = now
			}
			r.Due = due(&r, f, now)
			s.requests = append(s.requests, &r)
		}
		s.changed = true
		return nil
	})
}
