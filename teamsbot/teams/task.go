package teams

import (
	"bytes"
	"encoding/json"
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
	if !bytes.HasPrefix(a.Value, []byte("{")) {
		return TaskRequest{}, fmt.Errorf("%s: its value is not an object", a.Name)
	}
	var task TaskRequest
	var body messageBody
	r := &reader{text: a.Value}
	task.read(r, &body)
	if err := r.end(); err != nil {
		return TaskRequest{}, fmt.Errorf("%s: %w", a.Name, err)
	}
	if body.contentType != "text" {
		body.content = plain(body.content)
	}
	task.Message = strings.TrimSpace(body.content)
	return task, nil
}

// messageBody is the message on which a command was used, as Teams writes it.
type messageBody struct{ contentType, content string }

func (t *TaskRequest) read(r *reader, body *messageBody) {
	r.object()
	for r.field() {
		switch string(r.name) {
		case "data":
			if t.Data = r.raw(); string(t.Data) == "null" {
				t.Data = nil
			}
		case "commandid":
			r.string(&t.CommandID)
		case "context":
			r.strings(said{"theme", &t.Theme})
		case "messagepayload":
			body.read(r)
		default:
			r.skip()
		}
	}
}

func (b *messageBody) read(r *reader) {
	if !r.object() {
		return
	}
	for r.field() {
		if string(r.name) == "body" {
			r.strings(said{"contenttype", &b.contentType}, said{"content", &b.content})
		} else {
			r.skip()
		}
	}
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
