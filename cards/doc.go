// Package cards is what people see: Adaptive Cards 1.5 as pure functions of
// what they tell, and the button presses that come back.
//
// Teams draws the text of a card as Markdown and offers no escape. So whatever
// comes from outside (names, justifications, Apono's words) is drawn as plain
// runs of text, which know no Markdown, and our own words alone as text blocks.
package cards
