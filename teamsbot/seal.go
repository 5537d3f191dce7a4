package teamsbot

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/apono-teams/teamsbot/db"
)

// LinkKey is what people's own Apono tokens are encrypted with where they are
// kept.
type LinkKey struct {
	ID  string          // stands beside what it encrypts
	Key aponoapi.Secret // 32 bytes
}

// seals are the keys that open people's tokens. The first one seals.
type seals []seal

type seal struct {
	id   string
	aead cipher.AEAD
}

// errUnopened says that a sealed token cannot be opened: by no key that is
// there, or because it is not what was sealed.
var errUnopened = errors.New("the token cannot be opened")

func newSeals(keys []LinkKey) (seals, error) {
	var all seals
	for _, k := range keys {
		if _, taken := all.named(k.ID); taken || k.ID == "" || len(k.Key) != 32 {
			return nil, errors.New("every link key needs an id of its own and 32 bytes")
		}
		block, err := aes.NewCipher([]byte(k.Key.Reveal()))
		if err != nil {
			return nil, fmt.Errorf("link key: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("link key: %w", err)
		}
		all = append(all, seal{k.ID, aead})
	}
	return all, nil
}

func (all seals) named(id string) (cipher.AEAD, bool) {
	for _, s := range all {
		if s.id == id {
			return s.aead, true
		}
	}
	return nil, false
}

// seal encrypts the token of a person, for nobody else: moved to another person
// it does not open.
func (all seals) seal(k db.PersonKey, token aponoapi.Secret) (keyID string, sealed []byte) {
	first := all[0]
	return first.id, first.aead.Seal(nil, nil, []byte(token.Reveal()), sealedFor(k))
}

func (all seals) open(l db.Link) (aponoapi.Secret, error) {
	aead, ok := all.named(l.KeyID)
	if !ok {
		return "", fmt.Errorf("%w: no key has its id", errUnopened)
	}
	token, err := aead.Open(nil, nil, l.Sealed, sealedFor(l.Person))
	if err != nil {
		return "", fmt.Errorf("%w: it is not what was sealed", errUnopened)
	}
	return aponoapi.Secret(token), nil
}

// sealedFor names a person so that no two people have one name: a NUL is in no
// id that the bot keeps.
func sealedFor(k db.PersonKey) []byte { return []byte(k.TenantID + "\x00" + k.ObjectID) }
