// Package scheme stands in for Kubernetes' own.
package scheme

import "k8s.io/apimachinery/pkg/runtime"

// Scheme knows no kinds of things.
var Scheme = runtime.NewScheme()
