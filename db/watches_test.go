package db_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// channel is a channel that the bot has heard from.
func (w *world) channel(id string) string {
	w.t.Helper()
	w.do(`INSERT INTO conversations (id, tenant_id, kind, service_url) VALUES ($1, $2, 'channel', 'https://smba.test/emea/')`, id, tenant)
	return id
}

func TestAWatchMatches(t *testing.T) {
	t.Parallel()
	aws := db.Watch{Of: db.WatchIntegration, ID: "i1", Name: "AWS production"}
	onCall := db.Watch{Of: db.WatchBundle, ID: "b1", Name: "On-call"}
	dana := db.Watch{Of: db.WatchRequester, ID: "dana@acme.example", Name: "dana@acme.example"}
	type request struct {
		ids, names []string
		bundle     db.Named
		email      string
	}
	for name, row := range map[string]struct {
		watch db.Watch
		of    request
		want  bool
	}{
		"all, of nothing":                     {db.Watch{Of: db.WatchAll}, request{}, true},
		"by id":                               {aws, request{ids: []string{"i0", "i1"}}, true},
		"another of the same name":            {aws, request{ids: []string{"i2"}, names: []string{"AWS production"}}, false},
		"by name where no id is told":         {aws, request{ids: []string{""}, names: []string{"", "aws PRODUCTION"}}, true},
		"part of a name":                      {aws, request{names: []string{"AWS"}}, false},
		"nothing told":                        {aws, request{ids: []string{""}, names: []string{""}}, false},
		"another kind of thing":               {aws, request{bundle: db.Named{ID: "i1", Name: "AWS production"}, email: "i1"}, false},
		"a bundle":                            {onCall, request{bundle: db.Named{ID: "b1", Name: "renamed"}}, true},
		"a bundle by name":                    {onCall, request{bundle: db.Named{Name: "on-CALL"}}, true},
		"another bundle of the name":          {onCall, request{bundle: db.Named{ID: "b2", Name: "On-call"}}, false},
		"no bundle":                           {onCall, request{ids: []string{"b1"}, names: []string{"On-call"}}, false},
		"a person":                            {dana, request{email: "Dana@ACME.example"}, true},
		"somebody else":                       {dana, request{email: "xdana@acme.example"}, false},
		"nobody":                              {dana, request{}, false},
		"a watch of nothing, a request of it": {db.Watch{Of: db.WatchIntegration}, request{ids: []string{""}, names: []string{""}}, false},
		"a requester of no address":           {db.Watch{Of: db.WatchRequester}, request{}, false},
		"of what this version does not know":  {db.Watch{Of: "cluster", ID: "i1"}, request{ids: []string{"i1"}}, false},
	} {
		if got := row.watch.Matches(row.of.ids, row.of.names, row.of.bundle, row.of.email); got != row.want {
			t.Errorf("%s: %t, want %t", name, got, row.want)
		}
	}
}

func TestChannelsWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	adam, c, other := w.person(), w.channel("19:c"), w.channel("19:other")
	all := db.Watch{ConversationID: c, Of: db.WatchAll, TimeZone: "Europe/Berlin", TeamID: "19:team", Since: noon, Guests: 3}
	aws := db.Watch{ConversationID: c, Of: db.WatchIntegration, ID: "i1", Name: "AWS", TeamID: "19:team", Since: noon.Add(time.Second)}
	dana := db.Watch{ConversationID: other, Of: db.WatchRequester, ID: "dana@acme.example", Name: "dana@acme.example", Since: noon}
	for _, one := range []db.Watch{all, aws, dana, all} {
		w.must(w.Watch(w.ctx, one, adam))
	}
	sees := func(got []db.Watch, err error, want ...db.Watch) {
		t.Helper()
		w.must(err)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(db.Watch{}, "Guests"), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("watches (-want +got):\n%s", diff)
		}
	}
	got, err := w.Watches(w.ctx)
	sees(got, err, all, aws, dana)
	got, err = w.WatchesOf(w.ctx, c)
	sees(got, err, all, aws)

	w.must(w.Unwatch(w.ctx, []db.Watch{aws, {ConversationID: c, Of: db.WatchBundle, ID: "never"}}, adam))
	w.must(w.Unwatch(w.ctx, []db.Watch{aws}, adam))
	got, err = w.WatchesOf(w.ctx, c)
	sees(got, err, all)

	audited := w.audited(time.Time{}, time.Time{})
	var said []map[string]string
	for _, r := range audited {
		if r.Outcome != "done" || r.Person == "" {
			t.Errorf("audited %+v", r)
		}
		said = append(said, map[string]string{"action": string(r.Action), "detail of": r.Detail["of"], "id": r.Detail["id"], "guests": r.Detail["guests"]})
	}
	want := []map[string]string{
		{"action": "watch", "detail of": "all", "id": "", "guests": "3"},
		{"action": "watch", "detail of": "integration", "id": "i1", "guests": ""},
		{"action": "watch", "detail of": "requester", "id": "", "guests": ""}, // whose address it is, is nobody else's business
		{"action": "unwatch", "detail of": "integration", "id": "i1", "guests": ""},
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("audited (-want +got):\n%s", diff)
	}
	if err := w.Watch(w.ctx, db.Watch{ConversationID: "19:unknown", Of: db.WatchAll, Since: noon}, adam); err == nil {
		t.Error("a channel that nobody knows watches")
	}
}

func TestWatchesEndWhereTheBotIsNot(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		conversation, team string
		at                 time.Time
		left               []string
	}{
		"from a channel":              {"19:a", "", noon, []string{"19:b", "19:c"}},
		"from a team":                 {"19:a", "19:t1", noon, []string{"19:c"}},
		"from a team that none is in": {"19:x", "19:x", noon, []string{"19:a", "19:b", "19:c"}},
		"from nowhere":                {"", "", noon, []string{"19:a", "19:b", "19:c"}},
		"before they were begun":      {"19:a", "19:t1", noon.Add(-time.Second), []string{"19:a", "19:b", "19:c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			adam := w.person()
			for id, team := range map[string]string{"19:a": "19:t1", "19:b": "19:t1", "19:c": ""} {
				w.must(w.Watch(w.ctx, db.Watch{ConversationID: w.channel(id), Of: db.WatchAll, TeamID: team, Since: noon}, adam))
			}
			n, err := w.EndWatches(w.ctx, row.conversation, row.team, row.at)
			w.must(err)
			watches, err := w.Watches(w.ctx)
			w.must(err)
			var left []string
			for _, one := range watches {
				left = append(left, one.ConversationID)
			}
			if !cmp.Equal(left, row.left) || n != 3-len(row.left) {
				t.Errorf("%d ended, left are %q, want %q", n, left, row.left)
			}
		})
	}
}

func TestAnAddressLeadsToOneAdmin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	adam, eve := w.person(), w.person()
	is := func(k db.PersonKey, want bool) {
		t.Helper()
		got, err := w.IsAdmin(w.ctx, []string{"adam@acme.example", "other@acme.example"}, k)
		if w.must(err); got != want {
			t.Errorf("%s is an admin: %t, want %t", k.ObjectID, got, want)
		}
	}
	is(adam, false)
	var first atomic.Int64
	w.together(8, func(i int) error {
		k := []db.PersonKey{adam, eve}[i%2]
		got, err := w.ResolveAdmin(w.ctx, "adam@acme.example", k)
		if got {
			first.CompareAndSwap(0, int64(i%2)+1)
			if first.Load() != int64(i%2)+1 {
				t.Error("the address leads to two people")
			}
		}
		return err
	})
	if first.Load() == 2 {
		adam, eve = eve, adam
	}
	is(adam, true)
	is(eve, false)
	if none, err := w.IsAdmin(w.ctx, nil, adam); none || err != nil {
		t.Errorf("an admin by no address: %t, %v", none, err)
	}
}

func TestErasingForgetsAnAdminAndWhoIsWatched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.channel("19:c")
	dana, omar := w.known("Dana@acme.example"), w.known("omar@acme.example")
	for _, p := range []db.Person{dana, omar} {
		address := map[string]string{dana.ObjectID: "dana@acme.example", omar.ObjectID: "omar@acme.example"}[p.ObjectID]
		if is, err := w.ResolveAdmin(w.ctx, address, p.PersonKey); !is || err != nil {
			t.Fatal(is, err)
		}
		w.must(w.Watch(w.ctx, db.Watch{ConversationID: c, Of: db.WatchRequester, ID: address, Name: address, Since: noon}, p.PersonKey))
	}
	erased, err := w.Erase(w.ctx, dana)
	if w.must(err); erased.Watches != 1 {
		t.Errorf("erased %+v", erased)
	}
	watches, err := w.Watches(w.ctx)
	w.must(err)
	if len(watches) != 1 || watches[0].ID != "omar@acme.example" {
		t.Errorf("watched are %+v", watches)
	}
	if n := ask[int](w, `SELECT count(*) FROM admins`); n != 1 {
		t.Errorf("%d admins are left, want Omar", n)
	}
}

func TestWhatWaitsIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dana := w.known("dana@acme.example") // has access already
	sub, _ := w.created(aponoapi.Pending)
	w.must(w.RememberMember(w.ctx, db.Person{PersonKey: sub.Person, Email: "Omar@acme.example", ReadAt: noon}))
	for name, row := range map[string]struct {
		watch db.Watch
		want  int
	}{
		"all":            {db.Watch{Of: db.WatchAll}, 1},
		"an integration": {db.Watch{Of: db.WatchIntegration, ID: asked.Integration.ID}, 1},
		"another":        {db.Watch{Of: db.WatchIntegration, ID: "i2", Name: asked.Integration.Name}, 0},
		"a bundle":       {db.Watch{Of: db.WatchBundle, ID: "b1"}, 0},
		"who asked":      {db.Watch{Of: db.WatchRequester, ID: "omar@acme.example"}, 1},
		"who has access": {db.Watch{Of: db.WatchRequester, ID: dana.Email}, 0},
	} {
		if n, err := w.PendingMatching(w.ctx, row.watch); n != row.want || err != nil {
			t.Errorf("%s: %d, %v; want %d", name, n, err, row.want)
		}
	}
}

// What a channel is owed when it ends watching, and has not come, does not come;
// what it still watches does.
func TestUnwatchTakesBackWhatHasNotCome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.place("19:one")
	all := db.Watch{ConversationID: p.ConversationID, Of: db.WatchAll}
	dana := db.Watch{ConversationID: p.ConversationID, Of: db.WatchRequester, ID: "dana@acme.example", Since: noon}
	by := w.person()
	cards := func() int { return ask[int](w, `SELECT count(*) FROM posted_cards WHERE kind = 'review'`) }
	_, came := w.created(aponoapi.Pending)
	w.reviewIn(p, came)
	_, sent := w.created(aponoapi.Pending)
	_, owed := w.created(aponoapi.Pending)
	w.must(w.OweReview(w.ctx, sent.ID, p))
	w.must(w.OweReview(w.ctx, owed.ID, p))
	c := w.lease(p.ConversationID) // somebody is sending the first of them
	w.must(w.Watch(w.ctx, dana, by))
	w.do(`DELETE FROM river_job`)
	w.must(w.Unwatch(w.ctx, []db.Watch{all}, by))
	if n := len(jobs[db.AnnouncePending](w)); cards() != 2 || n != 1 {
		t.Errorf("%d cards and %d announcements are left, want what came and what is being sent, and one", cards(), n)
	}
	w.drawn(c, "message-2")
	if n, err := w.EndWatches(w.ctx, p.ConversationID, "", noon); n != 1 || err != nil {
		t.Errorf("%d ended (%v)", n, err)
	}
	w.must(w.OweReview(w.ctx, owed.ID, p))
	w.must(w.OweReminders(w.ctx, noon.Add(time.Hour), time.Minute))
	if n := ask[int](w, `SELECT count(*) FROM posted_cards WHERE kind IN ('review', 'review_waits')`); n != 2 {
		t.Errorf("%d cards are there, want no more", n)
	}
}
