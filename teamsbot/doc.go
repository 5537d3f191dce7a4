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
// A status changes (status.go): Apono's webhook owes a look at the request, or
// the sweep finds it in a list (sweep.go), also what was made elsewhere
// (elsewhere.go); what is read is recorded under a number drawn before Apono was
// asked. Every card that shows the request is owed to its conversation and drawn
// from the database when it is delivered, at Teams' pace (deliver.go). What must
// not be missed is a message of its own; reminders.go warns before an end.
//
// Who has an access reads how to log in, once (details.go, show.go): the look is
// claimed in the database before Apono is asked, and the answer is stored nowhere.
// reset.go asks for new credentials.
//
// Somebody has to decide (announce.go): a request that waits for approval comes as
// a card to the channels that watch for it (watch.go) and to approvers' own chats
// (approvals.go), with what helps to decide (history.go, review.go). Approve and
// Reject are said to Apono with the approver's own token (decide.go), and the
// request is looked at as after any change. The tokens people connect
// (connect.go) are kept sealed (links.go, seal.go).
//
// What a person can press is the switch in turn.go, what they can write the
// table in commands.go. What the bot owes is the list in jobs.go. Every press is
// answered within three seconds with the truth as it is then; whatever did not
// finish is already a job.
package teamsbot
