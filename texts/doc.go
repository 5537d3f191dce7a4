// Package texts holds what the bot says to people, in every language that it
// speaks.
//
// A text is written in English where it is said, and that English is the key to
// its translations: the other languages are files of this package, each with all
// of the texts. What goes into a text, such as a name, a number, a moment or
// another text, is put in when it is known who reads it.
package texts
