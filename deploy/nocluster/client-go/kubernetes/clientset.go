// Package kubernetes stands in for Kubernetes' own, of which Helm only looks up
// the version.
package kubernetes
