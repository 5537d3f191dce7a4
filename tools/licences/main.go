// Command licences tells what the program is made of: the modules that a built
// binary names and their licences, as a page and as an SBOM (CycloneDX). It
// fails for a licence that is not on its list.
//
//	go run -C tools ./licences -root .. -binary bin/teamsbot -page docs/licences.md -sbom bin/teamsbot.cdx.json
package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// fine are the licences under which others may be given the program.
var fine = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "ISC", "MIT", "MPL-2.0", "Unlicense", "Zlib"}

// lockFiles are of npm packages that the playground and the tests fetch. They
// are not part of the program.
var lockFiles = []string{
	"teamsbot/teamstest/page/package-lock.json", "db/devpg/package-lock.json",
	"manifest/testdata/package-lock.json", "teamsbot/testdata/connector/package-lock.json",
}

// module is one that the program is made of.
type module struct {
	path, version, sum string
	licences           []string
}

func main() {
	root := flag.String("root", ".", "the repository")
	binary := flag.String("binary", "bin/teamsbot", "the built program, from there")
	page := flag.String("page", "", "the page to write, from there")
	check := flag.Bool("check", false, "compare the page instead of writing it")
	sbom := flag.String("sbom", "", "the SBOM to write, from there")
	flag.Parse()
	if err := run(*root, *binary, *page, *sbom, *check); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(root, binary, page, sbom string, check bool) error {
	info, err := buildinfo.ReadFile(filepath.Join(root, binary))
	if err != nil {
		return err
	}
	modules, err := modulesOf(root, info)
	if err != nil {
		return err
	}
	if err := checkPackages(root); err != nil {
		return err
	}
	if sbom != "" {
		text, err := cycloneDX(info, modules)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(root, sbom), text, 0o644); err != nil {
			return err
		}
	}
	if page == "" {
		return nil
	}
	page = filepath.Join(root, page)
	if !check {
		return os.WriteFile(page, table(modules), 0o644)
	}
	there, err := os.ReadFile(page)
	if err == nil && !bytes.Equal(there, table(modules)) {
		err = fmt.Errorf("%s is not what the program is made of: run make licences", page)
	}
	return err
}

// modulesOf are the modules in a binary, each with its licences.
func modulesOf(root string, info *debug.BuildInfo) ([]module, error) {
	all := []module{{path: "std", version: strings.TrimPrefix(info.GoVersion, "go"), licences: []string{"BSD-3-Clause"}}}
	var faults []error
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		licences, err := licencesOf(root, dep)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", dep.Path, err))
		}
		all = append(all, module{dep.Path, dep.Version, dep.Sum, licences})
	}
	return all, errors.Join(faults...)
}

// licenceFile is what a module's licence is called.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)([.-].*)?$`)

// licencesOf reads a module's own licence files, where its code was downloaded to.
func licencesOf(root string, dep *debug.Module) ([]string, error) {
	list := exec.Command("go", "mod", "download", "-json", dep.Path+"@"+dep.Version)
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("find its code: %w", err)
	}
	var there struct{ Dir string }
	if err := json.Unmarshal(out, &there); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(there.Dir)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, f := range files {
		if f.IsDir() || !licenceFile.MatchString(f.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(there.Dir, f.Name()))
		if err != nil {
			return nil, err
		}
		names, err := named(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		found = append(found, names...)
	}
	if len(found) == 0 {
		return nil, errors.New("it has no licence")
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// named is what licences a text holds, all of which have to be fine.
func named(text []byte) ([]string, error) {
	cover := licensecheck.Scan(text)
	var names []string
	for _, m := range cover.Match {
		if m.IsURL {
			continue
		}
		if !slices.Contains(fine, m.ID) {
			return nil, fmt.Errorf("%s is not on the list of licences", m.ID)
		}
		names = append(names, m.ID)
	}
	if len(names) == 0 || cover.Percent < 50 {
		return nil, fmt.Errorf("not a licence that is known (%.0f %%)", cover.Percent)
	}
	return names, nil
}

// checkPackages holds what npm says of its packages against the list.
func checkPackages(root string) error {
	var faults []error
	for _, name := range lockFiles {
		text, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%s is gone: take it from the list", name)
		}
		if err != nil {
			return err
		}
		var lock struct {
			Packages map[string]struct{ License string }
		}
		if err := json.Unmarshal(text, &lock); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for path, p := range lock.Packages {
			if path != "" && !slices.Contains(fine, p.License) {
				faults = append(faults, fmt.Errorf("%s: %s: licence %q is not on the list", name, path, p.License))
			}
		}
	}
	return errors.Join(faults...)
}

// table is the page. Versions are in the SBOM: they change more often.
func table(modules []module) []byte {
	var b bytes.Buffer
	b.WriteString("# Licences\n\nWhat `bin/teamsbot` is made of, beside what is in this repository. Written by `make licences`; `make sbom` writes an\n" +
		"SBOM (CycloneDX) with versions and checksums. Both fail for a licence that nobody has agreed to.\n\n| Module | Licence |\n|---|---|\n")
	for _, m := range modules {
		name := m.path
		if name == "std" {
			name = "Go's standard library"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", name, strings.Join(m.licences, ", "))
	}
	return b.Bytes()
}

// cycloneDX is the SBOM, in version 1.5 of that format.
func cycloneDX(info *debug.BuildInfo, modules []module) ([]byte, error) {
	type licence struct {
		License struct {
			ID string `json:"id"`
		} `json:"license"`
	}
	type property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	type component struct {
		Type       string     `json:"type"`
		Ref        string     `json:"bom-ref"`
		Name       string     `json:"name"`
		Version    string     `json:"version,omitempty"`
		PURL       string     `json:"purl"`
		Licenses   []licence  `json:"licenses,omitempty"`
		Properties []property `json:"properties,omitempty"`
	}
	made := func(kind, path, version string) component {
		purl := "pkg:golang/" + path
		if version != "" {
			purl += "@" + version
		}
		return component{Type: kind, Ref: purl, Name: path, Version: version, PURL: purl}
	}
	components := make([]component, 0, len(modules))
	for _, m := range modules {
		c := made("library", m.path, m.version)
		for _, id := range m.licences {
			l := licence{}
			l.License.ID = id
			c.Licenses = append(c.Licenses, l)
		}
		if m.sum != "" {
			c.Properties = []property{{"go:sum", m.sum}}
		}
		components = append(components, c)
	}
	version := info.Main.Version
	if version == "(devel)" {
		version = ""
	}
	return json.MarshalIndent(map[string]any{
		"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
		"metadata":   map[string]any{"component": made("application", info.Main.Path, version)},
		"components": components,
	}, "", "  ")
}
