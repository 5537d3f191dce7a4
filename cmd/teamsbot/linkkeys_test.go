package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apono-teams/teamsbot/aponoapi"
)

// key32 is a key of LINK_KEYS.
func key32(letter string) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32)))
}

func linkKeysOf(entries ...string) config {
	c := complete()
	for _, e := range entries {
		c.LinkKeys = append(c.LinkKeys, aponoapi.Secret(e))
	}
	return c
}

func TestLinkKeysAreRead(t *testing.T) {
	t.Parallel()
	c := linkKeysOf("2026-11:"+key32("n"), " old.1_x:"+key32("o")+" ")
	keys, err := c.linkKeys()
	if err != nil || len(keys) != 2 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	if keys[0].ID != "2026-11" || keys[1].ID != "old.1_x" || keys[1].Key.Reveal() != strings.Repeat("o", 32) {
		t.Errorf("got %s and %s", keys[0].ID, keys[1].ID)
	}
	if _, err := c.check(); err != nil {
		t.Error(err)
	}
	if printed := fmt.Sprintf("%v %+v %#v", c, keys, c.LinkKeys); strings.Contains(printed, key32("n")) || strings.Contains(printed, "nnnn") {
		t.Error("the keys are printed")
	}
}

func TestAllThatIsWrongWithLinkKeysIsSaid(t *testing.T) {
	t.Parallel()
	good := key32("g")
	c := linkKeysOf(good, "a:"+good, "a:"+good, "b:"+good[4:], "c:not base64!", ":"+good, strings.Repeat("i", 21)+":"+good, "")
	_, err := c.check()
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		"place 1: it is not of the form", "place 3: another key", "place 4: the key must be 32 bytes", "place 5: the key must be 32 bytes",
		"place 6: the id", "place 7: the id", "place 8: it is not of the form",
	} {
		if !strings.Contains(err.Error(), "LINK_KEYS has something wrong at "+want) {
			t.Errorf("%q is not said in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), good[:10]) || strings.Contains(err.Error(), "base64!") {
		t.Errorf("a key is in the words:\n%v", err)
	}
}

// What is connected in the playground stays so when it is started again.
func TestThePlaygroundKeepsItsLinkKey(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "link.key")
	first, err := keptLinkKey(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := keptLinkKey(file)
	if err != nil || again != first {
		t.Errorf("another key at the second start (%v)", err)
	}
	c := linkKeysOf(first.Reveal())
	if _, err := c.check(); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
}
