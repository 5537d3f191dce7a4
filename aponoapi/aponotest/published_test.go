package aponotest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

var readDocuments = sync.OnceValues(func() ([]*document, error) {
	var all []*document
	for _, name := range []string{"public-api.json", "client-api.json"} {
		raw, err := os.ReadFile(filepath.Join(os.Getenv("APONO_OPENAPI_DIR"), name))
		if err != nil {
			return nil, err
		}
		var d document
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, &d)
	}
	return all, nil
})

// documents are Apono's two OpenAPI files; nil if nobody says where they are.
func documents(t tester) []*document {
	t.Helper()
	if os.Getenv("APONO_OPENAPI_DIR") == "" {
		return nil
	}
	all, err := readDocuments()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// published holds every call that the simulator takes, and what it answers, to
// Apono's documents: whatever a test does, and in whatever state.
func published(t tester, simulator http.Handler) http.Handler {
	files := documents(t)
	if files == nil {
		return simulator
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		simulator.ServeHTTP(answer, r)
		// Half an answer is what a fault makes of a whole one.
		if answer.Code == http.StatusOK && json.Valid(answer.Body.Bytes()) {
			for _, problem := range unpublished(files, r, body, answer.Body.Bytes()) {
				t.Error(r.Method, r.URL.Path, problem)
			}
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		// The caller may have gone.
		_, _ = w.Write(answer.Body.Bytes())
	})
}

// unpublished says what of a call and its answer Apono's documents do not have.
func unpublished(files []*document, r *http.Request, body, answer []byte) []string {
	in, operation := operationFor(files, r.Method, r.URL.EscapedPath())
	if operation == nil {
		return []string{"is not published"}
	}
	problems := in.checkJSON(operation.Responses["200"].schema(), answer)
	for name := range r.URL.Query() {
		if !slices.ContainsFunc(operation.Parameters, func(p parameter) bool { return p.In == "query" && p.Name == name }) {
			problems = append(problems, fmt.Sprintf("has no parameter %q", name))
		}
	}
	asked := operation.RequestBody.schema()
	if asked == nil && len(body) > 0 {
		return append(problems, "takes no body")
	}
	if asked != nil {
		for _, problem := range in.checkJSON(asked, withoutNulls(body)) {
			problems = append(problems, "body"+problem)
		}
	}
	return problems
}

// withoutNulls leaves out what is null, which a call may do with anything that
// it may leave out; an answer of Apono's does not.
func withoutNulls(body []byte) []byte {
	var fields map[string]any
	if json.Unmarshal(body, &fields) != nil {
		return body
	}
	maps.DeleteFunc(fields, func(_ string, value any) bool { return value == nil })
	// What was read as JSON can be written as JSON.
	raw, _ := json.Marshal(fields)
	return raw
}
