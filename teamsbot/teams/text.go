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
	switch tagName(tag) {
	case "at", "b", "i", "u", "s", "em", "strong", "span", "a", "code":
		return ""
	default:
		return " "
	}
}

// plain is what a message in HTML says, line by line.
func plain(text string) string {
	text = strings.Join(strings.Fields(text), " ") // breaks of line in HTML are none
	text = tag.ReplaceAllStringFunc(text, func(tag string) string {
		if breaks[tagName(tag)] {
			return "\n"
		}
		return spacing(tag)
	})
	var lines []string
	for _, line := range strings.Split(html.UnescapeString(text), "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// breaks are the tags at which a line ends.
var breaks = map[string]bool{
	"br": true, "p": true, "div": true, "li": true, "ul": true, "ol": true, "tr": true, "table": true,
	"blockquote": true, "pre": true, "h1": true, "h2": true, "h3": true, "hr": true,
}

func tagName(tag string) string {
	name := strings.ToLower(strings.Trim(tag, "</>"))
	name, _, _ = strings.Cut(name, " ")
	return strings.TrimSuffix(name, "/")
}
