package aponotest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// document is as much of an OpenAPI 3.0 file as Apono's answers need.
type document struct {
	Paths      map[string]map[string]*operation `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	Parameters  []parameter        `json:"parameters"`
	RequestBody content            `json:"requestBody"`
	Responses   map[string]content `json:"responses"`
}

type parameter struct {
	Name string `json:"name"`
	In   string `json:"in"`
}

type content struct {
	Content map[string]struct {
		Schema *schema `json:"schema"`
	} `json:"content"`
}

// schema is that of the content; nil if there is none.
func (c content) schema() *schema {
	for _, kind := range c.Content {
		return kind.Schema
	}
	return nil
}

type schema struct {
	Ref        string             `json:"$ref"`
	Type       string             `json:"type"`
	Format     string             `json:"format"`
	Nullable   bool               `json:"nullable"`
	Enum       []any              `json:"enum"`
	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Items      *schema            `json:"items"`
	AllOf      []*schema          `json:"allOf"`
	Additional json.RawMessage    `json:"additionalProperties"`
}

// operationFor is what the documents say of a call, and which of them; a path
// without variables goes before one with.
func operationFor(documents []*document, method, path string) (in *document, found *operation) {
	have := strings.Split(path, "/")
	for _, d := range documents {
		for _, template := range slices.Sorted(maps.Keys(d.Paths)) {
			want, variables := strings.Split(template, "/"), 0
			fits := len(want) == len(have)
			for i := 0; fits && i < len(want); i++ {
				if strings.HasPrefix(want[i], "{") {
					variables++
					continue
				}
				fits = want[i] == have[i]
			}
			o, ok := d.Paths[template][strings.ToLower(method)]
			if fits && ok && (found == nil || variables == 0) {
				in, found = d, o
			}
		}
	}
	return in, found
}

// checkJSON is check of a value as it is sent.
func (d *document) checkJSON(s *schema, raw []byte) []string {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return []string{": " + err.Error()}
	}
	if s == nil {
		return []string{": no schema"}
	}
	return d.check(s, value, "")
}

// check says what of a value does not fit a schema. Properties that the
// schema does not know are told too: the simulator must not promise more.
func (d *document) check(s *schema, value any, at string) []string {
	if s.Ref != "" {
		return d.check(d.Components.Schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]], value, at)
	}
	if value == nil {
		// Apono leaves absent properties out, and its clients rely on that.
		return []string{at + ": is null"}
	}
	var problems []string
	for _, part := range s.AllOf {
		problems = append(problems, d.check(part, value, at)...)
	}
	if s.Enum != nil && !slices.Contains(s.Enum, value) {
		problems = append(problems, fmt.Sprintf("%s: %v is none of %v", at, value, s.Enum))
	}
	switch v := value.(type) {
	case map[string]any:
		return append(problems, d.checkObject(s, v, at)...)
	case []any:
		if s.Type != "array" {
			return append(problems, at+": is an array, want "+s.Type)
		}
		for i, item := range v {
			problems = append(problems, d.check(s.Items, item, fmt.Sprintf("%s[%d]", at, i))...)
		}
	default:
		if len(s.AllOf) == 0 && !plainFits(s, value) {
			problems = append(problems, fmt.Sprintf("%s: %v is no %s %s", at, value, s.Type, s.Format))
		}
	}
	return problems
}

func plainFits(s *schema, value any) bool {
	switch v := value.(type) {
	case string:
		if s.Format == "date-time" {
			_, err := time.Parse(time.RFC3339Nano, v)
			return err == nil
		}
		return s.Type == "string"
	case bool:
		return s.Type == "boolean"
	case float64:
		return s.Type == "number" || s.Type == "integer" && v == math.Trunc(v)
	}
	return false
}

// mayBeAsked says that ReportField lets one ask for a column of the activity
// report although its published answer does not list it.
func (d *document) mayBeAsked(s *schema, name string) bool {
	return s == d.Components.Schemas["ActivityReportJsonExportModel"] && slices.Contains(d.Components.Schemas["ReportField"].Enum, any(name))
}

func (d *document) checkObject(s *schema, object map[string]any, at string) []string {
	if len(s.AllOf) > 0 {
		return nil
	}
	if s.Type != "object" {
		return []string{at + ": is an object, want " + s.Type}
	}
	var problems []string
	for _, name := range s.Required {
		if _, ok := object[name]; !ok {
			problems = append(problems, at+"."+name+": is missing")
		}
	}
	var additional schema
	free := json.Unmarshal(s.Additional, &additional) == nil
	for _, name := range slices.Sorted(maps.Keys(object)) {
		property, known := s.Properties[name]
		switch {
		case known:
			problems = append(problems, d.check(property, object[name], at+"."+name)...)
		case free && (additional.Type != "" || additional.Ref != ""):
			problems = append(problems, d.check(&additional, object[name], at+"."+name)...)
		case len(s.Properties) > 0 && !d.mayBeAsked(s, name):
			problems = append(problems, at+"."+name+": is not published")
		}
	}
	return problems
}
