package teams

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/infracloudio/msbotbuilder-go/schema"
)

// quoted is a text as it stands there, within its quotation marks. It is plain if
// nothing in it is escaped, and all of it is ASCII.
func (r *reader) quoted() (text []byte, plain bool) {
	if !r.pass('"') {
		return nil, false
	}
	from := r.at - 1
	plain = true
	for i := r.at; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			r.at = i + 1
			return r.text[from:r.at], plain
		case c == '\\':
			n := escape(r.text[i+1:])
			if n == 0 {
				r.fail()
				return nil, false
			}
			plain = false
			i += n
		case c < ' ':
			r.fail()
			return nil, false
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	r.fail()
	return nil, false
}

// escape is how long that is which follows a backslash; 0 if it may not.
func escape(text []byte) int {
	switch {
	case len(text) == 0:
		return 0
	case strings.IndexByte(`"\/bfnrt`, text[0]) >= 0:
		return 1
	case text[0] != 'u' || len(text) < 5:
		return 0
	}
	for _, c := range text[1:5] {
		if strings.IndexByte("0123456789abcdefABCDEF", c) < 0 {
			return 0
		}
	}
	return 5
}

// unquote is what a text means. What is no text in it becomes U+FFFD.
func unquote(quoted []byte, plain bool) string {
	inner := quoted[1 : len(quoted)-1]
	if plain || bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return common(inner)
	}
	text := make([]byte, 0, len(inner))
	for len(inner) > 0 {
		c, size := utf8.DecodeRune(inner)
		if inner = inner[size:]; c == '\\' {
			c, size = unescape(inner)
			inner = inner[size:]
		}
		text = utf8.AppendRune(text, c)
	}
	return string(text)
}

// common is text as a string; those that every activity has need no memory.
func common(text []byte) string {
	switch string(text) {
	case string(schema.Message):
		return string(schema.Message)
	case string(schema.Invoke):
		return string(schema.Invoke)
	case ChannelTeams:
		return ChannelTeams
	case string(Personal):
		return string(Personal)
	case string(Channel):
		return string(Channel)
	case entityMention:
		return entityMention
	case entityClient:
		return entityClient
	}
	return string(text)
}

// unescape is the character that follows a backslash, and how long it is there. Half
// of a pair that UTF-16 makes of a character is none.
func unescape(text []byte) (c rune, size int) {
	if i := strings.IndexByte("bfnrt", text[0]); i >= 0 {
		return rune("\b\f\n\r\t"[i]), 1
	}
	if text[0] != 'u' {
		return rune(text[0]), 1
	}
	c, size = unit(text[1:]), 5
	if utf16.IsSurrogate(c) {
		second := rune(-1)
		if bytes.HasPrefix(text[size:], []byte(`\u`)) {
			second = unit(text[size+2:])
		}
		if c = utf16.DecodeRune(c, second); c != utf8.RuneError {
			size += 6
		}
	}
	return c, size
}

// unit is four hexadecimal digits, which were looked at already.
func unit(text []byte) rune {
	n, _ := strconv.ParseUint(string(text[:4]), 16, 16)
	return rune(n)
}

// fold writes a name in lower case to room, and nothing if that is too small.
// What differs from ASCII only in case, of which there are two letters, is the
// same, as in encoding/json.
func fold(room, quoted []byte, plain bool) []byte {
	if len(quoted) == 0 {
		return nil
	}
	name := quoted[1 : len(quoted)-1]
	if !plain {
		name = []byte(strings.Map(smallest, unquote(quoted, plain)))
	}
	if len(name) > cap(room) {
		return nil
	}
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		room = append(room, c)
	}
	return room
}

// smallest is the first of the letters that differ only in case.
func smallest(r rune) rune {
	for {
		next := unicode.SimpleFold(r)
		if next <= r {
			return next
		}
		r = next
	}
}
