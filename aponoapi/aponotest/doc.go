// Package aponotest is an Apono to try things on: a plain http.Handler that
// keeps a small world of people, systems and access flows, and answers as
// Apono's published documents say the real one does. The playground and tests
// use it; the bot cannot tell the difference.
//
// Where the documents are silent it takes the less convenient choice, so that
// what works here does not depend on luck: v3, v4 and people have three
// different ids for one request, v3 takes Apono ids of people and not
// addresses, lists may be cut, and nothing tells when access will end.
package aponotest
