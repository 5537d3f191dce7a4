package aponotest

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/apono-teams/teamsbot/aponoapi"
	"github.com/google/uuid"
)

// World is who and what exists in a simulated Apono. It is given to New and
// must not be changed after that.
type World struct {
	People       []Person
	Integrations []Integration
	Bundles      []Bundle
	// Flows decide who may request what; the first that fits a person and an
	// integration or a bundle counts.
	Flows []Flow
	// CustomFields are asked with every request that can carry them: not v3's.
	CustomFields []CustomField
	// ServiceAccounts use v1 to v3 and the admin API, and are nobody.
	ServiceAccounts []ServiceAccount
	// NoEndUserTokens closes the user and the client API to everybody, as
	// they are until Apono's support opens them.
	NoEndUserTokens bool
	// TellsRequestors lets v4 tell what a request is made of to who submitted
	// it, too, and not to who receives the access alone. Apono does not document
	// which it is.
	TellsRequestors bool
	// ListLimit cuts the lists of v1 to v3, as Apono might: total then says
	// more than data holds. 0 means never.
	ListLimit int
}

// Person is somebody with an Apono account.
type Person struct {
	ID, Email, FirstName, LastName string
	// Inactive people exist, but may not use Apono any more.
	Inactive bool
	// Admin lets the person's token use v1 to v3 and the admin API.
	Admin bool
	// Token is the person's own API token; empty means none.
	Token aponoapi.Secret
}

// ServiceAccount is a token that is no person's.
type ServiceAccount struct {
	Name  string
	Token aponoapi.Secret
}

// Bundle is a named set of access.
type Bundle struct {
	ID, Name string
	Parts    []BundlePart
}

// BundlePart is the part of a bundle that is of one resource type.
type BundlePart struct {
	Integration  string   // a name
	ResourceType string   // an id
	Resources    []string // names; none means all
	Permissions  []string
}

// CustomField is a question that the company asks with every request.
type CustomField struct {
	ID, Label string
	Options   []string // none: any text
	Required  bool
}

// Integration is a system that access can be given to.
type Integration struct {
	ID, Name, Type string
	ResourceTypes  []ResourceType
	AdminMessage   string // shown with the access details
}

// ResourceType is a kind of thing in an integration.
type ResourceType struct {
	ID, Name      string
	AllowMultiple bool // one request may name several permissions
	Permissions   []string
	Resources     []Resource
	// NoSecret: people sign in as themselves, and the details can be read
	// again and again.
	NoSecret bool
}

// Resource is one thing that can be requested.
type Resource struct {
	ID, Name string
}

// Flow is an access flow: who may request what, and what happens then.
type Flow struct {
	Name         string
	Requesters   []string // mail addresses
	Integrations []string // names
	Bundles      []string // names
	// OnBehalf may request for the requesters by grantee in v4; an admin's
	// token needs no leave in v3.
	OnBehalf []string
	// Approvers are mail addresses, a list per tier; the next tier is asked
	// when the one before has not decided within EscalateAfter. None means
	// that Apono grants by itself, after StartAfter.
	Approvers     [][]string
	AllOf         bool // everybody of a tier must approve
	EscalateAfter time.Duration
	StartAfter    time.Duration
	// GrantAfter is how long Granting takes, RevokeAfter how long Revoking.
	GrantAfter, RevokeAfter time.Duration

	MaxDuration           time.Duration // 0: access may have no end
	JustificationRequired bool
	ReasonRequired        bool // approvers must give a reason
	SelfApproval          bool // who requests may also approve
	MFA                   bool // the requester must pass MFA first
	MaxExtensions         int
	ExtendBy              time.Duration
}

// id makes an opaque id that is the same in every run.
func id(parts ...string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("aponotest/"+strings.Join(parts, "/"))).String()
}

// NewPerson is an active person with a token of their own, at acme.example.
func NewPerson(first, last string) Person {
	email := strings.ToLower(first) + "@acme.example"
	return Person{
		ID: id("person", email), Email: email, FirstName: first, LastName: last,
		Token: aponoapi.Secret("aup_" + strings.ReplaceAll(id("token", email), "-", "")),
	}
}

// NewIntegration is an integration whose missing ids are filled in.
func NewIntegration(name, kind string, types ...ResourceType) Integration {
	in := Integration{ID: id("integration", name), Name: name, Type: kind, ResourceTypes: types}
	for t := range types {
		for r := range types[t].Resources {
			res := &types[t].Resources[r]
			res.ID = cmp.Or(res.ID, id("resource", name, types[t].ID, res.Name))
		}
	}
	return in
}

// NewBundle is a bundle whose id is filled in.
func NewBundle(name string, parts ...BundlePart) Bundle {
	return Bundle{ID: id("bundle", name), Name: name, Parts: parts}
}

// Resources makes resources of these names, for NewIntegration.
func Resources(names ...string) []Resource {
	list := make([]Resource, len(names))
	for i, name := range names {
		list[i] = Resource{Name: name}
	}
	return list
}

// Grow adds integrations to the flow "auto", each with one type of that many
// resources, and returns w.
func (w *World) Grow(integrations, resourcesEach int) *World {
	names := tableNames(resourcesEach)
	for range integrations {
		name := fmt.Sprintf("Cluster %03d", len(w.Integrations)+1)
		w.Integrations = append(w.Integrations, NewIntegration(name, "postgresql", ResourceType{
			ID: "postgresql-database", Name: "Database", Permissions: []string{"read-only", "read-write"},
			Resources: Resources(names...),
		}))
		for f := range w.Flows {
			if w.Flows[f].Name == "auto" {
				w.Flows[f].Integrations = append(w.Flows[f].Integrations, name)
			}
		}
	}
	return w
}
