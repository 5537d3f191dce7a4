package teams

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// hosts is the list of connector hosts that the bot talks to, as "host:port"
// in lower case. The bot's token goes nowhere else.
type hosts map[string]bool

// newHosts reads entries of the form "host" (port 443) or "host:port".
func newHosts(entries []string) (hosts, error) {
	if len(entries) == 0 {
		return nil, errors.New("no service hosts")
	}
	list := make(hosts, len(entries))
	for _, entry := range entries {
		u, err := url.Parse("https://" + entry)
		if err != nil || u.Host != entry || u.Hostname() == "" || strings.Contains(entry, "*") {
			return nil, fmt.Errorf("service host %q is not a host or host:port", entry)
		}
		list[hostPort(u)] = true
	}
	return list, nil
}

// hostPort is u's host in lower case with its port, 443 when u names none.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

func (h hosts) allow(u *url.URL) bool {
	return u.Scheme == "https" && u.User == nil && h[hostPort(u)]
}

// parse reads a service URL and refuses what is not https, not on the list, or
// more than an address. A prefix is never enough: "smba.trafficmanager.net" is
// also the beginning of an attacker's "smba.trafficmanager.net.example".
func (h hosts) parse(serviceURL string) (*url.URL, error) {
	u, err := url.Parse(serviceURL)
	if err != nil {
		return nil, errors.New("the service URL cannot be read")
	}
	if u.RawQuery != "" || u.Fragment != "" || u.RawPath != "" || u.Opaque != "" {
		return nil, errors.New("the service URL is not a plain address")
	}
	if !h.allow(u) {
		return nil, errors.New("the service URL's host is not on the list")
	}
	return u, nil
}

// urls are the service URLs that the bot may try where it knows no better, in
// the order of the alphabet.
func (h hosts) urls() []string {
	var all []string
	for host := range h {
		all = append(all, "https://"+strings.TrimSuffix(host, ":443")+"/teams/")
	}
	slices.Sort(all)
	return all
}
