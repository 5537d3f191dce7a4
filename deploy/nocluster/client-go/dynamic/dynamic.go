// Package dynamic stands in for Kubernetes' own.
package dynamic

import (
	"context"
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// ResourceInterface would read things of a cluster.
type ResourceInterface interface {
	Get(ctx context.Context, name string, options metav1.GetOptions, subresources ...string) (*unstructured.Unstructured, error)
	List(ctx context.Context, options metav1.ListOptions) (*unstructured.UnstructuredList, error)
}

// NamespaceableResourceInterface would read them in one namespace.
type NamespaceableResourceInterface interface {
	ResourceInterface
	Namespace(name string) ResourceInterface
}

// Interface would name them.
type Interface interface {
	Resource(r schema.GroupVersionResource) NamespaceableResourceInterface
}

// NewForConfig always fails: there is no cluster.
func NewForConfig(*rest.Config) (Interface, error) {
	return nil, errors.New("there is no cluster")
}
