package teams

import (
	"html"
	"regexp"
	"strings"
)

// tag is something that looks like HTML; "a < b" does not.
var tag = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)

// Text is what the person wrote: without the mention of the bot itself, HTML
// and surplus spaces. The mention is known by its entity, not by the bot's
// name, which people can write too.
func (a *Activity) Text() string {
	text := a.Activity.Text
	for _, e := range a.Entities {
		if e.Type == "mention" && e.Text != "" && e.Mentioned.ID == a.Recipient.ID {
			text = strings.ReplaceAll(text, e.Text, " ")
		}
	}
	if strings.Contains(text, "<") {
		text = tag.ReplaceAllStringFunc(text, spacing)
	}
	// Fields also splits at the no-break spaces that Teams puts after mentions.
	return strings.Join(strings.Fields(html.UnescapeString(text)), " ")
}

// spacing is what a tag leaves behind: nothing where it stands within a word
// (mentions of others, bold), a space where it ends a line.
func spacing(tag string) string {
	name := strings.ToLower(strings.Trim(tag, "</>"))
	name, _, _ = strings.Cut(name, " ")
	switch name {
	case "at", "b", "i", "u", "s", "em", "strong", "span", "a", "code":
		return ""
	default:
		return " "
	}
}
