package teams

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// deepest is how many objects and lists may be open at once, as in encoding/json.
const deepest = 10_000

// reader goes through a JSON text once, from its beginning to its end. It takes
// what encoding/json takes, means the same by it, and needs a fraction of the
// time: that looks at every text twice, and finds each field by reflection.
//
// After each name that field goes to, and each time that item is true, exactly one
// value is to be read or skipped. A value of another type than is asked for is
// skipped. After a fault there is nothing more to read, and end says so.
type reader struct {
	text  []byte
	at    int
	depth int
	first bool // nothing is read yet of what was opened last
	bad   bool
	// name is that of the field: in lower case, since case does not count, and only
	// if it is short enough to be one of ours.
	name []byte
	room [32]byte
}

// object opens an object; false means that there was none.
func (r *reader) object() bool { return r.open('{') }

// list opens a list; false means that there was none.
func (r *reader) list() bool { return r.open('[') }

func (r *reader) open(with byte) bool {
	if r.peek() != with {
		r.skip()
		return false
	}
	r.enter()
	return !r.bad
}

// field goes to the next field of an object, item to the next of a list; at the
// end they close it and are false.
func (r *reader) field() bool {
	if !r.more('}') {
		return false
	}
	quoted, plain := r.quoted()
	r.name = fold(r.room[:0], quoted, plain)
	return r.pass(':')
}

func (r *reader) item() bool { return r.more(']') }

// string reads a text.
func (r *reader) string(into *string) {
	if r.peek() != '"' {
		r.skip()
		return
	}
	if quoted, plain := r.quoted(); !r.bad {
		*into = unquote(quoted, plain)
	}
}

// said is where one text of an object goes. The name is in lower case.
type said struct {
	name string
	into *string
}

// strings reads an object of which only texts are wanted.
func (r *reader) strings(wanted ...said) {
	if !r.object() {
		return
	}
	for r.field() {
		i := 0
		for i < len(wanted) && wanted[i].name != string(r.name) {
			i++
		}
		if i < len(wanted) {
			r.string(wanted[i].into)
		} else {
			r.skip()
		}
	}
}

// bool reads true or false.
func (r *reader) bool(into *bool) {
	c := r.peek()
	r.skip()
	if !r.bad && (c == 't' || c == 'f') {
		*into = c == 't'
	}
}

// raw is the next value as it stands there, in the memory of the whole text.
func (r *reader) raw() json.RawMessage {
	r.peek()
	from := r.at
	r.skip()
	return json.RawMessage(r.text[from:r.at:r.at])
}

// skip passes over a value, without a call for each level of it: a hostile one is
// deep.
func (r *reader) skip() {
	var room [64]byte
	ends := room[:0] // of what is open here
	for {
		switch c := r.peek(); c {
		case '{', '[':
			r.enter()
			ends = append(ends, c+2) // their ends, in ASCII
		case '"':
			r.quoted()
		case 't':
			r.word("true")
		case 'f':
			r.word("false")
		case 'n':
			r.word("null")
		default:
			r.number()
		}
		for len(ends) > 0 && !r.more(ends[len(ends)-1]) {
			ends = ends[:len(ends)-1]
		}
		if len(ends) == 0 {
			return
		}
		if ends[len(ends)-1] == '}' {
			r.quoted()
			r.pass(':')
		}
	}
}

// end is nil if the whole text was read and nothing was wrong with it.
func (r *reader) end() error {
	if r.peek(); !r.bad && r.at == len(r.text) {
		return nil
	}
	// What is wrong, and where, encoding/json tells.
	var whatever json.RawMessage
	if err := json.Unmarshal(r.text, &whatever); err != nil {
		return err
	}
	return errors.New("invalid JSON")
}

// peek is the next character that is no space, 0 at the end.
func (r *reader) peek() byte {
	for ; r.at < len(r.text); r.at++ {
		if c := r.text[r.at]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
	}
	return 0
}

func (r *reader) fail() bool {
	r.bad, r.at = true, len(r.text)
	return false
}

func (r *reader) enter() {
	r.at++
	r.first = true
	if r.depth++; r.depth > deepest {
		r.fail()
	}
}

// more goes to what comes next of what is open, and closes it at its end.
func (r *reader) more(end byte) bool {
	first := r.first
	r.first = false
	switch c := r.peek(); {
	case r.bad:
		return false
	case c == end:
		r.at++
		r.depth--
		return false
	case first:
		return true
	}
	return r.pass(',')
}

func (r *reader) pass(c byte) bool {
	if r.peek() != c {
		return r.fail()
	}
	r.at++
	return true
}

func (r *reader) word(word string) {
	if !bytes.HasPrefix(r.text[r.at:], []byte(word)) {
		r.fail()
		return
	}
	r.at += len(word)
}

func (r *reader) number() {
	r.sign("-")
	if !r.sign("0") {
		r.digits()
	}
	if r.sign(".") {
		r.digits()
	}
	if r.sign("eE") {
		r.sign("+-")
		r.digits()
	}
}

func (r *reader) sign(of string) bool {
	if r.at == len(r.text) || strings.IndexByte(of, r.text[r.at]) < 0 {
		return false
	}
	r.at++
	return true
}

func (r *reader) digits() {
	from := r.at
	for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
		r.at++
	}
	if r.at == from {
		r.fail()
	}
}
