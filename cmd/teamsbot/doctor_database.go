package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/apono-teams/teamsbot/db"
)

// database looks at the bot's memory.
func (x *examiner) database(ctx context.Context) (f findings) {
	const check = "database"
	h, err := db.Examine(ctx, x.DatabaseURL)
	if err != nil {
		f.add(problem, check, oneLine(err), adviceOfDatabase(err))
		return f
	}
	x.clocks.note("Postgres", h.Ahead)
	f.ok(check, "Postgres %s answers. It remembers %d people and %d conversations.", h.Version, h.People, h.Conversations)
	if h.VersionNo < db.MinPostgres {
		f.add(problem, check, "Postgres "+h.Version+" is too old.", fmt.Sprintf("Upgrade it to %d or newer.", db.MinPostgres/10000))
	}
	if h.ReadOnly {
		f.add(problem, check, "It takes no changes: it is a standby, or set to be read only.", "Let DATABASE_URL name the primary server.")
	}
	if !h.Encrypted && !x.local() {
		f.add(warning, check, "The connection is not encrypted.", "Add sslmode=verify-full to DATABASE_URL, with sslrootcert if the server's authority is your own.")
	}
	f = append(f, migrationsOf(h)...)
	return append(f, x.linkKeysOf(h)...)
}

func adviceOfDatabase(err error) string {
	switch {
	case errors.Is(err, db.ErrPassword):
		return "Check user and password in DATABASE_URL (characters such as @ and / are written %40 and %2F), and pg_hba.conf."
	case errors.Is(err, db.ErrNoDatabase):
		return "Create the database, or correct its name in DATABASE_URL."
	case errors.Is(err, db.ErrCrowded):
		return "Raise max_connections, or put a pooler in between: each replica takes up to 16 connections."
	case errors.Is(err, db.ErrUnreachable):
		return "Check host and port in DATABASE_URL, that Postgres runs and listens there, and the firewalls in between."
	}
	return "Check DATABASE_URL, sslmode included, and Postgres' own log."
}

// migrationsOf says how far the database has been brought.
func migrationsOf(h db.Health) (f findings) {
	const check = "migrations"
	stands := fmt.Sprintf("The database stands at migration %d, this version needs %d.", h.Schema, h.Known)
	rights := h.MayCreate && h.Foreign == 0
	grant := "Make the user of DATABASE_URL the owner of the tables, and let it create some: GRANT CREATE ON SCHEMA public TO …"
	switch {
	case h.Newer():
		f.add(warning, check, fmt.Sprintf("A later version has brought the database to migration %d, this one knows %d. It works with that, if it is the version before.", h.Schema, h.Known),
			"Run the later version again as soon as what made you go back is mended.")
	case h.Behind() && !rights:
		f.add(problem, check, stands+" The user may not change it.", grant)
	case h.Behind() && h.Schema == 0:
		f.add(warning, check, "The database is empty.", "teamsbot serve fills it when it starts. If it should not be empty, DATABASE_URL names another one.")
	case h.Behind():
		f.add(warning, check, stands, "teamsbot serve brings it up to date when it starts; teamsbot migrate does only that.")
	case !rights:
		f.add(warning, check, "The database is up to date, but the next version could not change it: the user may not.", grant)
	default:
		f.ok(check, "The database is up to date (migration %d), and the user may change it.", h.Schema)
	}
	return f
}

// linkKeysOf compares the keys that people's tokens were encrypted with to
// those that there are.
func (x *examiner) linkKeysOf(h db.Health) (f findings) {
	const check = "link keys"
	keys, err := x.linkKeys()
	if err != nil {
		f.add(problem, check, err.Error(), "")
		return f
	}
	known := make(map[string]bool)
	for _, k := range keys {
		known[k.ID] = true
	}
	var lost []string
	people := 0
	for id, n := range h.LinkKeys {
		if !known[id] {
			lost, people = append(lost, id), people+n
		}
	}
	slices.Sort(lost)
	switch {
	case len(lost) > 0:
		f.add(problem, check, fmt.Sprintf("The tokens of %d people were encrypted with keys that are not there: %s. They are not connected.", people, strings.Join(lost, ", ")),
			"Put the missing keys back at the end of LINK_KEYS. If they are lost for good, these people have to connect again.")
	case len(keys) == 0:
		f.add(warning, check, "LINK_KEYS is not set: nobody can connect their own Apono account, so nobody can approve, reject or request for others in Teams.",
			"Set LINK_KEYS=first:$(openssl rand -base64 32), and keep the key as safe as the tokens.")
	default:
		f.ok(check, "%d configured; %q encrypts.", len(keys), keys[0].ID)
	}
	return f
}

// local says that the database is on this machine.
func (d database) local() bool {
	u, err := url.Parse(d.DatabaseURL)
	return err == nil && (u.Hostname() == "localhost" || u.Hostname() == "" || isLoopbackHost(u.Host))
}

// password is that of the database's user, "" if the URL has none.
func (d database) password() string {
	u, err := url.Parse(d.DatabaseURL)
	if err != nil {
		return ""
	}
	password, _ := u.User.Password()
	return password
}

// oneLine is an error without the line breaks that some have.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
