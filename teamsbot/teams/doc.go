// Package teams is how Teams is spoken to: the Bot Framework, in both
// directions.
//
// In: [Verifier] checks the token of what arrives, [DecodeActivity] reads it,
// and an [Answer] is what an invoke is answered with.
//
// Out: [Client] sends, updates and deletes messages, opens a person's own chat
// and reads who a member is.
//
// Both stand behind msbotbuilder-go's interfaces (auth.TokenValidator and
// client.Client), and [NewAdapter] plugs them into its adapter. The library's
// own validator and client are not used: they skip most of the checks that
// Microsoft asks for, and lose the id of a sent message.
package teams
