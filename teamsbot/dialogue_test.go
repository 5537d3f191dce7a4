package teamsbot

import (
	"strings"

	"github.com/apono-teams/teamsbot/teamsbot/teamstest"
)

// opened is a dialog that Teams shows without complaint.
func (s *someone) opened(d *teamstest.Dialog) *dialogue {
	s.w.t.Helper()
	if d.Notice != "" {
		s.w.t.Fatalf("Teams told %s: %s (%d %s)", s.Name, d.Notice, d.Status, d.Body)
	}
	return &dialogue{Dialog: d, s: s}
}

// dialogue is a dialog that somebody has open.
type dialogue struct {
	*teamstest.Dialog
	s *someone
}

// fill fills in an input; choices are named by their titles.
func (f *dialogue) fill(id string, values ...string) *dialogue {
	f.s.w.t.Helper()
	if err := f.Fill(id, values...); err != nil {
		f.s.w.t.Fatalf("fill in %s: %v\n%s", id, err, f.Text())
	}
	return f
}

// press presses a button of the dialog and gives what it shows then.
func (f *dialogue) press(title string) *dialogue {
	f.s.w.t.Helper()
	d, err := f.Press(f.s.w.t.Context(), title)
	must(f.s.w.t, err)
	return f.s.opened(d)
}

// shows wants the dialog to show the texts.
func (f *dialogue) shows(texts ...string) *dialogue {
	f.s.w.t.Helper()
	for _, text := range texts {
		if !f.Has(text) && !strings.Contains(f.Message, text) {
			f.s.w.t.Errorf("the dialog does not show %q:\n%s%s", text, f.Text(), f.Message)
		}
	}
	return f
}

// value is what an input holds.
func (f *dialogue) value(id string) string {
	f.s.w.t.Helper()
	in, ok := f.Input(id)
	if !ok {
		f.s.w.t.Fatalf("there is no input %s:\n%s", id, f.Text())
	}
	return in.Value
}

// atLastStep fills in the form for the orders database.
func (f *dialogue) atLastStep() *dialogue {
	f.s.w.t.Helper()
	f = f.toLastStep()
	in, ok := f.Input("permissions")
	if !ok {
		f.s.w.t.Fatalf("there are no permissions:\n%s", f.Text())
	}
	return f.fill("permissions", in.Choices[0].Title).fill("justification", "INC-42: orders are stuck")
}

// toLastStep goes to the last step and fills in nothing there.
func (f *dialogue) toLastStep() *dialogue {
	f.s.w.t.Helper()
	f = f.fill("integration", "Orders database").press("Next")
	if _, ok := f.Input("resource_type"); ok {
		in, _ := f.Input("resource_type")
		f = f.fill("resource_type", in.Choices[0].Title).press("Next")
	}
	in, ok := f.Input("resources")
	if !ok {
		f.s.w.t.Fatalf("there are no resources:\n%s", f.Text())
	}
	return f.fill("resources", in.Choices[0].Title).press("Next")
}
