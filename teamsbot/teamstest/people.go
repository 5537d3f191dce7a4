package teamstest

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Person is somebody in the company, and what they can do in Teams.
type Person struct {
	Key       string // "dana": the first name in lower case, unless given
	Name      string // "Dana Developer"
	GivenName string
	Surname   string
	Email     string
	UPN       string // Email, unless given
	ObjectID  string // of Entra
	MRI       string // "29:…", how Teams addresses them; derived from ObjectID
	TenantID  string // the company's, unless given
	Role      string // "user" or "guest"
	Locale    string // "en-US"
	TimeZone  string // "Europe/Berlin"

	teams *Server
}

// Company is the default company: people of every kind that a bot meets.
func Company(tenantID string) []Person {
	member := func(number, name, zone string) Person {
		first, _, _ := strings.Cut(name, " ")
		return Person{
			Name: name, Email: strings.ToLower(first) + "@acme.example", TimeZone: zone, TenantID: tenantID,
			ObjectID: "a0000000-0000-4000-8000-0000000000" + number,
		}
	}
	gus := member("09", "Gus Guest", "Europe/London")
	gus.Email, gus.UPN, gus.Role = "gus@partner.example", "gus_partner.example#EXT#@acme.example", "guest"
	// A person of another tenant, in the channel that is shared with theirs.
	fay := member("10", "Fay Foreign", "Europe/Paris")
	fay.Email, fay.TenantID = "fay@partner.example", "f0000000-0000-4000-8000-00000000000f"
	greta := member("11", "Greta Entwickler", "Europe/Berlin")
	greta.Locale = "de-DE"
	return []Person{
		member("01", "Dana Developer", "Europe/Berlin"),
		member("02", "Devin Developer", "America/New_York"),
		member("03", "Omar Approver", "Europe/Berlin"),
		member("04", "Ava Approver", "Asia/Jerusalem"),
		member("05", "Adam Admin", "Europe/Berlin"),
		member("06", "Nora Newhire", "Europe/Berlin"),
		member("07", "Ines Inactive", "Europe/Madrid"),
		member("08", "Noel Newcomer", "Europe/Berlin"),
		gus,
		fay,
		greta,
	}
}

// fill completes what Config left out.
func (p *Person) fill(tenantID string) {
	first, rest, _ := strings.Cut(p.Name, " ")
	p.GivenName, p.Surname = cmp.Or(p.GivenName, first), cmp.Or(p.Surname, rest)
	p.Key = cmp.Or(p.Key, strings.ToLower(p.GivenName))
	p.UPN = cmp.Or(p.UPN, p.Email)
	p.TenantID = cmp.Or(p.TenantID, tenantID)
	p.Role = cmp.Or(p.Role, "user")
	p.Locale = cmp.Or(p.Locale, "en-US")
	p.TimeZone = cmp.Or(p.TimeZone, "Europe/Berlin")
	p.MRI = cmp.Or(p.MRI, "29:1"+digest("mri", p.ObjectID))
}

// ChatID is the id of the person's 1:1 chat with the bot.
func (p *Person) ChatID() string { return "a:1" + digest("chat", p.ObjectID) }

// digest is a name as opaque as those of Teams, the same at every start.
func digest(kind, id string) string {
	sum := sha256.Sum256([]byte(kind + "/" + id))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// isCalled tells whether an id in a connector path means this person.
func (p *Person) isCalled(id string) bool {
	return id == p.MRI || strings.EqualFold(id, p.ObjectID) || strings.EqualFold(id, p.UPN) || strings.EqualFold(id, p.Email)
}

// memberJSON is the person as the roster tells it.
func (p *Person) memberJSON() map[string]any {
	return map[string]any{
		"id": p.MRI, "name": p.Name, "givenName": p.GivenName, "surname": p.Surname,
		"email": p.Email, "userPrincipalName": p.UPN, "objectId": p.ObjectID, "aadObjectId": p.ObjectID,
		"tenantId": p.TenantID, "userRole": p.Role,
	}
}

// tenantIn is the tenant that activities of this person name in a chat: a
// channel's is that of the team, whoever writes there.
func (p *Person) tenantIn(chatID string) string {
	if isChannel(chatID) {
		return p.teams.config.TenantID
	}
	return p.TenantID
}
