package manifest

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// file is one of a package's.
type file struct {
	name    string
	content []byte
}

// contentOf is what a package contains, the manifest first.
func contentOf(a app, languages []language, icons map[string][]byte) ([]file, error) {
	content := []file{{name: "manifest.json"}, {a.Icons.Color, icons[a.Icons.Color]}, {a.Icons.Outline, icons[a.Icons.Outline]}}
	var err error
	if content[0].content, err = marshal(a); err != nil {
		return nil, fmt.Errorf("write manifest.json: %w", err)
	}
	for _, l := range languages {
		words, err := marshal(l.words)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", l.file, err)
		}
		content = append(content, file{l.file, words})
	}
	return content, nil
}

// marshal writes what people may want to read.
func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return out.Bytes(), err
}

// Zip is the package as Teams takes it: all files at the top. Two of the same
// Config are the same to the byte, whenever and wherever they are made: the
// files have a fixed time, and are stored as they are, since what compression
// makes of them may differ from one Go to the next.
func (p *Package) Zip() ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range p.content {
		header := &zip.FileHeader{Name: f.name, Method: zip.Store, Modified: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		header.SetMode(0o644)
		w, err := z.CreateHeader(header)
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.name, err)
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.name, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return out.Bytes(), nil
}
