package manifest

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// packed is a package as Teams reads it.
func packed(t *testing.T, c Config) (a app, content map[string][]byte, raw []byte) {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = p.Zip(); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	content = make(map[string][]byte)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if content[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(content["manifest.json"]))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a, content, raw
}

func TestAPackageHasWhatTeamsWants(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1.29", "1.19"} {
		a, content, _ := packed(t, Config{BotID: botID, ManifestVersion: version})
		want := []string{"color.png", "de.json", "manifest.json", "outline.png"}
		var got []string
		for name := range content {
			got = append(got, name)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("contains %q, want %q", got, want)
		}
		if a.ManifestVersion != version || !strings.Contains(a.Schema, "/v"+version+"/") || !bytes.Contains(content["de.json"], []byte("/v"+version+"/")) {
			t.Errorf("is of version %s, by the schema %s, want %s", a.ManifestVersion, a.Schema, version)
		}
		if a.Bots[0].BotID != botID || a.ComposeExtensions[0].BotID != botID || a.ID != AppID(botID) {
			t.Errorf("names the bots %s and %s and the app %s", a.Bots[0].BotID, a.ComposeExtensions[0].BotID, a.ID)
		}
		if want := []string{"personal", "team", "groupChat"}; !slices.Equal(a.Bots[0].Scopes, want) {
			t.Errorf("is for %q, want %q", a.Bots[0].Scopes, want)
		}
		extension := a.ComposeExtensions[0].Commands[0]
		if extension.ID != "request" || extension.Type != "action" || !extension.FetchTask || len(extension.Context) != 3 {
			t.Errorf("the message extension is %+v", extension)
		}
		if slash := slices.Equal(extension.Triggers, []string{"slash"}); slash != (version == "1.29") {
			t.Errorf("manifest %s has the triggers %q", version, extension.Triggers)
		}
		if tier := a.SupportsChannelFeatures == "tier1"; tier != (version == "1.29") || tier == (len(a.SupportedChannelTypes) == 2) {
			t.Errorf("manifest %s has the tier %q and the channels %q", version, a.SupportsChannelFeatures, a.SupportedChannelTypes)
		}
	}
}

func TestTheSameIsTheSameToTheByte(t *testing.T) {
	t.Parallel()
	c := Config{BotID: "abcdefab-1111-4111-8111-111111111111", Name: "Access", ValidDomains: []string{"b.example.com", "a.example.com"}}
	_, _, first := packed(t, c)
	c.BotID = strings.ToUpper(c.BotID)
	_, _, again := packed(t, c)
	if !bytes.Equal(first, again) {
		t.Error("two packages of one configuration differ")
	}
	c.Version = "1.0.1"
	if _, _, other := packed(t, c); bytes.Equal(first, other) {
		t.Error("another version makes no difference")
	}
}

// The id stays what it is, or Teams would take an update for another app.
func TestTheAppKeepsItsID(t *testing.T) {
	t.Parallel()
	if got, want := AppID(strings.ToUpper(botID)), "855b16b5-7fa1-5fa1-be14-947951952ffc"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if AppID(botID) == AppID(zeroGUID) {
		t.Error("two bots have one app")
	}
	const given = "AAAAAAAA-2222-4222-8222-222222222222"
	if a, _, _ := packed(t, Config{BotID: botID, AppID: given}); a.ID != strings.ToLower(given) {
		t.Errorf("got %s, want %s", a.ID, given)
	}
}

func TestWhatACompanySaysIsFilledIn(t *testing.T) {
	t.Parallel()
	a, content, _ := packed(t, Config{
		BotID: botID, Version: "2.10.3", Name: "Zugriff & <Co>", Developer: "Acme Übersee",
		WebsiteURL: "https://acme.example", PrivacyURL: "https://acme.example/privacy", TermsURL: "https://acme.example/terms",
		ValidDomains: []string{"bot.acme.example", "*.apono.io"},
	})
	want := developer{"Acme Übersee", "https://acme.example", "https://acme.example/privacy", "https://acme.example/terms"}
	if diff := cmp.Diff(want, a.Developer); diff != "" {
		t.Error(diff)
	}
	if a.Version != "2.10.3" || !slices.Equal(a.ValidDomains, []string{"bot.acme.example", "*.apono.io"}) {
		t.Errorf("version %s, domains %q", a.Version, a.ValidDomains)
	}
	var german map[string]string
	if err := json.Unmarshal(content["de.json"], &german); err != nil {
		t.Fatal(err)
	}
	names := []string{a.Name.Short, a.Name.Full, german["name.short"], german["name.full"]}
	if want := []string{"Zugriff & <Co>", "Zugriff & <Co>: just-in-time access", "Zugriff & <Co>", "Zugriff & <Co>: Zugriff auf Zeit"}; !slices.Equal(names, want) {
		t.Errorf("is called %q, want %q", names, want)
	}
	if !strings.Contains(string(content["manifest.json"]), "Zugriff & <Co>") {
		t.Error("the name is hard to read in the file")
	}
}

func TestEveryProblemIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := New(Config{
		BotID: "apono", AppID: "app", ManifestVersion: "2.0", Version: "1", Name: long(31), Developer: long(33),
		WebsiteURL: "ftp://a.example", PrivacyURL: "http://a.example", TermsURL: "a", ValidDomains: []string{"localhost"},
	})
	var invalid *Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, p := range invalid.Problems {
		got = append(got, p.Field)
		if !strings.Contains(err.Error(), p.Field+" "+p.Words) {
			t.Errorf("%s is not said in %q", p.Field, err)
		}
	}
	want := []string{
		"bots[0].botId", "developer.name", "developer.privacyUrl", "developer.termsOfUseUrl", "developer.websiteUrl", "id", "manifestVersion",
		"name.short", "validDomains", "version",
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(err.Error(), "name.short has 31 characters, and may have 30") {
		t.Errorf("counts otherwise: %v", err)
	}
}

// Whoever reads German reads nothing else.
func TestGermanIsWhole(t *testing.T) {
	t.Parallel()
	d := newDraft(t, "1.29")
	for _, text := range texts(d.app, d.limits) {
		if _, there := d.german.words[text.field]; there != text.translated {
			t.Errorf("%s (%s) is translated: %t", text.field, text.words, there)
		}
	}
}

// drawn is a PNG of one colour with another at its top left.
func drawn(t *testing.T, width, height int, fill, dot color.NRGBA) []byte {
	t.Helper()
	i := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			i.SetNRGBA(x, y, fill)
		}
	}
	i.SetNRGBA(0, 0, dot)
	var out bytes.Buffer
	if err := png.Encode(&out, i); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestIconsAreAsTeamsWantsThem(t *testing.T) {
	t.Parallel()
	white, clear := color.NRGBA{255, 255, 255, 255}, color.NRGBA{255, 255, 255, 0}
	blue, haze := color.NRGBA{0, 0, 255, 255}, color.NRGBA{255, 255, 255, 100}
	for _, tt := range []struct {
		name, icon string
		content    []byte
		words      string // "": it is taken
	}{
		{"a square", "color.png", drawn(t, 192, 192, blue, white), ""},
		{"too large", "color.png", drawn(t, 193, 192, blue, white), "is of 193 × 192 pixels"},
		{"round corners", "color.png", drawn(t, 192, 192, blue, clear), "transparent pixels"},
		{"no picture", "color.png", []byte("GIF89a"), "is not a PNG"},
		{"missing", "color.png", nil, "is not a PNG"},
		{"white with soft edges", "outline.png", drawn(t, 32, 32, clear, haze), ""},
		{"too small", "outline.png", drawn(t, 16, 16, clear, white), "is of 16 × 16 pixels"},
		{"colourful", "outline.png", drawn(t, 32, 32, clear, blue), "other colours than white"},
		{"nothing transparent", "outline.png", drawn(t, 32, 32, white, white), "no transparent pixels"},
		{"nothing at all", "outline.png", drawn(t, 32, 32, clear, clear), "shows nothing"},
	} {
		d := newDraft(t, "1.29")
		d.icons[tt.icon] = tt.content
		found := d.problems()
		if tt.words == "" && len(found) == 0 {
			continue
		}
		if len(found) != 1 || found[0].Field != tt.icon || tt.words == "" || !strings.Contains(found[0].Words, tt.words) {
			t.Errorf("%s: found %v, want %q", tt.name, found, tt.words)
		}
	}
}

// The outline reaches its edges and the symbol of the other keeps away from
// them, as Microsoft asks: Teams cuts the coloured one to a hexagon.
func TestIconsKeepTheirDistance(t *testing.T) {
	t.Parallel()
	d := newDraft(t, "1.29")
	decode := func(name string) image.Image {
		i, err := png.Decode(bytes.NewReader(d.icons[name]))
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	drawn := func(i image.Image, x, y int) bool { return i.At(x, y) != i.At(0, 0) }
	bounds := func(i image.Image) (r image.Rectangle) {
		for y := range i.Bounds().Dy() {
			for x := range i.Bounds().Dx() {
				if drawn(i, x, y) {
					r = r.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		return r
	}
	if got, want := bounds(decode("color.png")), image.Rect(48, 48, 144, 144); !got.In(want) || got.Dx() < 90 {
		t.Errorf("the symbol is at %v, want it to fill %v", got, want)
	}
	if got, want := bounds(decode("outline.png")), image.Rect(0, 0, 32, 32); got.Dx() < 31 || got.Dy() < 31 {
		t.Errorf("the outline is at %v, want it to fill %v", got, want)
	}
	if got := decode("color.png").At(0, 0); color.NRGBAModel.Convert(got) != (color.NRGBA{0x3B, 0x2F, 0xA3, 255}) || d.app.AccentColor != "#3B2FA3" {
		t.Errorf("the background is %v, the accent %s", got, d.app.AccentColor)
	}
}
