// Package deploy holds what runs the bot elsewhere: an image, a Helm chart. Its
// tests render the chart with Helm's own engine. It is a module of its own, so
// that the bot does not depend on Helm.
package deploy
