package main

import (
	"context"

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
	if err := db.Migrate(ctx, m.DatabaseURL); err != nil {
		return err
	}
	t.say("The database is up to date.")
	return nil
}
