package teams

import (
	"errors"
	"fmt"
)

// mostOfFew is more than Teams sends of anything that is a list, and all that is
// read of one: empty objects are three bytes in a body, and fifty times that in
// memory.
const mostOfFew = 1000

// DecodeActivity reads a request's whole body, which must be one JSON object
// and nothing after it. Fields that we do not know, or that are of another
// type than documented, are passed over: clients differ, and what is needed
// and missing shows where it is needed. The activity's Value is a part of body,
// which must not change any more.
func DecodeActivity(body []byte) (*Activity, error) {
	r := &reader{text: body}
	if r.peek() != '{' {
		return nil, errors.New("decode activity: not a JSON object")
	}
	a := new(Activity)
	a.read(r)
	if err := r.end(); err != nil {
		return nil, fmt.Errorf("decode activity: %w", err)
	}
	if a.Type == "" {
		return nil, errors.New("decode activity: it has no type")
	}
	return a, nil
}

func (a *Activity) read(r *reader) {
	r.object()
	for r.field() {
		switch string(r.name) {
		case "value":
			a.Value = r.raw()
		case "channeldata":
			a.ChannelData.read(r)
		case "from":
			r.strings(said{"id", &a.From.ID}, said{"name", &a.From.Name}, said{"aadobjectid", &a.From.AadObjectID})
		case "recipient":
			r.strings(said{"id", &a.Recipient.ID})
		case "conversation":
			a.readConversation(r)
		case "entities":
			few(r, &a.Entities, (*Entity).read)
		case "membersadded":
			few(r, &a.MembersAdded, (*mover).read)
		case "membersremoved":
			few(r, &a.MembersRemoved, (*mover).read)
		default:
			if into := a.text(r.name); into != nil {
				r.string(into)
			} else {
				r.skip()
			}
		}
	}
}

// text is where a text of the activity goes, or nil.
func (a *Activity) text(name []byte) *string {
	switch string(name) {
	case "type":
		return (*string)(&a.Type)
	case "id":
		return &a.ID
	case "name":
		return &a.Name
	case "text":
		return &a.Activity.Text
	case "action":
		return &a.Action
	case "replytoid":
		return &a.ReplyToID
	case "serviceurl":
		return &a.ServiceURL
	case "channelid":
		return &a.Activity.ChannelID
	case "timestamp":
		return &a.Timestamp
	case "locale":
		return &a.Activity.Locale
	case "localtimezone":
		return &a.LocalTimezone
	}
	return nil
}

func (a *Activity) readConversation(r *reader) {
	in := &a.Conversation
	if !r.object() {
		return
	}
	for r.field() {
		switch string(r.name) {
		case "id":
			r.string(&in.ID)
		case "tenantid":
			r.string(&in.TenantID)
		case "conversationtype":
			r.string(&in.ConversationType)
		case "isgroup":
			r.bool(&in.IsGroup)
		default:
			r.skip()
		}
	}
}

func (d *ChannelData) read(r *reader) {
	if !r.object() {
		return
	}
	for r.field() {
		switch string(r.name) {
		case "eventtype":
			r.string(&d.EventType)
		case "tenant":
			r.strings(said{"id", &d.Tenant.ID})
		case "team":
			r.strings(said{"id", &d.Team.ID}, said{"name", &d.Team.Name}, said{"aadgroupid", &d.Team.AADGroupID})
		case "channel":
			r.strings(said{"id", &d.Channel.ID}, said{"name", &d.Channel.Name}, said{"type", (*string)(&d.Channel.Type)})
		default:
			r.skip()
		}
	}
}

func (e *Entity) read(r *reader) {
	if !r.object() {
		return
	}
	for r.field() {
		switch string(r.name) {
		case "type":
			r.string(&e.Type)
		case "text":
			r.string(&e.Text)
		case "mentioned":
			r.strings(said{"id", &e.Mentioned.ID})
		case "locale":
			r.string(&e.Locale)
		case "timezone":
			r.string(&e.Timezone)
		default:
			r.skip()
		}
	}
}

func (m *mover) read(r *reader) { r.strings(said{"id", &m.ID}) }

// few reads the beginning of a list, behind what is there already of one of the
// same name. What is odd in it is passed over as elsewhere, and counts.
func few[T any](r *reader, into *[]T, read func(*T, *reader)) {
	if !r.list() {
		return
	}
	for r.item() {
		if len(*into) == mostOfFew {
			r.skip()
			continue
		}
		if *into == nil {
			*into = make([]T, 0, 2) // nearly always enough
		}
		*into = append(*into, *new(T))
		read(&(*into)[len(*into)-1], r)
	}
}
