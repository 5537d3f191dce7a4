package teams

import (
	"bytes"
	"encoding/json"
	"errors"
)

// mostOfFew is more than Teams sends of anything that is a list.
const mostOfFew = 1000

// shortList is how many bytes cannot hold so many that they need counting.
const shortList = 2 * mostOfFew

// few is a list of which no more than the beginning is read: empty objects are
// three bytes in a body, and fifty times that in memory. What is no list is an
// empty one, and what is odd in it is passed over as elsewhere.
type few[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (f *few[T]) UnmarshalJSON(text []byte) error {
	if !bytes.HasPrefix(text, []byte("[")) {
		return nil
	}
	var wrongType *json.UnmarshalTypeError
	*f = nil
	if len(text) <= shortList {
		if err := json.Unmarshal(text, (*[]T)(f)); err != nil && !errors.As(err, &wrongType) {
			return err
		}
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() && len(*f) < mostOfFew {
		var one T
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
