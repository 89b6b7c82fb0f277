package render

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"relaytrace/casefile"
	"relaytrace/trace"
)

var (
	keepPDF   = flag.String("keep", "", "folder in which tests leave the documents that they make, for a look at them")
	fontFiles = flag.String("font", "", "fonts for what the built-in faces lack, in documents that are kept, with commas")
)

// moreFonts are the fonts of the flag.
func moreFonts(t testing.TB) (fonts []*Font) {
	t.Helper()
	for _, file := range strings.FieldsFunc(*fontFiles, func(r rune) bool { return r == ',' }) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := NewFont(data)
		if err != nil {
			t.Fatal(err)
		}
		fonts = append(fonts, f)
	}
	return fonts
}

func mustPDF(t testing.TB, c *casefile.Case) []byte {
	t.Helper()
	b, err := PDF(c, nil, moreFonts(t))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestKeep leaves the documents of the fixtures in a folder, when one is given.
func TestKeep(t *testing.T) {
	if *keepPDF == "" {
		return
	}
	index, err := IndexHTML(hostileIndex())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*keepPDF, "index.html"), index, 0o644); err != nil {
		t.Fatal(err)
	}
	hostile := strings.Join(hostileStrings()[:16], " | ")
	letter := fullCase()
	letter.Settings.Paper = PaperLetter
	for name, c := range map[string]*casefile.Case{
		"full": fullCase(), "letter": letter, "hostile": hostileCase(hostile[:min(len(hostile), 3000)]), "empty": emptyCase(), "large": largeCase(), "scripts": scriptsCase(),
	} {
		page, err := HTML(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		for file, data := range map[string][]byte{name + ".pdf": mustPDF(t, c), name + ".html": page} {
			if err := os.WriteFile(filepath.Join(*keepPDF, file), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func emptyCase() *casefile.Case {
	return &casefile.Case{Schema: casefile.Schema, ID: "RT-EMPTY000", Created: "2002-09-03T09:30:00Z"}
}

func TestPDFIsDeterministicAndConcurrent(t *testing.T) {
	want := mustPDF(t, pdfCase())
	if !bytes.HasPrefix(want, []byte("%PDF-")) {
		t.Fatalf("begins with %q", want[:8])
	}
	var wg sync.WaitGroup
	shared := pdfCase()
	for range 4 {
		wg.Go(func() {
			if got, err := PDF(shared, nil, nil); err != nil || !bytes.Equal(got, want) {
				t.Errorf("another run gave other bytes (error %v)", err)
			}
		})
	}
	wg.Wait()
}

func TestPDFRefuses(t *testing.T) {
	if _, err := PDF(nil, nil, nil); err == nil {
		t.Error("no case was drawn")
	}
	c := pdfCase()
	c.Created = "yesterday"
	if _, err := PDF(c, nil, nil); err == nil || !strings.Contains(err.Error(), "yesterday") {
		t.Errorf("creation time: error %v", err)
	}
}

// A fault in drawing is an error of the case, never the end of the command.
func TestPDFRecovers(t *testing.T) {
	c := pdfCase()
	c.Samples[0].Path.Boundary = &trace.Boundary{Hop: 99}
	c.Samples[0].Path.Relays[0].Own = 99
	c.Relays[0].Seen[0].Sample, c.Relays[0].Seen[1].Hop = 99, 99
	if _, err := PDF(c, nil, nil); err != nil {
		t.Errorf("places outside the sample: %v", err)
	}
}

func TestPDFHostileStrings(t *testing.T) {
	for _, s := range hostileStrings() {
		mustPDF(t, hostileCase(s))
	}
}

func TestPDFText(t *testing.T) {
	raw := pdfText(t, mustPDF(t, pdfCase()))
	text := strings.Join(strings.Fields(raw), " ")
	for _, want := range []string{
		"RT-7Q2M4XKD", "nothing has been sent", "dept.college.example", "8 samples of mail",
		"1 relay was found", "Of the relays, 1 withheld the previous hop: in the header", "The verdict is provisional", "hands the mail on in the path of sample 6", "198.51.100.25", "PREVIOUS HOP WITHHELD", "SOURCE OR SILENT RELAY",
		"NOT BELIEVED", "mail.famous.example", "not accused", "<U+202E>mail.famous.example", "<U+0020><U+0020>",
		"⇥by mx.isp.example", "NL, approximate", "offline", "HOLD", "page 1 of", "own-name-misused; sample 8", "by a field that could not be verified", "isp.example alone", "10 of 40 fields are drawn",
		"its clock is slow", "samples/broken.eml",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q", want)
		}
	}
	for _, s := range pdfCase().Samples {
		if !strings.Contains(text, s.SHA256) {
			t.Errorf("the digest of sample %d is not in the text", s.Number)
		}
	}
	checkVisible(t, strings.ReplaceAll(raw, "\f", "\n"), true)
}

// What is too long for the page is cut with a word about it, never in the middle of
// a character, and a header of megabytes does not make a document of megabytes.
func TestPDFBoundsRawFields(t *testing.T) {
	c := pdfCase()
	c.Samples = c.Samples[:1]
	for i := range c.Samples[0].Path.Hops {
		c.Samples[0].Path.Hops[i].Raw = " from " + strings.Repeat("é", 1<<20)
	}
	b := mustPDF(t, c)
	if text := pdfText(t, b); !strings.Contains(text, "more bytes of this field stand in evidence/") {
		t.Error("the cut is not told")
	}
	if len(b) > 4<<20 {
		t.Errorf("%d bytes", len(b))
	}
}

func TestCutAt(t *testing.T) {
	for _, tt := range []struct {
		s    string
		n    int
		want int
	}{
		{"abcdef", 3, 3}, {"aéb", 2, 1}, {"aéb", 3, 3}, {"a中b", 3, 1}, {"😀😀", 7, 4},
		{"\x80\x80\x80\x80\x80\x80", 5, 5}, {"caf\xe9 x", 4, 4}, {"ab", 0, 0},
	} {
		if got := cutAt(tt.s, tt.n); got != tt.want {
			t.Errorf("cutAt(%q, %d) = %d, want %d", tt.s, tt.n, got, tt.want)
		}
	}
}

// The backend's placeholder for the number of pages is not in use: a sample that
// holds it must come out as it is.
func TestPDFReplacesNothing(t *testing.T) {
	c := pdfCase()
	c.Samples[0].Path.Hops[0].Raw = " from {nb} by {nb}; x"
	if text := pdfText(t, mustPDF(t, c)); !strings.Contains(text, "from {nb} by {nb}; x") {
		t.Error("the field was changed")
	}
}

func TestPDFIsWellFormed(t *testing.T) {
	qpdf := tool(t, "qpdf")
	for name, c := range map[string]*casefile.Case{"case": pdfCase(), "hostile": hostileCase(`\(()\\) Tj ET` + "\r\n\u0d0a"), "empty": emptyCase()} {
		file := filepath.Join(t.TempDir(), name+".pdf")
		if err := os.WriteFile(file, mustPDF(t, c), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(qpdf, "--check", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// Every page has its number, the label and the case; all relays and digests are in the text.
func TestPDFPages(t *testing.T) {
	for name, c := range map[string]*casefile.Case{"a4": fullCase(), "letter": fullCase(), "large": largeCase()} {
		if name == "letter" {
			c.Settings.Paper = PaperLetter
		}
		doc := mustPDF(t, c)
		pages := strings.Split(strings.TrimSuffix(pdfText(t, doc), "\f"), "\f")
		for i, p := range pages {
			if want := fmt.Sprintf("page %d of %d", i+1, len(pages)); !strings.Contains(p, want) {
				t.Errorf("%s: page %d lacks %q", name, i+1, want)
			}
			if strings.Count(p, "TLP:AMBER+STRICT") < 2 || !strings.Contains(p, c.ID) {
				t.Errorf("%s: page %d lacks its label or the case", name, i+1)
			}
		}
		if !strings.Contains(pages[1], "What happened") || !strings.Contains(pages[1], "What is not claimed") || !strings.Contains(pages[2], "A relay is a host") {
			t.Errorf("%s: the summary is not page 2 alone", name)
		}
		text := strings.Join(strings.Fields(strings.Join(pages, " ")), "")
		for i := range c.Relays {
			if !strings.Contains(text, c.Relays[i].IP.String()) {
				t.Errorf("%s: relay %s is not in the text", name, c.Relays[i].IP)
			}
		}
		for i := range c.Samples {
			if !strings.Contains(text, c.Samples[i].SHA256) {
				t.Errorf("%s: the digest of sample %d is not in the text", name, c.Samples[i].Number)
			}
		}
		want := map[string]string{"letter": "612.00 792.00", "a4": "595.28 841.89"}[name]
		if want == "" {
			want = "595.28 841.89"
		}
		if !bytes.Contains(doc, []byte("/MediaBox [0 0 "+want+"]")) {
			t.Errorf("%s: the paper is another", name)
		}
	}
}

// No address of a sample is a link to the outside.
func TestPDFHasNoOutsideLinks(t *testing.T) {
	c := hostileCase("http://evil.example/ mailto:a@evil.example")
	if b := mustPDF(t, c); bytes.Contains(b, []byte("/URI")) {
		t.Error("the document has a link to the outside")
	}
}

// tool finds a program that reads PDFs back. What gofpdf writes is only worth something if
// programs that are not ours can read it, so these tests need one, and are left out where
// there is none; .ci/run.sh installs both before it runs the tests.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed: Debian has it in qpdf or poppler-utils", name)
	}
	return path
}

func pdfText(t *testing.T, b []byte) string {
	t.Helper()
	cmd := exec.Command(tool(t, "pdftotext"), "-layout", "-enc", "UTF-8", "-", "-")
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func FuzzPDF(f *testing.F) {
	for _, s := range hostileStrings() {
		if len(s) < 2_000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = atMost(s, 2_000) // long strings have a test of their own
		c := hostileCase(s)
		for i := range c.Samples {
			checkDrawing(t, drawPath(paperFonts, &c.Samples[i].Path, 170))
		}
		c.Samples = c.Samples[:4]
		mustPDF(t, c)
	})
}

// BenchmarkPDF makes a document of more than 300 pages: a case of a hundred thousand
// samples, with all that is printed of one.
func BenchmarkPDF(b *testing.B) {
	c := largeCase()
	for len(c.Sources) < 500 {
		c.Sources = append(c.Sources, pdfSource())
	}
	for len(c.Files) < 400 {
		c.Files = append(c.Files, c.Files[0])
	}
	for i := range 200 { // each of another kind, else they share a row
		c.Problems = append(c.Problems, casefile.Problem{Where: "samples/broken.eml", What: fmt.Sprintf("the file ends after %d bytes", i)})
	}
	b.ReportAllocs()
	for b.Loop() {
		doc := mustPDF(b, c)
		b.ReportMetric(float64(bytes.Count(doc, []byte("/Type /Page\n"))), "pages")
	}
}
