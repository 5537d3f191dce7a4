package teams

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// The invokes that open a dialog or come out of one.
const (
	InvokeTaskFetch       = "task/fetch"
	InvokeTaskSubmit      = "task/submit"
	InvokeExtensionFetch  = "composeExtension/fetchTask"
	InvokeExtensionSubmit = "composeExtension/submitAction"
)

// TaskRequest is what a dialog is asked for with.
type TaskRequest struct {
	// Data is the button's data, together with the inputs when a form is
	// submitted; nil when a message extension opens. The sender can write
	// anything into it.
	Data      json.RawMessage
	CommandID string // the message extension's command, or ""
	// Message is the text of the message on which the command was used, with
	// its lines and without HTML; "" elsewhere. It is whoever's words.
	Message string
	Theme   string // default, dark, contrast, or ""
}

// Task reads the value of one of the four dialog invokes. It looks only at
// what it needs: phones send some of the rest in other types than documented.
func (a *Activity) Task() (TaskRequest, error) {
	switch a.Name {
	case InvokeTaskFetch, InvokeTaskSubmit, InvokeExtensionFetch, InvokeExtensionSubmit:
	default:
		return TaskRequest{}, fmt.Errorf("invoke %q is not about a dialog", printable(a.Name))
	}
	var value struct {
		Data      json.RawMessage `json:"data"`
		CommandID string          `json:"commandId"`
		Context   struct {
			Theme string `json:"theme"`
		} `json:"context"`
		MessagePayload struct {
			Body struct {
				ContentType string `json:"contentType"`
				Content     string `json:"content"`
			} `json:"body"`
		} `json:"messagePayload"`
	}
	if !bytes.HasPrefix(a.Value, []byte("{")) {
		return TaskRequest{}, fmt.Errorf("%s: its value is not an object", a.Name)
	}
	var wrongType *json.UnmarshalTypeError
	if err := json.Unmarshal(a.Value, &value); err != nil && !errors.As(err, &wrongType) {
		return TaskRequest{}, fmt.Errorf("%s: %w", a.Name, err)
	}
	if string(value.Data) == "null" {
		value.Data = nil
	}
	message := value.MessagePayload.Body.Content
	if value.MessagePayload.Body.ContentType != "text" {
		message = plain(message)
	}
	return TaskRequest{
		Data: value.Data, CommandID: value.CommandID, Theme: value.Context.Theme, Message: strings.TrimSpace(message),
	}, nil
}

// Answer is the HTTP response to an invoke. A Body is JSON; without one the
// response is empty.
type Answer struct {
	Status int
	Body   []byte
}

// Size is a dialog's size: width and height, as Teams names them.
type Size string

// Teams: 20, 50 and 60 % of the window's width, 20, 50 and 66 % of its height.
const (
	Small  Size = "small"
	Medium Size = "medium"
	Large  Size = "large"
)

const cardType = "application/vnd.microsoft.card.adaptive"

// TaskCard opens a dialog with a card, or shows the next one in it. The card
// must be well-formed: it is sent as it is. Dialogs of message extensions have the
// same form.
func TaskCard(title string, card json.RawMessage, size Size) (Answer, error) {
	around, err := encode(struct {
		Title  string `json:"title"`
		Width  Size   `json:"width"`
		Height Size   `json:"height"`
	}{title, size, size})
	if err != nil {
		return Answer{}, fmt.Errorf("dialog: %w", err)
	}
	// The card is long, and well-formed: encoding/json would look at all of it.
	return Answer{Status: http.StatusOK, Body: slices.Concat(
		[]byte(`{"task":{"type":"continue","value":`), around[:len(around)-1],
		[]byte(`,"card":{"contentType":"`+cardType+`","content":`), card, []byte(`}}}}`),
	)}, nil
}

// TaskMessage closes the dialog with a sentence.
func TaskMessage(text string) (Answer, error) {
	var answer struct {
		Task struct {
			Type  string `json:"type"`
			Value string `json:"value"`
		} `json:"task"`
	}
	answer.Task.Type, answer.Task.Value = "message", text
	body, err := encode(answer)
	if err != nil {
		return Answer{}, fmt.Errorf("dialog: %w", err)
	}
	return Answer{Status: http.StatusOK, Body: body}, nil
}

// TaskDone closes the dialog.
func TaskDone() Answer { return Answer{Status: http.StatusOK} }

// NotImplemented is what Teams expects for an invoke that is not known.
func NotImplemented() Answer { return Answer{Status: http.StatusNotImplemented} }

// encode is json.Marshal without the escaping of <, > and & that is meant for
// HTML: cards are long, and have a limit.
func encode(v any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}
