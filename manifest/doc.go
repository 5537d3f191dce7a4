// Package manifest is the Teams app package: what an operator uploads so that
// people find the bot in Teams.
//
// [New] fills in what differs from company to company and checks the whole
// against Microsoft's limits; [Package.Zip] is the file to upload. What is the
// same everywhere stands in manifest.json, its German words in de.json.
//
// The limits are those of Microsoft's manifest schemas
// (https://developer.microsoft.com/json-schemas/teams) and of its page on app
// packages (MicrosoftDocs/msteams-docs, concepts/build-and-test/apps-package.md).
package manifest
