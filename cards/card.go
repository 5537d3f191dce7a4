package cards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sort"

	"github.com/apono-teams/teamsbot/texts"
)

// Card is one Adaptive Card, in a message or in a dialog.
type Card struct {
	summary texts.Text
	body    []element
	actions []element
}

// JSON is the card as Teams receives it, for somebody who reads a language:
// whole, or with words from outside cut no more than it takes to be shown at all.
func (c Card) JSON(l *texts.Language) json.RawMessage {
	body, actions := drawAll(c.body, l), drawAll(c.actions, l)
	whole := encode(body, actions, l)
	if len(whole) <= heaviest {
		return whole
	}
	at := func(limit int) json.RawMessage { return encode(shorter(body, limit), actions, l) }
	// The highest limit that fits is below the lowest that does not.
	most := sort.Search(heaviest-fewest, func(more int) bool { return len(at(fewest+more)) > heaviest })
	return at(fewest + max(0, most-1))
}

func encode(body, actions []drawn, l *texts.Language) json.RawMessage {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // six bytes for each < would make a card too big
	err := encoder.Encode(struct {
		Type         string  `json:"type"`
		Schema       string  `json:"$schema"`
		Version      string  `json:"version"`
		FallbackText string  `json:"fallbackText"`
		Body         []drawn `json:"body"`
		Actions      []drawn `json:"actions,omitempty"`
		MSTeams      width   `json:"msteams"`
	}{
		"AdaptiveCard", "http://adaptivecards.io/schemas/adaptive-card.json", "1.5",
		needsNewer.In(l), body, actions,
		width{"Full"},
	})
	if err != nil {
		panic(fmt.Sprintf("cards: encode: %v", err)) // nothing in an element can fail to encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

const needsNewer texts.English = "This message needs a newer Microsoft Teams."

// Short is the card without what it tells besides its summary, for when Teams
// finds it too large.
func (c Card) Short() Card {
	c.body = []element{runs(runOf(c.summary)), say("Teams finds the rest too large to show. You find it under **My requests**.")}
	return c
}

// Posted is the card with its number in every button, so that a press tells
// which card it came from.
func (c Card) Posted(number int64) Card {
	c.actions = slices.Clone(c.actions)
	for i, a := range c.actions {
		if a.Data != nil {
			data := *a.Data
			data.Apono.Card = number
			c.actions[i].Data = &data
		}
	}
	return c
}

// Summary is the card in one line of plain text, for notifications.
func (c Card) Summary(l *texts.Language) string { return c.summary.In(l) }

type width struct {
	Width string `json:"width"`
}

// Choice is one entry of a list: the value comes back, the title is shown.
type Choice struct {
	Title string `json:"title"`
	Value string `json:"value"`
}

// option is a choice whose title may be ours.
type option struct {
	Title texts.Text
	Value string
}

// Colours of text. They never carry a meaning alone.
const (
	accent    = "accent"
	good      = "good"
	warning   = "warning"
	attention = "attention"
)

// nothing stands for words of which nothing can be shown.
const nothing = "–"

func newCard(summary texts.English, body ...element) Card { return newCardOf(summary, body...) }

// newCardOf is newCard where the summary is put together.
func newCardOf(summary texts.Text, body ...element) Card {
	return Card{summary: summary, body: body}
}

// with adds buttons below the card. Teams shows six of them at most.
func (c Card) with(buttons ...element) Card {
	c.actions = append(c.actions, buttons...)
	return c
}
