package teamstest

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"
)

// act is something that the person looking at the page did.
type act struct {
	As     string `json:"as"`
	Op     string `json:"op"`
	Chat   string `json:"chat"`
	Text   string `json:"text"`
	Action struct {
		Type  string `json:"type"`
		ID    string `json:"id"`
		Title string `json:"title"`
		Verb  string `json:"verb"`
		Data  any    `json:"data"` // with the inputs in it, as the renderer gives it
	} `json:"action"`
	From pageOrigin `json:"from"`
}

// pageOrigin is what a dialog was opened from, or the message of a button.
type pageOrigin struct {
	Chat    string `json:"chat"`
	Message string `json:"message"`
	Command string `json:"command"`
}

// shown is what the page shows next.
type shown struct {
	Notice string      `json:"notice,omitempty"`
	Toast  string      `json:"toast,omitempty"`
	Dialog *pageDialog `json:"dialog,omitempty"`
}

type pageDialog struct {
	Title   string          `json:"title"`
	Width   string          `json:"width"`
	Height  string          `json:"height"`
	Message string          `json:"message,omitempty"`
	Card    json.RawMessage `json:"card,omitempty"`
	From    pageOrigin      `json:"from"`
}

func (s *Server) serveAct(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		http.Error(w, "application/json only", http.StatusUnsupportedMediaType)
		return
	}
	var a act
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAnswer)).Decode(&a); err != nil {
		http.Error(w, "not a thing to do: "+err.Error(), http.StatusBadRequest)
		return
	}
	p := s.find(a.As)
	if p == nil {
		http.Error(w, "nobody is called "+a.As, http.StatusBadRequest)
		return
	}
	if a.Chat != "" && !p.sees(a.Chat) {
		http.Error(w, p.Name+" has no such chat", http.StatusBadRequest)
		return
	}
	result, err := s.carryOut(r.Context(), p, a)
	if err != nil {
		writeJSON(w, http.StatusOK, shown{Notice: sentence(err)})
		return
	}
	writeJSON(w, http.StatusOK, result)
}

// sees tells whether somebody has a chat with the bot of that id, or is in that
// channel.
func (p *Person) sees(chatID string) bool {
	c := p.teams.channelOf(chatID)
	return chatID == p.ChatID() || c != nil && c.takes(p)
}

// carryOut does what the page asks for, in this person's name.
func (s *Server) carryOut(ctx context.Context, p *Person, a act) (shown, error) {
	switch a.Op {
	case "say":
		return answered(p.SaysIn(ctx, a.Chat, a.Text))
	case "post":
		return shown{}, p.posts(a.Chat, a.Text)
	case "install":
		return answered(p.adds(ctx, a.Chat))
	case "uninstall":
		return answered(p.removes(ctx, a.Chat))
	case "upgrade":
		return answered(p.Upgrades(ctx))
	case "block":
		p.Blocks()
		return shown{}, nil
	case "unblock":
		p.Unblocks()
		return shown{}, nil
	case "extension":
		if a.From.Message == "" {
			return dialogShown(p.OpensExtension(ctx, a.Text, a.Chat))
		}
		m, ok := p.Message(a.From.Message)
		if !ok {
			return shown{}, errors.New("the message is gone")
		}
		return dialogShown(p.OpensExtensionOn(ctx, a.Text, m))
	case "press":
		m, ok := p.Message(a.From.Message)
		if !ok {
			return shown{}, errors.New("the message is gone")
		}
		return dialogShown(p.press(ctx, m, action{
			Kind: a.Action.Type, ID: a.Action.ID, Title: a.Action.Title, Verb: a.Action.Verb, Data: a.Action.Data,
		}, nil))
	case "submit":
		open := &Dialog{from: origin{person: p, chat: a.From.Chat, message: a.From.Message, command: a.From.Command}}
		if m, ok := p.Message(a.From.Message); ok && a.From.Command != "" {
			open.from = p.extensionOn(a.From.Command, m)
		}
		return dialogShown(open.submit(ctx, a.Action.Data))
	}
	return shown{}, errBadAct
}

func answered(answer *Answer, err error) (shown, error) {
	if err != nil {
		return shown{}, err
	}
	return shown{Notice: answer.Notice}, nil
}

// dialogShown is what the page shows for d: no dialog when it is closed.
func dialogShown(d *Dialog, err error) (shown, error) {
	if err != nil {
		return shown{}, err
	}
	result := shown{Notice: d.Notice, Toast: d.Toast}
	if d.Notice == "" && (!d.Closed || d.Message != "") && d.URL == "" {
		result.Dialog = &pageDialog{
			Title: d.Title, Width: d.Width, Height: d.Height, Message: d.Message, Card: d.card,
			From: pageOrigin{Chat: d.from.chat, Message: d.from.message, Command: d.from.command},
		}
	}
	return result, nil
}

// sentence is an error as a line on the page.
func sentence(err error) string {
	said := err.Error()
	return strings.ToUpper(said[:1]) + said[1:] + "."
}
