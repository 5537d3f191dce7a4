// Package db is what the bot remembers: who spoke to it and where, what they
// are filling in, what they submitted, how Apono last said it stands, and
// which cards show it.
//
// One method is one transaction, and a job that a change makes due is enqueued
// in that transaction. Jobs carry only the name of their subject; whoever works
// on one reads the truth here.
package db
