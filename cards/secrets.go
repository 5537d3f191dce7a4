package cards

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/texts"
)

// Shown is where access details belong, and what to do with them.
type Shown struct {
	System  string     // its name; may be ""
	Session string     // for Apono's command line; "" where it is not known
	Once    bool       // they are not shown again
	Masked  bool       // stars stand for what somebody has read before
	Admin   texts.Text // whom to ask
}

// roomForSecrets is how many bytes of a card details may take; the rest is for
// what is said around them.
const roomForSecrets = heaviest - 5<<10

// AccessDetails shows details, which are not shown a second time. Each value
// stands in a line of its own, whole or not at all: what does not fit is named,
// and nothing is cut. Everything in it is drawn as plain text; only a link to
// https becomes a button.
func AccessDetails(about Shown, d aponoapi.Details) Card {
	p := &page{room: roomForSecrets}
	for _, name := range slices.SortedFunc(maps.Keys(d.Parameters), asAsked) {
		p.value(name, d.Parameters[name].Reveal())
	}
	p.command(d.CLI.Reveal())
	actions := p.link(d)
	p.lines(d.Instructions.Reveal())
	p.remark(d.AdminMessage)

	body := append([]element{about.first()}, p.warnings()...)
	if name := Line(about.System, 100); name != "" {
		body = append(body, fact("System", name))
	}
	body = append(body, p.body...)
	return newCard("Access details", append(body, about.next()...)...).with(actions...)
}

// asked is the order in which who logs in is asked for values.
var asked = []string{"host", "hostname", "port", "database", "db_name", "user", "username", "password"}

// asAsked orders the names of values so, and the others by name behind them.
func asAsked(a, b string) int {
	place := func(name string) int {
		if i := slices.Index(asked, strings.ToLower(name)); i >= 0 {
			return i
		}
		return len(asked)
	}
	return cmp.Or(place(a)-place(b), strings.Compare(a, b))
}

// first is the first line.
func (s Shown) first() element {
	var words texts.English = "Shown once. Copy it now."
	if !s.Once {
		words = "There is no secret in this. You can view it again."
	}
	r := runOf(words)
	r.Weight, r.Color, r.Size = "bolder", attention, "medium"
	if !s.Masked {
		return runs(r)
	}
	return runs(r, runOf(texts.English(" Somebody has read credentials of it before: you, or who is signed in to Apono as you, in Apono's portal, "+
		"with its command line, or through another request. Apono does not tell those again: reset them. If it was not you, tell %s.").
		With(clip(s.Admin, 100))))
}

// next says what to do if that is not enough.
func (s Shown) next() []element {
	id := s.Session
	if id == "" {
		id = "ID"
	}
	command := mono("apono access use " + Line(id, 100))
	line := phrase("With Apono's command line: %s", command)
	if s.Session == "" {
		line = phrase("With Apono's command line: %s (apono access list tells the ID)", command)
	}
	lead := runOf(texts.English("It does not let you in? Reset credentials is on your card. Or ask %s.").With(clip(s.Admin, 100)))
	lead.IsSubtle = true
	return []element{group(line, runs(lead))}
}

// page collects details as long as there is room.
type page struct {
	body    []element
	room    int
	shown   []string     // values
	left    []texts.Text // what did not fit
	lost    int          // lines that did not fit
	masked  bool         // stars were replaced
	altered bool         // characters that cannot be seen were replaced
}

// warnings say what is not there, or not as it is.
func (p *page) warnings() (all []element) {
	if len(p.left) > 0 || p.lost > 0 {
		left := p.left
		if p.lost > 0 {
			left = append(left, texts.English("%d lines of the instructions").With(p.lost))
		}
		all = append(all, problem(texts.English("Not everything fits into a Teams dialog, and Apono does not show it again. Not shown: %s. "+
			"To see all of it, reset the credentials and view them in the Apono portal.").With(list(left, shownNames+1))))
	}
	if p.masked {
		all = append(all, problem(texts.English("%s stands where Apono shows stars in place of what was read before.").With(alreadyRead)))
	}
	if p.altered {
		all = append(all, problem(texts.English("⟨U+…⟩ stands for a character that cannot be seen. Do not copy it as it is.")))
	}
	return all
}

// fits takes the room for elements, if there is so much.
func (p *page) fits(elements ...element) bool {
	raw, err := json.Marshal(drawAll(elements, texts.InEnglish)) // other languages take of what is left around
	defer clear(raw)
	if err != nil || len(raw) > p.room {
		return false
	}
	p.room -= len(raw)
	return true
}

// add adds elements that belong together, if there is room for all of them.
func (p *page) add(elements ...element) bool {
	if !p.fits(elements...) {
		return false
	}
	p.body = append(p.body, elements...)
	return true
}

// value is one named value: the name in a line, the value in the next, so that
// it alone can be selected.
func (p *page) value(name, text string) {
	called := texts.Outside(cmp.Or(Line(name, 60), nothing))
	if text != "" && !p.labelled(called, "PlainText", text) {
		p.left = append(p.left, called)
	}
}

// command is what to type into a terminal: in a block with a button to copy it,
// where the client has such, else in lines.
func (p *page) command(text string) {
	if text != "" && !p.labelled(texts.English("Command"), "Bash", text) {
		p.left = append(p.left, texts.English("the command"))
	}
}

// labelled is a value below its name. One of several lines stands in a block, as
// a command does, where blanks count; on phones there is none.
func (p *page) labelled(name texts.Text, language, text string) bool {
	label := runOf(name)
	label.IsSubtle = true
	text = p.plain(text)
	var lines []element
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) == "" {
			line = codePoints(cmp.Or(line, "\n"))
		}
		e := runs(mono(line))
		e.Spacing = "none"
		lines = append(lines, e)
	}
	if len(lines) == 1 && language == "PlainText" {
		p.shown = append(p.shown, text)
		return p.add(runs(label), lines[0]) || p.forget()
	}
	plain := element{drawn: drawn{Type: "Container", Spacing: "none"}, Items: lines}
	block := element{drawn: drawn{Type: "CodeBlock", CodeSnippet: text, Language: language}, Fallback: &plain}
	return p.add(runs(label), block) || p.add(runs(label), plain)
}

// forget takes back the last value, for which there was no room.
func (p *page) forget() bool {
	p.shown = p.shown[:len(p.shown)-1]
	return false
}

// link is the button for a link to https; any other is a value.
func (p *page) link(d aponoapi.Details) []element {
	address := d.LinkURL.Reveal()
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || address != visible(address, ' ') {
		p.value("Link", address)
		return nil
	}
	var title texts.Text = texts.English("Open link")
	if named := Line(d.LinkTitle, 40); named != "" {
		title = texts.Outside(named)
	}
	open := linkOf(title, address)
	// Where a button leads cannot be seen everywhere.
	if !p.fits(open) || !p.add(factOf(title, texts.Outside(Line(u.Host, 100)))) {
		p.left = append(p.left, texts.English("the link"))
		return nil
	}
	return []element{open}
}

// named is a line that names a value and tells it.
var named = regexp.MustCompile(`^([\pL][\pL\d _-]{0,30}): ?(\S+)$`)

// indented is a line that begins with blanks, as in a file in YAML.
var indented = regexp.MustCompile(`(?m)^[ \t]+\S`)

// lines are instructions: each line by itself, whole or not at all.
func (p *page) lines(text string) {
	if indented.MatchString(text) && p.labelled(texts.English("Instructions"), "PlainText", strings.TrimRight(text, " \r\n")) {
		return
	}
	full := false
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		var elements []element
		if m := named.FindStringSubmatch(line); m != nil && !strings.HasPrefix(m[2], "//") {
			label := run(m[1] + ":")
			label.IsSubtle = true
			value := runs(mono(p.plain(m[2])))
			value.Spacing = "none"
			if elements = []element{runs(label), value}; slices.Contains(p.shown, p.plain(m[2])) {
				continue // it stands above
			}
		} else {
			elements = []element{runs(mono(p.plain(line)))}
			elements[0].Spacing = "small"
		}
		if full = full || !p.add(elements...); full {
			p.lost++ // what follows a gap would mislead
		}
	}
}

// remark is what the company's admins say.
func (p *page) remark(text string) {
	if text = Paragraph(text, 1000); text != "" && !p.add(fact("From your admins", text)) {
		p.left = append(p.left, texts.English("a remark of your admins"))
	}
}

// alreadyRead stands where Apono shows stars.
const alreadyRead = "[read before]"

// stars are what Apono shows in place of a secret.
var stars = regexp.MustCompile(`^\*{3,}$|\*{4,}`)

// codePoints stand for a line of blanks, or none, which no text can be.
func codePoints(blanks string) string {
	var out strings.Builder
	for _, r := range blanks {
		fmt.Fprintf(&out, "⟨U+%04X⟩", r)
	}
	return out.String()
}

// plain is a text as it is, but for what cannot be seen, or is no password.
func (p *page) plain(text string) string {
	if stars.MatchString(text) {
		p.masked = true
		text = stars.ReplaceAllLiteralString(text, alreadyRead)
	}
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	inner := strings.Trim(text, " ")
	from := len(text) - len(strings.TrimLeft(text, " "))
	var out strings.Builder
	for i, r := range text {
		blank := r == ' ' && (i < from || i >= from+len(inner)) && !strings.Contains(text, "\n")
		if blank || isHidden(r) {
			p.altered = true
			out.WriteString(codePoints(string(r)))
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

// isHidden says that a character cannot be seen, or changes how others are.
func isHidden(r rune) bool {
	switch r {
	case '\n', '\t':
		return false
	case '\uFFFD', '\u2028', '\u2029':
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// mono is plain text in letters of one width, in which 0 and O differ.
func mono(text string) element {
	r := run(text)
	r.FontType = "monospace"
	return r
}
