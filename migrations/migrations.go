// Package migrations holds the schema of the bot's memory, one goose file per
// step. Steps only go forward and are never edited after a release.
package migrations

import "embed"

// Files are the steps in order of their names.
//
//go:embed *.sql
var Files embed.FS
