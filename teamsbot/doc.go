// Package teamsbot is what the bot does: one file per journey.
//
// A person asks (request.go, form.go, submit.go): the button opens a dialog,
// each step is checked here and kept as a draft, Submit writes the intent down
// before Apono is told, and a status card stands in the person's own chat.
//
// Somebody asks for what was asked for before, by a favorite or a past request
// (favorites.go, revoke.go): wish.go opens the form with what is still there.
//
// A bundle goes the same way (bundle.go, bundle_form.go), through v4, and may
// become several requests. v4 and v3 name a request differently: names.go.
//
// A status changes (status.go): Apono's webhook or the sweep owes a look at the
// request; what is read is recorded under a number drawn before Apono was
// asked; every card that shows the request is drawn anew from the database.
//
// What a person can press is the switch in turn.go, what they can write the
// table in commands.go. What the bot owes is the list in jobs.go. Every press is
// answered within three seconds with the truth as it is then; whatever did not
// finish is already a job.
package teamsbot
