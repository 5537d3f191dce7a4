package aponoapi

import (
	"strings"
	"unicode"
)

// Status is how a request stands, in one spelling for all families of Apono's
// API. A spelling that we do not know is kept as Apono wrote it: it is none of
// Waiting, Active and Over, and String shows it as it is.
type Status string

// The statuses that Apono is known to tell.
const (
	Pending    Status = "pending"     // waits for an approver, or for Apono to choose the flow
	PendingMFA Status = "pending_mfa" // waits for the requester to pass MFA in Apono's portal
	Granting   Status = "granting"    // approved; Apono is giving the access
	Granted    Status = "granted"
	Revoking   Status = "revoking"
	Revoked    Status = "revoked"
	Expired    Status = "expired"
	Rejected   Status = "rejected"
	Failed     Status = "failed"
)

// Gone is the status of a request that Apono does not know any more (it answers
// 404). Apono tells no such status: callers note it.
const Gone Status = "gone"

var statusWords = map[Status]string{
	Pending: "Pending approval", PendingMFA: "Pending MFA", Granting: "Granting", Granted: "Granted",
	Revoking: "Revoking", Revoked: "Revoked", Expired: "Expired", Rejected: "Rejected", Failed: "Failed",
	Gone: "No longer in Apono", "": "Unknown",
}

// spellings maps what the families write, in lower case and without
// separators: v3 has PENDING, APPROVED (approved, not yet granted), GRANTED …;
// the client API has Initializing, Pending, PendingMFA, Active …; v4's are
// not enumerated anywhere.
var spellings = map[string]Status{
	"pending": Pending, "pendingapproval": Pending, "initializing": Pending,
	"pendingmfa": PendingMFA, "approved": Granting, "granting": Granting,
	"granted": Granted, "active": Granted, "revoking": Revoking, "revoked": Revoked,
	"expired": Expired, "rejected": Rejected, "failed": Failed,
}

// ParseStatus reads a status as any family of Apono's API, or our own
// database, spells it. It never fails: what it does not know stays readable,
// without control characters and cut to 40 characters.
func ParseStatus(raw string) Status {
	key := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, raw)
	if s, ok := spellings[key]; ok {
		return s
	}
	return Status(clean(raw, 40))
}

// String gives the words that people see, as Apono's own apps show them.
func (s Status) String() string {
	if words, ok := statusWords[s]; ok {
		return words
	}
	return string(s)
}

// Waiting says that there is no access yet, but there may be: somebody or
// Apono still has to act.
func (s Status) Waiting() bool { return s == Pending || s == PendingMFA || s == Granting }

// Active says that the access can be used now.
func (s Status) Active() bool { return s == Granted }

// Over says that nothing will happen to this request any more. Revoking is
// neither Active nor Over, and so is a status that we do not know.
func (s Status) Over() bool {
	return s == Revoked || s == Expired || s == Rejected || s == Failed || s == Gone
}
