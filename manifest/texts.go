package manifest

import "fmt"

// text is what people read, and how much of it Teams takes.
type text struct {
	field      string
	words      string
	limit      int  // in characters
	translated bool // may stand in the file of another language
}

// texts are all of a manifest's.
func texts(a app, l limits) []text {
	all := []text{
		{"name.short", a.Name.Short, 30, true},
		{"name.full", a.Name.Full, 100, true},
		{"description.short", a.Description.Short, 80, true},
		{"description.full", a.Description.Full, 4000, true},
		{"developer.name", a.Developer.Name, 32, false},
	}
	for _, b := range a.Bots {
		for i, list := range b.CommandLists {
			for j, c := range list.Commands {
				field := fmt.Sprintf("bots[0].commandLists[%d].commands[%d]", i, j)
				all = append(all, text{field + ".title", c.Title, l.title, true}, text{field + ".description", c.Description, l.description, true})
			}
		}
	}
	for _, e := range a.ComposeExtensions {
		for i, c := range e.Commands {
			field := fmt.Sprintf("composeExtensions[0].commands[%d]", i)
			all = append(all, text{field + ".id", c.ID, 64, false}, text{field + ".title", c.Title, 32, true},
				text{field + ".description", c.Description, 128, true})
		}
	}
	return all
}
