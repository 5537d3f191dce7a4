// Package rest stands in for Kubernetes' own.
package rest

// Config is where a cluster would be.
type Config struct{}
