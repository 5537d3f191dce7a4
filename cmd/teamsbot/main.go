// Command teamsbot is the Apono bot for Microsoft Teams.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	_ "time/tzdata" // people's time zones, also where the machine has none

	"github.com/alecthomas/kong"
)

// commands is what the program can be told to do.
type commands struct {
	Serve      serveCommand      `cmd:"" help:"Run the bot."`
	Migrate    migrateCommand    `cmd:"" help:"Bring the database up to date, then end. serve does it too."`
	Manifest   manifestCommand   `cmd:"" help:"Write the app package to upload to Teams."`
	Doctor     doctorCommand     `cmd:"" help:"Look whether the bot can work as it is configured, and say what to do. It ends with 0, with 1 if there are problems, or with 2 if the bot could not start."`
	Forget     forgetCommand     `cmd:"" help:"Erase a person, and everything that the bot remembers of them."`
	Audit      auditCommand      `cmd:"" help:"What people did that others may want to know of."`
	Playground playgroundCommand `cmd:"" help:"Try the bot on this machine: with a Postgres, a simulated Apono and a simulated Teams of its own."`

	Version versionCommand `cmd:"" help:"Tell which version this is; so does --version."`

	AponoSimulator simulatorCommand `cmd:"" help:"Run the simulated Apono alone, to try the bot in a real Teams without touching a real Apono."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		if words := err.Error(); words != "" {
			fmt.Fprintln(os.Stderr, "teamsbot:", words)
		}
		os.Exit(codeOf(err))
	}
}

// terminal is where a command writes for the person who started it.
type terminal struct {
	out, err io.Writer
}

// say writes one line.
func (t *terminal) say(format string, args ...any) {
	fmt.Fprintf(t.out, format+"\n", args...)
}

// run does what the arguments say until it is done or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 1 && args[0] == "--version" {
		args = []string{"version"} // as a flag it would be manifest's --version as well
	}
	var c commands
	parser, err := kong.New(&c,
		kong.Name("teamsbot"),
		kong.Description("The Apono bot for Microsoft Teams. Every flag can be given by the variable that is named beside it."),
		kong.Writers(stdout, stderr),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&terminal{stdout, stderr}),
	)
	if err != nil {
		return err
	}
	if err := forgetEmpty(parser.Model.Node); err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	switch {
	case err != nil && len(args) > 0 && args[0] == "doctor" && slices.Contains(args, "--json"):
		d := doctorCommand{JSON: true}
		return d.report(&terminal{stdout, stderr}, unusable(err), codeConfiguration)
	case err != nil && len(args) > 0 && args[0] == "doctor":
		return exit{codeConfiguration, err}
	}
	if err != nil {
		return err
	}
	return parsed.Run()
}

// forgetEmpty makes variables that are empty as those that are not set: what
// starts programs often sets all that it has a place for.
func forgetEmpty(n *kong.Node) error {
	for _, f := range n.Flags {
		for _, name := range f.Envs {
			if value, set := os.LookupEnv(name); !set || value != "" {
				continue
			}
			if err := os.Unsetenv(name); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	for _, child := range n.Children {
		if err := forgetEmpty(child); err != nil {
			return err
		}
	}
	return nil
}
