package teams

import (
	"cmp"
	"fmt"
)

// Cloud is where one of Microsoft's clouds keeps what the bot needs.
type Cloud struct {
	Name         string
	OpenIDURL    string   // the metadata of inbound tokens
	Issuer       string   // who issues them
	LoginURL     string   // where the bot signs in
	Scope        string   // what it signs in for
	ServiceHosts []string // the connector
}

// CloudNamed knows public (also ""), gcc, gcch and dod. The values are those
// of Microsoft's Teams SDKs. Teams in China has no Adaptive Cards, so that
// cloud is not here.
func CloudNamed(name string) (Cloud, error) {
	public := Cloud{
		Name:         "public",
		OpenIDURL:    "https://login.botframework.com/v1/.well-known/openidconfiguration",
		Issuer:       defaultIssuer,
		LoginURL:     "https://login.microsoftonline.com/",
		Scope:        defaultScope,
		ServiceHosts: []string{"smba.trafficmanager.net"},
	}
	government := Cloud{
		OpenIDURL: "https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
		Issuer:    "https://api.botframework.us",
		LoginURL:  "https://login.microsoftonline.us/",
		Scope:     "https://api.botframework.us/.default",
	}
	switch name = cmp.Or(name, public.Name); name {
	case "public":
		return public, nil
	case "gcc":
		// GCC is the public cloud with a connector of its own.
		public.Name, public.ServiceHosts = name, []string{"smba.infra.gcc.teams.microsoft.com"}
		return public, nil
	case "gcch":
		government.Name, government.ServiceHosts = name, []string{"smba.infra.gov.teams.microsoft.us"}
		return government, nil
	case "dod":
		government.Name, government.ServiceHosts = name, []string{"smba.infra.dod.teams.microsoft.us"}
		return government, nil
	default:
		return Cloud{}, fmt.Errorf("teams: there is no cloud %q: public, gcc, gcch or dod", name)
	}
}
