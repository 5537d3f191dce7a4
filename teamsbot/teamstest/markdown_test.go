package teamstest

import (
	"encoding/json"
	"os/exec"
	"testing"
)

// The page writes what markdown.js returns into its own document, so a
// justification or a resource's name must not become an element there.
func TestMarkdownWritesNoOtherHTML(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"plain":                            "<p>plain</p>",
		"**bold** and _it_ *em*":           "<p><strong>bold</strong> and <em>it</em> <em>em</em></p>",
		"a\nb\n\nc":                        "<p>a<br>b</p><p>c</p>",
		"- x\n- **y**":                     "<ul><li>x</li><li><strong>y</strong></li></ul>",
		"3. x\n4. y":                       `<ol start="3"><li>x</li><li>y</li></ol>`,
		"[guide](https://a.example/x_y_z)": `<p><a href="https://a.example/x_y_z" target="_blank" rel="noopener noreferrer">guide</a></p>`,
		"[x](javascript:alert(1))":         "<p>[x](javascript:alert(1))</p>",
		`[x](https://a"onclick="b)`:        `<p><a href="https://a&quot;onclick=&quot;b" target="_blank" rel="noopener noreferrer">x</a></p>`,
		"<img src=x onerror=a()>":          "<p>&lt;img src=x onerror=a()&gt;</p>",
		"&lt;b&gt; & &amp;":                "<p>&lt;b&gt; &amp; &amp;</p>",
		`\*not bold\* \<b\> \[x\](https://a.example)`: "<p>*not bold* &lt;b&gt; [x](https://a.example)</p>",
		"`<b>**x**`":                 "<p><code>&lt;b&gt;**x**</code></p>",
		"snake_case_name":            "<p>snake_case_name</p>",
		"<at>Dana</at>":              `<p><span class="mention">Dana</span></p>`,
		"**[x](https://a.example)**": `<p><strong><a href="https://a.example" target="_blank" rel="noopener noreferrer">x</a></strong></p>`,
	}
	texts, want := []string{}, []string{}
	for text, html := range cases {
		texts, want = append(texts, text), append(want, html)
	}
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", "--input-type=module", "--no-warnings", "--eval",
		`import { readFileSync } from "node:fs";
		const source = readFileSync("page/markdown.js", "utf8");
		const { markdown } = await import("data:text/javascript," + encodeURIComponent(source));
		process.stdout.write(JSON.stringify(JSON.parse(process.argv[1]).map(markdown)));`, string(input))
	output, err := node.Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	var got []string
	if err := json.Unmarshal(output, &got); err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%q:\n got %s\nwant %s", texts[i], got[i], want[i])
		}
	}
}
