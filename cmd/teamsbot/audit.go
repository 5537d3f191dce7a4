package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/apono-teams/teamsbot/db"
)

// auditCommand is about the audit.
type auditCommand struct {
	Export auditExportCommand `cmd:"" help:"Write the audit as JSON lines, the oldest first."`
}

// auditExportCommand writes the audit.
type auditExportCommand struct {
	database

	Since date `help:"From then on: a day such as 2026-11-01, from its beginning in UTC, or a time such as 2026-11-01T08:00:00+01:00." placeholder:"DATE"`
	Until date `help:"Up to then, and without it: a day or a time." placeholder:"DATE"`
}

// Run implements the command.
func (a *auditExportCommand) Run(ctx context.Context, t *terminal) error {
	if err := a.check(); err != nil {
		return err
	}
	store, err := db.Open(ctx, db.Config{URL: a.DatabaseURL, MaxConns: 1})
	if err != nil {
		return err
	}
	defer store.Close()
	lines := bufio.NewWriter(t.out)
	out := json.NewEncoder(lines)
	out.SetEscapeHTML(false)
	if err := store.Audited(ctx, time.Time(a.Since), time.Time(a.Until), func(r db.AuditRow) error { return out.Encode(r) }); err != nil {
		return err
	}
	return lines.Flush()
}

// date is a day in UTC, or a time.
type date time.Time

// UnmarshalText reads what was given as a flag.
func (d *date) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		at, err = time.Parse(time.RFC3339, string(text))
	}
	if err != nil {
		return fmt.Errorf("%q is neither a day such as 2026-11-01 nor a time such as 2026-11-01T08:00:00Z", text)
	}
	*d = date(at)
	return nil
}
