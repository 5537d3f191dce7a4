package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/teamsbot"
)

// linkKeyID is what a key may be called: it stands in the database.
var linkKeyID = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,20}$`)

// linkKeys reads LINK_KEYS. Its errors name keys by their place: what stands
// where an id should may be a key.
func (c *config) linkKeys() (keys []teamsbot.LinkKey, err error) {
	var wrong []error
	taken := make(map[string]bool)
	for i, entry := range c.LinkKeys {
		id, encoded, found := strings.Cut(strings.TrimSpace(entry.Reveal()), ":")
		complain := func(words string) {
			wrong = append(wrong, fmt.Errorf("LINK_KEYS has something wrong at place %d: %s", i+1, words))
		}
		key, err := base64.StdEncoding.DecodeString(encoded)
		switch {
		case !found:
			complain("it is not of the form id:key")
			continue
		case !linkKeyID.MatchString(id):
			complain("the id must be of 1 to 20 letters, digits and .-_")
		case taken[id]:
			complain("another key has that id already")
		}
		if err != nil || len(key) != 32 {
			complain("the key must be 32 bytes in base64, as openssl rand -base64 32 makes them")
		}
		taken[id] = true
		keys = append(keys, teamsbot.LinkKey{ID: id, Key: aponoapi.Secret(key)})
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return keys, nil
}
