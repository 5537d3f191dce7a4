package teams

import (
	"bytes"
	"encoding/json"
	"errors"
)

// mostOfFew is more than Teams sends of anything that is a list.
const mostOfFew = 1000

// few is a list of which no more than the beginning is read: empty objects are
// three bytes in a body, and fifty times that in memory. What is no list is an
// empty one, and what is odd in it is passed over as elsewhere.
type few[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (f *few[T]) UnmarshalJSON(text []byte) error {
	if !bytes.HasPrefix(text, []byte("[")) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() && len(*f) < mostOfFew {
		var one T
		var wrongType *json.UnmarshalTypeError
		if err := d.Decode(&one); err != nil && !errors.As(err, &wrongType) {
			return err
		}
		*f = append(*f, one)
	}
	return nil
}

// mover is somebody who came or went.
type mover struct {
	ID string `json:"id"`
}
