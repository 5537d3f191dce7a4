package deploy

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/yaml"
)

// object is one thing that the chart makes, or a part of it.
type object = map[string]any

// enough are the values that have no default.
const enough = `
image: { repository: registry.example/teamsbot }
existingSecret: teamsbot
config:
  MICROSOFT_APP_ID: 11111111-1111-4111-8111-111111111111
  MICROSOFT_APP_TENANT_ID: 22222222-2222-4222-8222-222222222222
`

// rendered is what helm install would send to a cluster of that version, by
// kind; values come one over the other.
func rendered(t *testing.T, kubernetes string, values ...string) (map[string]object, error) {
	t.Helper()
	chart, err := loader.LoadDir("helm/teamsbot")
	if err != nil {
		t.Fatal(err)
	}
	version, err := common.ParseKubeVersion(kubernetes)
	if err != nil {
		t.Fatal(err)
	}
	told := object{}
	for _, v := range slices.Backward(values) {
		var over object
		if err := yaml.UnmarshalStrict([]byte(v), &over); err != nil {
			t.Fatal(err)
		}
		told = util.MergeTables(told, over)
	}
	all, err := util.ToRenderValues(chart, told, common.ReleaseOptions{Name: "bot", Namespace: "access"},
		&common.Capabilities{KubeVersion: *version})
	if err != nil {
		return nil, err
	}
	files, err := engine.Engine{Strict: true}.RenderWithContext(t.Context(), chart, all)
	if err != nil {
		return nil, err
	}
	return objects(t, files), nil
}

// objects are what stands in the files that a chart made, by kind: one each.
func objects(t *testing.T, files map[string]string) map[string]object {
	t.Helper()
	made := map[string]object{}
	for name, content := range files {
		if strings.HasSuffix(name, "NOTES.txt") || strings.TrimSpace(content) == "" {
			continue
		}
		var o object
		if err := yaml.UnmarshalStrict([]byte(content), &o); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, content)
		}
		kind, _ := o["kind"].(string)
		if kind == "" || made[kind] != nil || at(o, "metadata", "name") == nil || o["apiVersion"] == nil {
			t.Fatalf("%s is nothing, or a second %q:\n%s", name, kind, content)
		}
		made[kind] = o
	}
	return made
}

// made is rendered, of values that fit.
func made(t *testing.T, values ...string) map[string]object {
	t.Helper()
	all, err := rendered(t, "v1.34.0", append([]string{enough}, values...)...)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// at is what stands in an object under names and numbers; nil if nothing does.
func at(in any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			o, _ := in.(object)
			in = o[step]
		case int:
			list, _ := in.([]any)
			if step >= len(list) {
				return nil
			}
			in = list[step]
		}
	}
	return in
}

// container is the bot's.
func container(all map[string]object) any {
	return at(all["Deployment"], "spec", "template", "spec", "containers", 0)
}

// environment is what the bot's container is told, by name.
func environment(t *testing.T, all map[string]object) map[string]object {
	t.Helper()
	env := map[string]object{}
	list, _ := at(container(all), "env").([]any)
	for _, e := range list {
		name, _ := at(e, "name").(string)
		if name == "" || env[name] != nil {
			t.Fatalf("%q is told twice, or not at all: %v", name, e)
		}
		env[name] = e.(object)
	}
	return env
}

// equals compares what stands at a place of an object.
func equals(t *testing.T, in any, want any, path ...any) {
	t.Helper()
	got, err := yaml.Marshal(at(in, path...))
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := yaml.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(wanted) {
		t.Errorf("%v is\n%s\nwant\n%s", path, got, wanted)
	}
}

func TestTheChartSaysAllThatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := rendered(t, "v1.34.0", `ingress: { enabled: true }`, `secretKeys: { APONO_API_TOKEN: { key: "" }, DATABASE_URL: null }`)
	if err == nil {
		t.Fatal("rendered")
	}
	for _, want := range []string{
		"image.repository:", "config.MICROSOFT_APP_ID:", "config.MICROSOFT_APP_TENANT_ID:", "secretKeys.DATABASE_URL.key:",
		"secretKeys.APONO_API_TOKEN.key:", "existingSecret: the Secret that holds APONO_WEBHOOK_SECRETS, LINK_KEYS, MICROSOFT_APP_PASSWORD", "ingress.host:",
	} {
		if !strings.Contains(err.Error(), "\n- "+want) {
			t.Errorf("it does not say %q, but\n%v", want, err)
		}
	}
}

func TestTheChartRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for values, names := range map[string]string{
		`replicas: 0`:                                      "replicas",
		`replicas: two`:                                    "replicas",
		`config: { MICROSOFT_APP_ID: bot }`:                "MICROSOFT_APP_ID",
		`config: { TEAMS_CLOUD: china }`:                   "TEAMS_CLOUD",
		`config: { TEAMS_RATE: 0 }`:                        "TEAMS_RATE",
		`config: { RETENTION: "90" }`:                      "RETENTION",
		`config: { APONO_API_URL: "http://api.apono.io" }`: "APONO_API_URL",
		`config: { ADMIN_CONTCT: it@example.com }`:         "ADMIN_CONTCT",
		`config: { APONO_API_TOKEN: secret }`:              "APONO_API_TOKEN",
		`config: { LISTEN_ADDR: ":80" }`:                   "LISTEN_ADDR",
		`extraEnv: [{ name: DATABASE_URL, value: "postgres://bot:secret@db/bot" }]`: "extraEnv",
		`image: { digest: "latest" }`:                         "digest",
		`ingres: { enabled: true }`:                           "ingres",
		`terminationGracePeriodSeconds: 5`:                    "terminationGracePeriodSeconds",
		`config: { MICROSOFT_APP_TYPE: UserAssignedMSI }`:     "managed identity",
		`appCertificate: { existingSecret: app }`:             "one of them",
		`secretKeys: { MICROSOFT_APP_PASSWORD: { key: "" } }`: "one of them",
	} {
		t.Run(values, func(t *testing.T) {
			t.Parallel()
			if _, err := rendered(t, "v1.34.0", enough, values); err == nil || !strings.Contains(err.Error(), names) {
				t.Errorf("got %v, want a word of %s", err, names)
			}
		})
	}
}

func TestTheDeploymentKeepsThePromises(t *testing.T) {
	t.Parallel()
	all := made(t)
	spec := at(all["Deployment"], "spec")
	equals(t, spec, 2, "replicas")
	equals(t, spec, object{"maxUnavailable": 0, "maxSurge": 1}, "strategy", "rollingUpdate")

	pod := at(spec, "template", "spec")
	equals(t, pod, false, "automountServiceAccountToken")
	equals(t, pod, 30, "terminationGracePeriodSeconds")
	equals(t, pod, object{
		"runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532, "seccompProfile": object{"type": "RuntimeDefault"},
	}, "securityContext")
	equals(t, pod, "kubernetes.io/hostname", "topologySpreadConstraints", 0, "topologyKey")
	equals(t, pod, at(spec, "selector"), "topologySpreadConstraints", 0, "labelSelector")

	bot := container(all)
	equals(t, bot, "registry.example/teamsbot:0.1.0", "image")
	equals(t, bot, object{
		"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true, "capabilities": object{"drop": []string{"ALL"}},
	}, "securityContext")
	for probe, path := range map[string]string{"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"} {
		equals(t, bot, object{"path": path, "port": "http", "scheme": "HTTP"}, probe, "httpGet")
	}
	equals(t, bot, []object{{"name": "http", "containerPort": 3978}}, "ports")
	equals(t, bot, 5, "lifecycle", "preStop", "sleep", "seconds")
	if at(bot, "resources", "requests", "memory") == nil || at(bot, "resources", "limits", "memory") == nil {
		t.Error("there are no requests or limits")
	}
	old, err := rendered(t, "v1.29.3", enough)
	if err != nil || at(container(old), "lifecycle") != nil {
		t.Errorf("Kubernetes 1.29 is given what it does not know: %v, %v", at(container(old), "lifecycle"), err)
	}
}

// What the docs tell to put into values.yaml is enough.
func TestTheValuesOfTheDocsFit(t *testing.T) {
	t.Parallel()
	_, values, _ := strings.Cut(read(t, "../docs/install.md"), "```yaml\n")
	values, _, _ = strings.Cut(values, "```\n")
	all, err := rendered(t, "v1.34.0", values)
	if err != nil {
		t.Fatal(err)
	}
	equals(t, all["Ingress"], "bot.example.com", "spec", "rules", 0, "host")
	equals(t, environment(t, all)["ADMINS"], "44444444-4444-4444-8444-444444444444", "value")
}

func TestWhatSelectsThePods(t *testing.T) {
	t.Parallel()
	all := made(t, `serviceMonitor: { enabled: true }`, `networkPolicy: { enabled: true }`)
	labels := at(all["Deployment"], "spec", "template", "metadata", "labels").(object)
	for kind, selector := range map[string]any{
		"Deployment":          at(all["Deployment"], "spec", "selector", "matchLabels"),
		"Service":             at(all["Service"], "spec", "selector"),
		"PodDisruptionBudget": at(all["PodDisruptionBudget"], "spec", "selector", "matchLabels"),
		"NetworkPolicy":       at(all["NetworkPolicy"], "spec", "podSelector", "matchLabels"),
	} {
		selects, _ := selector.(object)
		for name, value := range selects {
			if labels[name] != value {
				t.Errorf("%s wants %s=%v, and the pods have %v", kind, name, value, labels[name])
			}
		}
		if len(selects) != 2 {
			t.Errorf("%s selects %v", kind, selector)
		}
	}
	equals(t, all["PodDisruptionBudget"], 1, "spec", "maxUnavailable")
	equals(t, all["Service"], []object{{"name": "http", "port": 80, "targetPort": "http"}}, "spec", "ports")
	equals(t, all["ServiceMonitor"], at(all["Service"], "spec", "selector"), "spec", "selector", "matchLabels")
	equals(t, all["ServiceMonitor"], object{"port": "http", "path": "/metrics", "interval": "30s"}, "spec", "endpoints", 0)
}

// The outside reaches what Teams and Apono call.
func TestTheIngressPassesTwoPaths(t *testing.T) {
	t.Parallel()
	all := made(t, `ingress: { enabled: true, host: bot.example.com, tlsSecret: bot-tls, className: nginx }`)
	var paths []string
	list, _ := at(all["Ingress"], "spec", "rules", 0, "http", "paths").([]any)
	for _, p := range list {
		equals(t, p, "Exact", "pathType")
		equals(t, p, at(all["Service"], "metadata", "name"), "backend", "service", "name")
		paths = append(paths, at(p, "path").(string))
	}
	if !slices.Equal(paths, []string{"/api/messages", "/api/apono/events"}) {
		t.Errorf("it passes %q", paths)
	}
	equals(t, all["Ingress"], []object{{"hosts": []string{"bot.example.com"}, "secretName": "bot-tls"}}, "spec", "tls")
	equals(t, environment(t, all)["PUBLIC_URL"], "https://bot.example.com", "value")
	if made(t)["Ingress"] != nil {
		t.Error("there is an Ingress that nobody asked for")
	}
}

func TestSecretsComeByReference(t *testing.T) {
	t.Parallel()
	env := environment(t, made(t, `secretKeys: { DATABASE_URL: { secret: db-app, key: uri }, LINK_KEYS: { key: "" } }`))
	for _, name := range secretVariables(t) {
		e := env[name]
		if name == "LINK_KEYS" {
			if e != nil {
				t.Errorf("%s is told although its key is empty", name)
			}
			continue
		}
		from := object{"name": "teamsbot", "key": name}
		if name == "DATABASE_URL" {
			from = object{"name": "db-app", "key": "uri"}
		}
		equals(t, e, from, "valueFrom", "secretKeyRef")
		if _, inline := e["value"]; inline {
			t.Errorf("%s has a value", name)
		}
	}
}

func TestFilesAreMounted(t *testing.T) {
	t.Parallel()
	all := made(t, `{ appCertificate: { existingSecret: app }, tls: { existingSecret: bot-tls }, extraCA: { configMap: roots } }`,
		`secretKeys: { MICROSOFT_APP_PASSWORD: { key: "" } }`)
	env := environment(t, all)
	mounts, _ := at(container(all), "volumeMounts").([]any)
	for name, file := range map[string]string{
		"MICROSOFT_APP_CERTIFICATE_FILE": "/etc/teamsbot/app/app.pem",
		"TLS_CERT_FILE":                  "/etc/teamsbot/tls/tls.crt",
		"TLS_KEY_FILE":                   "/etc/teamsbot/tls/tls.key",
		"EXTRA_CA_FILE":                  "/etc/teamsbot/ca/ca.crt",
	} {
		equals(t, env[name], file, "value")
		if !slices.ContainsFunc(mounts, func(m any) bool { return strings.HasPrefix(file, at(m, "mountPath").(string)+"/") }) {
			t.Errorf("nothing is mounted at %s: %v", file, mounts)
		}
	}
	volumes, _ := at(all["Deployment"], "spec", "template", "spec", "volumes").([]any)
	if len(volumes) != 3 || len(mounts) != 3 {
		t.Errorf("volumes %v, mounts %v", volumes, mounts)
	}
	equals(t, container(all), "HTTPS", "readinessProbe", "httpGet", "scheme")
}

// simulationVariables are taken only by a bot that listens on loopback.
var simulationVariables = []string{"TEAMS_OPENID_URL", "TEAMS_LOGIN_URL", "TEAMS_SERVICE_HOSTS"}

// samples are values of other kinds than text.
var samples = map[string]string{
	"MICROSOFT_APP_TYPE": "SingleTenant", "TEAMS_CLOUD": "gcch", "IDENTITY_FIELD": "upn", "LOG_LEVEL": "debug", "LOG_FORMAT": "text",
	"TEAMS_RATE": "1000000", "TEAMS_CONVERSATION_RATE": "20", "RETENTION": "30d", "AUDIT_RETENTION": "30d", "EXPIRY_WARNING": "0s", "REVIEW_REMINDER": "1h",
	"APONO_API_URL": "https://apono.example", "PUBLIC_URL": "https://bot.example", "APONO_PORTAL_URL": "https://apono.example", "TEAMS_APP_ID": "33333333-3333-4333-8333-333333333333",
	"MICROSOFT_APP_ID": "11111111-1111-4111-8111-111111111111", "MICROSOFT_APP_TENANT_ID": "22222222-2222-4222-8222-222222222222",
}

// Every variable of the program can be set by a value, and no other is.
func TestTheChartKnowsEveryVariable(t *testing.T) {
	t.Parallel()
	var config strings.Builder
	for _, v := range plainVariables(t) {
		if slices.Contains(simulationVariables, v) || strings.HasSuffix(v, "_FILE") || v == "LISTEN_ADDR" {
			continue
		}
		value := samples[v]
		if value == "" {
			value = `"one,two"`
		}
		config.WriteString("  " + v + ": " + value + "\n")
	}
	values := []string{
		`{ appCertificate: { existingSecret: app }, tls: { existingSecret: bot-tls }, extraCA: { configMap: roots } }`,
		`secretKeys: { MICROSOFT_APP_PASSWORD: { key: "" } }`,
		"config:\n" + config.String(),
	}
	env := environment(t, made(t, values...))
	var names []string
	for name, e := range env {
		names = append(names, name)
		if want := samples[name]; want != "" && e["value"] != want {
			t.Errorf("%s is %v, want %s", name, e["value"], want)
		}
	}
	want := slices.DeleteFunc(append(plainVariables(t), secretVariables(t)...), func(v string) bool {
		return slices.Contains(simulationVariables, v) || v == "MICROSOFT_APP_PASSWORD"
	})
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("the chart tells\n%q\nthe program knows\n%q", names, want)
	}
	list := environment(t, made(t, `config: { ADMINS: [one@example.com, two@example.com] }`))
	equals(t, list["ADMINS"], "one@example.com,two@example.com", "value")
}

// What the schema takes is what the program knows.
func TestTheSchemaNamesNoOtherVariable(t *testing.T) {
	t.Parallel()
	var schema object
	if err := yaml.Unmarshal([]byte(read(t, "helm/teamsbot/values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	for place, known := range map[string][]string{"config": plainVariables(t), "secretKeys": secretVariables(t)} {
		names, _ := at(schema, "properties", place, "properties").(object)
		if len(names) == 0 {
			t.Errorf("the schema has nothing for %s", place)
		}
		for name := range names {
			if !slices.Contains(known, name) {
				t.Errorf("%s takes %s, which the program does not know, or not as such", place, name)
			}
		}
	}
}

// plainVariables and secretVariables are those of the program, as the table
// says that is made of it.
func plainVariables(t *testing.T) []string  { return documented(t, false) }
func secretVariables(t *testing.T) []string { return documented(t, true) }

func documented(t *testing.T, secret bool) []string {
	t.Helper()
	_, table, _ := strings.Cut(read(t, "../docs/operate.md"), "<!-- variables:")
	table, _, _ = strings.Cut(table, "<!-- end of variables -->")
	var names []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` .*$").FindAllStringSubmatch(table, -1) {
		if strings.Contains(row[0], "**Secret.**") == secret {
			names = append(names, row[1])
		}
	}
	if len(names) < 5 {
		t.Fatalf("the table of variables names %q", names)
	}
	return names
}
