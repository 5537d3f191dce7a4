package teamsbot

import (
	"cmp"
	"context"
	"strings"
)

// leftover are words of a sentence that named nothing when it was read. In the
// form the person chooses what was not clear, and then they may.
type leftover struct {
	Words string `json:"words,omitempty"`
	// Read is what was chosen when they were looked up last, and Unread says that
	// Apono had not told in time what there is to choose from.
	Read   string `json:"read,omitempty"`
	Unread bool   `json:"unread,omitempty"`
}

// keepLeftover keeps in the form what the sentence leaves to be read again.
func (u *understanding) keepLeftover() {
	f := &u.form
	f.Words, f.Unread = cmp.Or(u.again, u.rest()), u.slow
	if f.Integration.ID != "" && !u.slow {
		f.Read = f.chosenLists()
	}
}

// chosenLists names the lists that the form chooses from.
func (f *form) chosenLists() string { return f.Integration.ID + "\n" + f.ResourceType.ID }

// leavesWords says that there are words to be looked up in lists that were not
// known before.
func (f *form) leavesWords() bool {
	switch {
	case f.Words == "" || f.ForBundle:
		return false
	case f.Integration.ID == "":
		return f.Unread
	}
	return f.Read != f.chosenLists()
}

// readLeftover looks the words up once more, fills in what they name without
// doubt, and leaves the form at the first step that is not filled in.
func (t *turn) readLeftover(ctx context.Context, f form) (form, error) {
	u := understanding{form: f}
	for _, w := range strings.Fields(f.Words) {
		u.add(w)
	}
	if err := t.understand(ctx, &u); err != nil {
		return f, err
	}
	view := u.view()
	if !f.Unread {
		view.Rest = "" // has been told
	}
	if f.Integration.ID == "" {
		u.form.Words = cmp.Or(u.again, u.rest()) // not what has named the integration
	}
	u.form.Step, u.form.Note = u.step(), t.inWords(view.Note())
	u.form.Unread, u.form.Read = false, u.form.chosenLists()
	return u.form, nil
}
