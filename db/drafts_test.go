package db_test

import (
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apono-teams/teamsbot/db"
)

func textOf(t *testing.T, d db.Draft) string {
	t.Helper()
	var f form
	if err := json.Unmarshal(d.Form, &f); err != nil {
		t.Fatal(err)
	}
	return f.Text
}

func TestADraftIsKeptStepByStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.draft()
	for i, text := range []string{"one", "two", `"three", 'four' ` + "\u2028 \U0001f511"} {
		w.must(w.SaveDraft(w.ctx, &d, form{text}))
		kept, err := w.Draft(w.ctx, d.Person, d.ID)
		w.must(err)
		if kept.Revision != i+2 || d.Revision != i+2 || textOf(t, kept) != text || textOf(t, d) != text {
			t.Errorf("kept is revision %d with %q, told was %d with %q; want %d with %q",
				kept.Revision, textOf(t, kept), d.Revision, textOf(t, d), i+2, text)
		}
	}
}

func TestADraftIsItsPersonsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.draft()
	for _, k := range []db.PersonKey{w.person(), {TenantID: "tenant-2", ObjectID: d.Person.ObjectID}, {}} {
		if got, err := w.Draft(w.ctx, k, d.ID); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("%+v got %+v and %v, want ErrNotFound", k, got, err)
		}
	}
}

// The name of a draft comes back from a card, which anybody can forge.
func TestForgedDraftNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.draft()
	bare := strings.ReplaceAll(d.ID, "-", "")
	for _, id := range []string{
		"", "1", "draft", "' OR 1=1 --", "\x00", strings.Repeat("x", 100_000), d.ID + " ", d.ID[:35], d.ID + "0",
		"{" + d.ID + "}", "urn:uuid:" + d.ID, bare, "00000000-0000-0000-0000-000000000000", "\u202e" + d.ID,
	} {
		got, err := w.Draft(w.ctx, d.Person, id)
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("%.60q: got %+v and %v, want ErrNotFound", id, got, err)
		}
		if _, err := w.Submission(w.ctx, id); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("submission %.60q: got %v, want ErrNotFound", id, err)
		}
	}
}

func TestAnOldDialogCannotUndoANewerOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.draft()
	old := d
	w.must(w.SaveDraft(w.ctx, &d, form{"newer"}))
	before := old
	if err := w.SaveDraft(w.ctx, &old, form{"older"}); !errors.Is(err, db.ErrStale) {
		t.Errorf("got %v, want ErrStale", err)
	}
	if diff := cmp.Diff(before, old); diff != "" {
		t.Errorf("the refused draft was changed: %s", diff)
	}
	kept, err := w.Draft(w.ctx, d.Person, d.ID)
	w.must(err)
	if textOf(t, kept) != "newer" {
		t.Errorf("kept is %q", textOf(t, kept))
	}

	var saved atomic.Int64
	w.together(20, func(int) error {
		mine := kept
		err := w.SaveDraft(w.ctx, &mine, form{"mine"})
		if err == nil {
			saved.Add(1)
		}
		if errors.Is(err, db.ErrStale) {
			return nil
		}
		return err
	})
	if n := saved.Load(); n != 1 {
		t.Errorf("%d dialogs saved the same revision, want 1", n)
	}
}

// What cannot be encoded is refused before the database is asked.
func TestAFormThatCannotBeKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.draft()
	if _, err := w.NewDraft(w.ctx, d.Person, make(chan int)); err == nil {
		t.Error("NewDraft: want an error")
	}
	if err := w.SaveDraft(w.ctx, &d, make(chan int)); err == nil || d.Revision != 1 {
		t.Errorf("SaveDraft: got %v and revision %d", err, d.Revision)
	}
	if _, err := w.NewDraft(w.ctx, db.PersonKey{TenantID: tenant, ObjectID: "nobody"}, form{}); err == nil {
		t.Error("a draft of nobody: want an error")
	}
}
