package teamsbot

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

func TestSealedTokensOpenForTheirPersonOnly(t *testing.T) {
	t.Parallel()
	both, err := newSeals([]LinkKey{linkKey("new"), linkKey("old")})
	must(t, err)
	old, err := newSeals([]LinkKey{linkKey("old")})
	must(t, err)
	k := db.PersonKey{TenantID: "t", ObjectID: "o"}
	keyID, sealed := old.seal(k, "aup_secret")
	l := db.Link{Person: k, KeyID: keyID, Sealed: sealed}
	if token, err := both.open(l); err != nil || token != "aup_secret" {
		t.Errorf("the old key's opens to %s, %v", token.Reveal(), err)
	}
	if again, _ := both.seal(k, "aup_secret"); again != "new" {
		t.Errorf("the key %s seals, want the first", again)
	}
	if _, again := old.seal(k, "aup_secret"); bytes.Equal(sealed, again) || bytes.Contains(sealed, []byte("secret")) {
		t.Error("what is sealed tells something of the token")
	}
	for name, change := range map[string]func(*db.Link){
		"another person":         func(l *db.Link) { l.Person.ObjectID = "other" },
		"another tenant":         func(l *db.Link) { l.Person.TenantID = "other" },
		"a person cut elsewhere": func(l *db.Link) { l.Person = db.PersonKey{TenantID: "to"} },
		"another key's id":       func(l *db.Link) { l.KeyID = "new" },
		"an unknown key":         func(l *db.Link) { l.KeyID = "gone" },
		"a changed byte":         func(l *db.Link) { l.Sealed = bytes.Clone(sealed); l.Sealed[len(sealed)-1] ^= 1 },
		"a changed nonce":        func(l *db.Link) { l.Sealed = bytes.Clone(sealed); l.Sealed[0] ^= 1 },
		"too few bytes":          func(l *db.Link) { l.Sealed = sealed[:5] },
		"no bytes":               func(l *db.Link) { l.Sealed = nil },
	} {
		changed := l
		change(&changed)
		if _, err := both.open(changed); !errors.Is(err, errUnopened) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOddLinkKeysAreRefused(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]LinkKey{
		"no id":     {{Key: linkKey("a").Key}},
		"too short": {{ID: "a", Key: aponoapi.Secret(strings.Repeat("x", 16))}},
		"twice":     {linkKey("a"), linkKey("a")},
	} {
		if _, err := newSeals(keys); err == nil || strings.Contains(err.Error(), "xxxx") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if printed := fmt.Sprintf("%v %+v %#v", linkKey("a"), linkKey("a"), linkKey("a")); strings.Contains(printed, "a-a-") {
		t.Errorf("printed: %s", printed)
	}
}

// A token moves to the first key when it is used, and both the replicas of
// before and those of after a change of keys can use it meanwhile.
func TestLinkKeysAreRotated(t *testing.T) {
	w := newWorld(t)
	omar := w.person("Omar")
	omar.connects()
	p, err := w.store.Person(t.Context(), w.keyOf(omar))
	must(t, err)
	replica := func(keys ...string) *Bot {
		w.linkKeys = nil
		for _, id := range keys {
			w.linkKeys = append(w.linkKeys, linkKey(id))
		}
		b, _ := w.replica()
		return b
	}
	reader, writer := replica("k1", "k2"), replica("k2", "k1")
	for _, b := range []*Bot{w.bot, reader, writer, reader, writer} {
		if _, err := b.as(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if l, err := w.store.Link(t.Context(), p.PersonKey); err != nil || l.KeyID != "k2" {
		t.Errorf("the token is under %s, %v; want the first key", l.KeyID, err)
	}
	last := replica("k2")
	if _, err := last.as(t.Context(), p); err != nil {
		t.Errorf("without the old key: %v", err)
	}
	if _, err := w.bot.as(t.Context(), p); !errors.Is(err, errNotConnected) {
		t.Errorf("without the new key: %v, want to be asked to connect", err)
	}
	if !strings.Contains(w.log.String(), "a connected token is not usable") {
		t.Error("nothing is logged of it")
	}
}
