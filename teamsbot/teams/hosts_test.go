package teams

import "testing"

func TestHosts(t *testing.T) {
	t.Parallel()
	list, err := newHosts([]string{"smba.trafficmanager.net", "127.0.0.1:8443", "[::1]:8443"})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"https://smba.trafficmanager.net/amer/":            true,
		"https://SMBA.trafficmanager.net:443/amer/":        true,
		"https://127.0.0.1:8443/":                          true,
		"https://[::1]:8443/":                              true,
		"https://smba.trafficmanager.net.:443/":            false,
		"https://smba.trafficmanager.net:8443/":            false,
		"https://127.0.0.1/":                               false,
		"http://smba.trafficmanager.net/":                  false,
		"https://x.smba.trafficmanager.net/":               false,
		"https://smba.trafficmanager.net@evil.example/":    false,
		"https://u:p@smba.trafficmanager.net/":             false,
		"https://evil.example/smba.trafficmanager.net":     false,
		"https://smba.trafficmanager.net\\@evil.example/":  false,
		"https://smba.trafficmanager.net/?a=b":             false,
		"https://smba.trafficmanager.net/#a":               false,
		"https://smba.trafficmanager.net/a%2fb":            false,
		"//smba.trafficmanager.net/":                       false,
		"smba.trafficmanager.net":                          false,
		"https:smba.trafficmanager.net":                    false,
		"https://smba.trafficmanager.net%2eevil.example/a": false,
		"": false,
	} {
		if _, err := list.parse(address); (err == nil) != want {
			t.Errorf("%s: got %v, want allowed %v", address, err, want)
		}
	}
}
