// Package migrations holds the schema of the bot's memory, one goose file per
// step. Steps only go forward and are never edited after a release.
//
// While replicas are replaced, and after going back by one version, the version
// before works on the new schema. So a step only adds what that version can
// overlook: tables, indexes that are not unique, columns that may be null or
// have a default. What nothing uses any more is dropped a version later, by a
// statement that says so: a comment "-- unused: …" above it tells since when.
package migrations

import "embed"

// Files are the steps in order of their names.
//
//go:embed *.sql
var Files embed.FS
