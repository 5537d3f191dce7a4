package main

import (
	"context"
	"errors"

	"github.com/apono-teams/teamsbot/db"
)

// migrateCommand brings the database up to date.
type migrateCommand struct {
	database
}

// Run implements the command.
func (m *migrateCommand) Run(ctx context.Context, t *terminal) error {
	if err := m.check(); err != nil {
		return err
	}
	err := db.Migrate(ctx, m.DatabaseURL)
	if errors.Is(err, db.ErrNewer) {
		t.say("A later version has migrated the database. There is nothing to do for this one.")
		return nil
	}
	if err != nil {
		return err
	}
	t.say("The database is up to date.")
	return nil
}
