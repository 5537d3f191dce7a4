// Package fake is named by tests of Helm's own: go mod tidy looks for it.
package fake
