package teamstest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const cardType = "application/vnd.microsoft.card.adaptive"

// Elements and actions of Adaptive Cards 1.5, the newest version that bots may
// send to Teams. Anything else needs a fallback.
var (
	knownElements = []string{
		"ActionSet", "Column", "ColumnSet", "Container", "FactSet", "Image", "ImageSet", "Media", "RichTextBlock", "Table", "TextBlock",
		"Input.ChoiceSet", "Input.Date", "Input.Number", "Input.Text", "Input.Time", "Input.Toggle",
	}
	knownActions = []string{"Action.Execute", "Action.OpenUrl", "Action.ShowCard", "Action.Submit", "Action.ToggleVisibility"}
)

// judgeActivity reads a message of the bot's as Teams would, and refuses what
// Teams refuses.
func judgeActivity(data []byte) (Message, *teamsError) {
	if utf16Size(data) > maxMessage {
		return Message{}, errTooBig
	}
	var in struct {
		Type, Text, Summary string
		Attachments         []struct {
			ContentType string
			Content     json.RawMessage
		}
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return Message{}, badSyntax("The activity is not valid JSON: " + err.Error())
	}
	if in.Type != "message" {
		return Message{}, badSyntax(fmt.Sprintf("Unknown activity type %q.", in.Type))
	}
	if strings.TrimSpace(in.Text) == "" && len(in.Attachments) == 0 {
		return Message{}, badSyntax("Activity must include non empty 'text' field or at least 1 attachment.")
	}
	m := Message{From: fromBot, Text: in.Text, Summary: in.Summary, Activity: slices.Clone(data)}
	for i, a := range in.Attachments {
		if a.ContentType != cardType {
			return Message{}, badSyntax(fmt.Sprintf("Unknown attachment type %q.", a.ContentType))
		}
		if err := judgeCard(a.Content); err != nil {
			return Message{}, badSyntax("Failed to process Adaptive Card: " + err.Error())
		}
		if i == 0 {
			m.Card = slices.Clone(a.Content)
		}
	}
	return m, nil
}

// judgeCard tells why Teams would not show a card.
func judgeCard(data []byte) error {
	var card map[string]any
	if err := json.Unmarshal(data, &card); err != nil || card == nil {
		return fmt.Errorf("the card is not a JSON object")
	}
	if card["type"] != "AdaptiveCard" {
		return fmt.Errorf("the card's type is %v, not AdaptiveCard", card["type"])
	}
	version, _ := card["version"].(string)
	number, err := strconv.ParseFloat(version, 64)
	if err != nil {
		return fmt.Errorf("the card's version %q is missing or wrong", version)
	}
	if number > 1.5 {
		return fmt.Errorf("version %s is newer than Teams knows", version)
	}
	seen := map[string]bool{}
	return judgeParts(card, seen)
}

// judgeParts checks every element and action below v.
func judgeParts(v any, seen map[string]bool) error {
	switch v := v.(type) {
	case []any:
		for _, part := range v {
			if err := judgeParts(part, seen); err != nil {
				return err
			}
		}
	case map[string]any:
		if err := judgeElement(v, seen); err != nil {
			return err
		}
		for key, part := range v {
			// data is the bot's own; entities and fallbacks have shapes of their own.
			if key == "data" || key == "msteams" || key == "fallback" || key == "$data" {
				continue
			}
			if err := judgeParts(part, seen); err != nil {
				return err
			}
		}
	}
	return nil
}

func judgeElement(v map[string]any, seen map[string]bool) error {
	kind, _ := v["type"].(string)
	_, fallback := v["fallback"]
	switch {
	case kind == "" || kind == "AdaptiveCard" || isPart(kind):
		return nil
	case !slices.Contains(knownElements, kind) && !slices.Contains(knownActions, kind) && !fallback:
		return fmt.Errorf("unknown type %q without a fallback", kind)
	case kind == "Action.Execute" && text(v["verb"]) == "":
		return fmt.Errorf("an Action.Execute has no verb")
	case kind == "Action.OpenUrl" && text(v["url"]) == "":
		return fmt.Errorf("an Action.OpenUrl has no url")
	case strings.HasPrefix(kind, "Input.") && text(v["id"]) == "":
		return fmt.Errorf("an %s has no id", kind)
	case kind == "TextBlock" && v["text"] == nil:
		return fmt.Errorf("a TextBlock has no text")
	case strings.HasPrefix(kind, "Action."):
		return nil
	}
	id := text(v["id"])
	if id != "" && seen[id] {
		return fmt.Errorf("two elements have the id %q", id)
	}
	seen[id] = true
	return nil
}

// isPart is true for what has a type without being an element.
func isPart(kind string) bool {
	return slices.Contains([]string{"TextRun", "Data.Query", "TableRow", "TableCell", "BackgroundImage", "Metadata"}, kind)
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
