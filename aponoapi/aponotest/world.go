package aponotest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
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
	// Flows decide who may request what; the first that fits a person and an
	// integration counts.
	Flows []Flow
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

// Integration is a system that access can be given to.
type Integration struct {
	ID, Name, Type string
	ResourceTypes  []ResourceType
}

// ResourceType is a kind of thing in an integration.
type ResourceType struct {
	ID, Name      string
	AllowMultiple bool // one request may name several permissions
	Permissions   []string
	Resources     []Resource
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

// Resources makes resources of these names, for NewIntegration.
func Resources(names ...string) []Resource {
	list := make([]Resource, len(names))
	for i, name := range names {
		list[i] = Resource{Name: name}
	}
	return list
}

// DefaultWorld is the company of the playground: Dana and Devin develop, Omar
// and Ava approve, Adam administrates, Ines has left, Noel is in no access
// flow yet, and bot@acme.example is the bot's own admin user. There are a
// database that is granted by itself, AWS that needs an approver, and a data
// lake with 5,000 tables.
func DefaultWorld() *World {
	ines := NewPerson("Ines", "Inactive")
	ines.Inactive, ines.Token = true, ""
	adam, bot := NewPerson("Adam", "Admin"), NewPerson("Bot", "Access")
	adam.Admin, bot.Admin = true, true
	staff := []string{
		"dana@acme.example", "devin@acme.example", "omar@acme.example", "ava@acme.example", "adam@acme.example",
		"ines@acme.example",
	}
	return &World{
		People: []Person{
			NewPerson("Dana", "Developer"), NewPerson("Devin", "Developer"), NewPerson("Omar", "Approver"),
			NewPerson("Ava", "Approver"), adam, ines, NewPerson("Noel", "Newcomer"), bot,
		},
		Integrations: []Integration{ordersDatabase(), awsProduction(), dataLake()},
		Flows: []Flow{
			{
				Name: "auto", Requesters: staff, Integrations: []string{"Orders database", "Data lake"},
				StartAfter: 2 * time.Second, GrantAfter: 2 * time.Second, RevokeAfter: 3 * time.Second,
				MaxDuration: 8 * time.Hour,
			},
			{
				Name: "needs an approver", Requesters: staff, Integrations: []string{"AWS production"},
				Approvers:     [][]string{{"omar@acme.example", "ava@acme.example"}, {"adam@acme.example"}},
				EscalateAfter: 30 * time.Minute, GrantAfter: 3 * time.Second, RevokeAfter: 3 * time.Second,
				MaxDuration: 12 * time.Hour, JustificationRequired: true,
			},
		},
	}
}

func ordersDatabase() Integration {
	levels := []string{"read-only", "read-write", "admin"}
	return NewIntegration("Orders database", "postgresql",
		ResourceType{
			ID: "postgresql-database", Name: "Database", Permissions: levels,
			Resources: Resources("orders", "customers", "payments", "inventory", "shipping", "reporting"),
		},
		ResourceType{
			ID: "postgresql-table", Name: "Table", Permissions: levels[:2],
			Resources: Resources("orders.public.order_lines", "orders.public.refunds", "customers.public.addresses"),
		})
}

func awsProduction() Integration {
	var buckets []string
	for _, team := range []string{"checkout", "search", "billing", "mobile", "platform", "growth"} {
		for _, use := range []string{"assets", "backups", "exports", "logs", "uploads"} {
			buckets = append(buckets, "acme-"+team+"-"+use)
		}
	}
	return NewIntegration("AWS production", "aws-account",
		ResourceType{
			ID: "aws-account-s3-bucket", Name: "S3 bucket", AllowMultiple: true,
			Permissions: []string{"ListBucket", "GetObject", "PutObject", "DeleteObject"}, Resources: Resources(buckets...),
		},
		ResourceType{
			ID: "aws-account-iam-role", Name: "IAM role", Permissions: []string{"AssumeRole"},
			Resources: Resources("ReadOnlyAccess", "PowerUserAccess", "BillingViewer", "SupportEngineer", "DatabaseAdministrator"),
		},
		ResourceType{
			ID: "aws-account-ec2-instance", Name: "EC2 instance", AllowMultiple: true,
			Permissions: []string{"Connect", "StartStop"},
			Resources:   Resources("web-1", "web-2", "worker-1", "worker-2", "bastion"),
		})
}

func dataLake() Integration {
	return NewIntegration("Data lake", "databricks", ResourceType{
		ID: "databricks-table", Name: "Table", AllowMultiple: true, Permissions: []string{"SELECT", "MODIFY"},
		Resources: Resources(tableNames(5000)...),
	})
}

// tableNames makes n distinct names such as "curated.sales.orders_daily".
func tableNames(n int) []string {
	zones := []string{"raw", "staging", "curated", "mart", "sandbox"}
	domains := []string{
		"sales", "marketing", "finance", "logistics", "support", "web", "mobile", "hr", "risk", "legal",
		"pricing", "catalog", "search", "payments", "fraud", "growth", "partners", "energy", "ops", "security",
	}
	entities := []string{
		"orders", "customers", "invoices", "refunds", "shipments", "sessions", "clicks", "campaigns", "products", "stores",
		"suppliers", "contracts", "tickets", "agents", "devices", "events", "budgets", "forecasts", "payouts", "ledgers",
		"accounts", "regions", "returns", "ratings", "coupons",
	}
	grains := []string{"daily", "hourly"}
	names := make([]string, 0, n)
	for round := 0; ; round++ {
		for _, entity := range entities {
			for _, domain := range domains {
				for _, zone := range zones {
					for _, grain := range grains {
						if len(names) == n {
							return names
						}
						name := zone + "." + domain + "." + entity + "_" + grain
						if round > 0 {
							name += fmt.Sprintf("_v%d", round+1)
						}
						names = append(names, name)
					}
				}
			}
		}
	}
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

// check refuses a world that contradicts itself.
func (w *World) check() error {
	var wrong []error
	for _, f := range w.Flows {
		for _, address := range slices.Concat(append(f.Approvers, f.Requesters)...) {
			if w.person(address) == nil {
				wrong = append(wrong, fmt.Errorf("flow %q: nobody is %s", f.Name, address))
			}
		}
		for _, name := range f.Integrations {
			if !slices.ContainsFunc(w.Integrations, func(in Integration) bool { return in.Name == name }) {
				wrong = append(wrong, fmt.Errorf("flow %q: no integration %s", f.Name, name))
			}
		}
	}
	return errors.Join(wrong...)
}

// person finds by id or mail address.
func (w *World) person(idOrEmail string) *Person {
	for i := range w.People {
		if p := &w.People[i]; p.ID == idOrEmail || strings.EqualFold(p.Email, idOrEmail) {
			return p
		}
	}
	return nil
}

func (w *World) integration(id string) *Integration {
	for i := range w.Integrations {
		if w.Integrations[i].ID == id {
			return &w.Integrations[i]
		}
	}
	return nil
}

func (in *Integration) resourceType(id string) *ResourceType {
	for i := range in.ResourceTypes {
		if in.ResourceTypes[i].ID == id {
			return &in.ResourceTypes[i]
		}
	}
	return nil
}

// find returns a resource and its type by the resource's id.
func (in *Integration) find(id string) (*ResourceType, *Resource) {
	for t := range in.ResourceTypes {
		for r := range in.ResourceTypes[t].Resources {
			if in.ResourceTypes[t].Resources[r].ID == id {
				return &in.ResourceTypes[t], &in.ResourceTypes[t].Resources[r]
			}
		}
	}
	return nil, nil
}

// flowFor is the flow by which a person may request an integration.
func (w *World) flowFor(p *Person, in *Integration) *Flow {
	if p.Inactive {
		return nil
	}
	for i := range w.Flows {
		if f := &w.Flows[i]; slices.Contains(f.Requesters, p.Email) && slices.Contains(f.Integrations, in.Name) {
			return f
		}
	}
	return nil
}

func (w *World) flow(name string) *Flow {
	for i := range w.Flows {
		if w.Flows[i].Name == name {
			return &w.Flows[i]
		}
	}
	return nil
}
