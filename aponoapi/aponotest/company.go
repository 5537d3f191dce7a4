package aponotest

import (
	"fmt"
	"time"
)

// DefaultWorld is the company of the playground: Dana, Devin and, in
// German, Greta develop, Omar
// and Ava approve, Adam administrates, Ines has left, Noel is in no access
// flow yet, and bot@acme.example is the bot's own admin user. There are a
// database that is granted by itself, AWS that needs an approver, a data lake
// with 5,000 tables, and three bundles.
func DefaultWorld() *World {
	ines := NewPerson("Ines", "Inactive")
	ines.Inactive, ines.Token = true, ""
	adam, bot := NewPerson("Adam", "Admin"), NewPerson("Bot", "Access")
	adam.Admin, bot.Admin = true, true
	return &World{
		People: []Person{
			NewPerson("Dana", "Developer"), NewPerson("Devin", "Developer"), NewPerson("Omar", "Approver"),
			NewPerson("Ava", "Approver"), adam, ines, NewPerson("Noel", "Newcomer"), bot,
			NewPerson("Greta", "Entwickler"),
		},
		Integrations: []Integration{ordersDatabase(), awsProduction(), dataLake()},
		Bundles: []Bundle{
			NewBundle("Reporting", BundlePart{
				Integration: "Orders database", ResourceType: "postgresql-database",
				Resources: []string{"orders", "customers", "reporting"}, Permissions: []string{"read-only"},
			}),
			NewBundle("On-call", BundlePart{
				Integration: "Orders database", ResourceType: "postgresql-database", Permissions: []string{"read-write"},
			}, BundlePart{
				Integration: "AWS production", ResourceType: "aws-account-iam-role",
				Resources: []string{"SupportEngineer"}, Permissions: []string{"AssumeRole"},
			}),
			NewBundle("Data analyst", BundlePart{
				Integration: "Data lake", ResourceType: "databricks-table",
				Resources: tableNames(60), Permissions: []string{"SELECT"},
			}, BundlePart{
				Integration: "Orders database", ResourceType: "postgresql-table", Permissions: []string{"read-only"},
			}, BundlePart{
				Integration: "Orders database", ResourceType: "postgresql-database",
				Resources: []string{"reporting"}, Permissions: []string{"read-only", "read-write"},
			}),
		},
		Flows:           companyFlows(),
		CustomFields:    []CustomField{{ID: "ticket", Label: "Ticket"}},
		TellsRequestors: true,
	}
}

func companyFlows() []Flow {
	staff := []string{
		"dana@acme.example", "devin@acme.example", "omar@acme.example", "ava@acme.example", "adam@acme.example",
		"ines@acme.example", "greta@acme.example",
	}
	mayAskForOthers := []string{"bot@acme.example", "devin@acme.example"}
	return []Flow{
		{
			Name: "auto", Requesters: staff, Integrations: []string{"Orders database", "Data lake"},
			Bundles: []string{"Reporting", "Data analyst"}, OnBehalf: mayAskForOthers,
			StartAfter: 2 * time.Second, GrantAfter: 2 * time.Second, RevokeAfter: 3 * time.Second,
			MaxDuration: 8 * time.Hour, MaxExtensions: 2, ExtendBy: time.Hour,
		},
		{
			Name: "needs an approver", Requesters: staff, Integrations: []string{"AWS production"},
			Bundles: []string{"On-call"}, OnBehalf: mayAskForOthers,
			Approvers:     [][]string{{"omar@acme.example", "ava@acme.example"}, {"adam@acme.example"}},
			EscalateAfter: 30 * time.Minute, GrantAfter: 3 * time.Second, RevokeAfter: 3 * time.Second,
			MaxDuration: 12 * time.Hour, JustificationRequired: true,
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
			ID: "aws-account-s3-bucket", Name: "S3 bucket", AllowMultiple: true, NoSecret: true,
			Permissions: []string{"ListBucket", "GetObject", "PutObject", "DeleteObject"}, Resources: Resources(buckets...),
		},
		ResourceType{
			ID: "aws-account-iam-role", Name: "IAM role", NoSecret: true, Permissions: []string{"AssumeRole"},
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
