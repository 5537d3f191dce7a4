// Package aponoapi is what Apono knows: people, what they may request, and
// the access requests themselves.
//
// Apono tells the same request in several families of its API (v3, v4 and the
// delegated list, the client API), each with its own ids, statuses and times.
// This package translates all of them at the border into one vocabulary:
// AccessRequest, Status, User. Callers never see a wire form.
//
// A Client is Apono as one token. Only reads are retried; an action whose
// answer was lost returns an error that is ErrUnknownOutcome, because Apono
// has no idempotency keys and sending it again could do it twice.
package aponoapi
