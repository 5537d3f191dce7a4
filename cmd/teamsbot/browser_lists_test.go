//go:build browser

package main

import "testing"

// danaLooksThroughHerRequests sees what she asked for and has, ends an access
// and asks for it again.
func danaLooksThroughHerRequests(t *testing.T, b *browser) {
	w := b.opens(t, desktop, "light", "dana/apono")
	w.says("my requests")
	w.presses("My requests")
	w.sees("#dialog", "Data lake")
	w.looks("my-requests")
	w.detail("readme/requests", "#dialog")
	w.answers("Closed")
	w.sees("#dialog", "AWS production")
	w.looks("my-requests-closed")
	w.answers("Open")
	w.sees("#dialog", "Time left")
	w.answers("View resources")
	w.sees("#dialog", "Request ID")
	w.looks("view-resources")
	w.answers("My requests")
	w.sees("#dialog", "My requests")
	w.answers("Revoke access")
	w.sees("#dialog", "Revoke this access?")
	w.looks("revoke")
	w.answers("Revoke access")
	w.closed()

	phone := b.opens(t, phone, "dark", "dana/apono")
	phone.says("my access")
	phone.shot("phone-lists-of-mine")
	phone.presses("My requests")
	phone.sees("#dialog", "Revok") // going on, or done
	phone.shot("phone-my-requests")
	phone.answers("Request again")
	phone.sees("#dialog", "For how long, and why?")
	phone.shot("phone-request-again")
}
