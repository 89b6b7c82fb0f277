package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relaytrace/casefile"
)

// demoNow is the clock of the goldens.
const demoNow = "2026-06-30T12:00:00Z"

// sameAs compares got with a file of the folder of goldens, or writes the file anew.
func sameAs(t *testing.T, folder, name string, got []byte) {
	t.Helper()
	file := filepath.Join(folder, name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; if it is meant so, run the test with -update):\n%s", name, diff)
	}
}

// goldens is the folder of them, to be asked for before a test leaves its own.
func goldens(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join("testdata", "demo"))
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// makeDemo runs the verb case at the top of the tree, where README runs it, and returns
// what it printed. The version is that of no release, so that goldens outlive releases.
func makeDemo(t *testing.T, dir string, want int, args ...string) string {
	t.Helper()
	defer func(v string) { version = v }(version)
	version = "golden"
	var out, errs bytes.Buffer
	args = append([]string{"case", "--now", demoNow, "-o", dir}, args...)
	none := func(string) string { return "" }
	if code := run(context.Background(), args, none, strings.NewReader(""), &out, &errs); code != want || errs.Len() > 0 {
		t.Fatalf("exit code %d, stderr:\n%s", code, errs.String())
	}
	return strings.ReplaceAll(out.String(), dir, "demo")
}

func contents(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestDemo holds the main job over the samples that come with relaytrace: what it prints,
// the case, a letter about a relay whose own field is verified, one about a relay tied by
// HELO only, the report to JANET; and that a second run gives the same bytes.
func TestDemo(t *testing.T) {
	folder := goldens(t)
	t.Chdir("../..")
	first, second := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	args := []string{"--offline", "--config", "testdata/demo.toml", "testdata/samples"}
	sameAs(t, folder, "summary.txt", []byte(makeDemo(t, first, exitOK, args...)))
	makeDemo(t, second, exitOK, args...)
	for _, name := range []string{"case.pdf", "case.json"} {
		if !bytes.Equal(contents(t, first, name), contents(t, second, name)) {
			t.Errorf("%s differs between two runs", name)
		}
	}
	sameAs(t, folder, "case.json", scrubbed(t, contents(t, first, "case.json")))
	sameAs(t, folder, "janet-report.txt", contents(t, first, "letters", "00-janet-report.txt"))
	for name, ip := range map[string]string{"verified.txt": "216.207.32.165", "helo-only.txt": "61.179.116.173"} {
		sameAs(t, folder, name, contents(t, first, "letters", letterAbout(t, first, ip)+".txt"))
	}
}

// letterAbout names the letter about an address.
func letterAbout(t *testing.T, dir, ip string) string {
	t.Helper()
	var c casefile.Case
	if err := json.Unmarshal(contents(t, dir, "case.json"), &c); err != nil {
		t.Fatal(err)
	}
	for _, r := range c.Relays {
		if r.IP.String() == ip && r.Letter != "" {
			return r.Letter
		}
	}
	t.Fatalf("no letter about %s", ip)
	return ""
}

// scrubbed leaves out of a case the digests of the documents drawn from it, which have
// goldens of their own; those of the evidence stay.
func scrubbed(t *testing.T, doc []byte) []byte {
	t.Helper()
	var c casefile.Case
	if err := json.Unmarshal(doc, &c); err != nil {
		t.Fatal(err)
	}
	for i := range c.Files {
		if p := c.Files[i].Path; strings.HasPrefix(p, "case.") || strings.HasPrefix(p, "exports/") {
			c.Files[i].SHA256, c.Files[i].Size = "", 0
		}
	}
	for i := range c.Custody {
		e := &c.Custody[i]
		e.Prev, e.Hash = "", ""
		for n, d := range e.Detail {
			if strings.HasPrefix(d, "judgement=") {
				e.Detail[n] = "judgement="
			}
		}
	}
	doc, err := casefile.EncodeJSON(&c, " ")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestOneTruth holds that the summary, the PDF and the report to JANET count and word the
// relays alike.
func TestOneTruth(t *testing.T) {
	t.Chdir("../..")
	dir := filepath.Join(t.TempDir(), "case")
	summary := makeDemo(t, dir, exitOK, "--offline", "--config", "testdata/demo.toml", "testdata/samples")
	var c casefile.Case
	if err := json.Unmarshal(contents(t, dir, "case.json"), &c); err != nil {
		t.Fatal(err)
	}
	tally := c.Tally()
	if tally.Found+tally.Claimed+tally.Withdrawn != len(c.Relays) || tally.Found == 0 || tally.Unverified == 0 || tally.Claimed == 0 {
		t.Fatalf("the samples no longer show every kind of relay: %+v", tally)
	}
	outputs := map[string]string{"summary": summary, "report": string(contents(t, dir, "letters", "00-janet-report.txt"))}
	if text, ok := pdfText(t, filepath.Join(dir, "case.pdf")); ok {
		outputs["PDF"] = text
	}
	for name, text := range outputs {
		text = strings.Join(strings.Fields(text), " ")
		for _, want := range []string{tally.Withholding(), tally.Naming()} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s does not say %q", name, want)
			}
		}
	}
	for _, l := range c.Letters {
		text := strings.Join(strings.Fields(string(contents(t, dir, "letters", l.Name+".txt"))), " ")
		if l.Kind == casefile.LetterLogRequest && strings.Contains(text, "not originated by it") != verified(&c, l) {
			t.Errorf("%s says of its relay what its fields do not bear out, or the reverse", l.Name)
		}
	}
}

func verified(c *casefile.Case, l casefile.Letter) bool {
	for i := range c.Relays {
		if c.Relays[i].Letter == l.Name && !c.Relays[i].OwnVerified() {
			return false
		}
	}
	return true
}

// TestOwnSideFirst holds that a summary begins with what must not be denied.
func TestOwnSideFirst(t *testing.T) {
	var b strings.Builder
	w := bufio.NewWriter(&b)
	writeSummary(w, &casefile.Case{ID: "RT-1", OwnHosts: []int{3, 5}}, "demo")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	first := strings.Split(b.String(), "\n\n")
	if want := "The mail may really have come from your own side: a host of it hands the mail on in the path of samples 3, 5."; !strings.Contains(first[1], want) {
		t.Errorf("the summary does not begin with %q:\n%s", want, b.String())
	}
}

// holding is a network as a registry describes it.
type holding struct{ first, last, holder, mail string }

// networks are invented holders of networks that held the demo's hosts in 2002. Nobody is
// named who holds one.
var networks = []holding{
	{"216.207.32.0", "216.207.32.255", "Kidsheart Example Hosting", "abuse@hosting.example"},
	{"202.9.128.0", "202.9.191.255", "Example Cable", "abuse@cable.example"},
	{"213.41.18.0", "213.41.18.255", "Arbitrage Example SA", "postmaster@arbitrage.example"},
	{"148.83.0.0", "148.83.255.255", "County Example", "postmaster@county.example"},
	{"200.38.188.0", "200.38.191.255", "Infotec Example", "abuse@infotec.example"},
	{"213.82.189.0", "213.82.189.255", "Example Telecom", "abuse@telecom.example"},
}

// registry answers RDAP questions about networks; of other addresses it knows nothing.
func registry(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ip := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		for _, n := range networks {
			if !within(n, ip) {
				continue
			}
			w.Header().Set("Content-Type", "application/rdap+json")
			fmt.Fprintf(w, `{"rdapConformance":["rdap_level_0"],"objectClassName":"ip network","handle":%q,"startAddress":%q,"endAddress":%q,
				"ipVersion":"v4","name":"EXAMPLE","status":["active"],"entities":[
				{"objectClassName":"entity","handle":"H","roles":["registrant"],"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text",%q],["kind",{},"text","org"]]]},
				{"objectClassName":"entity","handle":"A","roles":["abuse"],"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","Abuse desk"],["kind",{},"text","group"],["email",{},"text",%q]]]}]}`,
				"NET-"+n.first, n.first, n.last, n.holder, n.mail)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// TestLookUps holds the whole way with look-ups: letters that are ready to be sent, to
// those whom the registry names.
func TestLookUps(t *testing.T) {
	folder := goldens(t)
	t.Chdir("../..")
	s := registry(t)
	settings := string(contents(t, "testdata", "demo.toml")) + "\n[rdap]\n"
	for _, r := range []string{"AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE NCC"} {
		settings += fmt.Sprintf("%q = %q\n", r, s.URL+"/"+strings.ToLower(strings.Fields(r)[0])+"/")
	}
	config := filepath.Join(t.TempDir(), "relaytrace.toml")
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "case")
	summary := makeDemo(t, dir, exitOK, "--config", config,
		"testdata/samples/01-relay-exchange55.eml", "testdata/samples/06-relay-helo-only.eml",
		"testdata/samples/10-withholds-mailsweeper.eml", "testdata/samples/11-withholds-mailsweeper-queued.eml", "testdata/samples/25-ham-isp-smarthost.eml")
	sameAs(t, folder, "lookups-summary.txt", []byte(summary))
	server := strings.TrimPrefix(s.URL, "http://")
	for name, ip := range map[string]string{"lookups-suspected": "216.207.32.165", "lookups-undisclosed": "148.83.253.66", "lookups-helo-only": "200.38.188.185"} {
		letter := letterAbout(t, dir, ip)
		text := contents(t, dir, "letters", letter+".txt")
		if bytes.Contains(text, []byte("HOLD")) || bytes.Contains(contents(t, dir, "letters", letter+".eml"), []byte("X-Relaytrace-Hold")) {
			t.Errorf("the letter about %s is held", ip)
		}
		sameAs(t, folder, name+".txt", bytes.ReplaceAll(text, []byte(server), []byte("registry.example")))
	}
	// Of this relay only the host before it tells: that host could have written it itself.
	if held := contents(t, dir, "letters", letterAbout(t, dir, "213.41.18.43")+".txt"); !bytes.Contains(held, []byte("HOLD")) {
		t.Error("the letter about 213.41.18.43 rests on the word of one host and is not held")
	}
}

func within(n holding, ip string) bool {
	a, err := netip.ParseAddr(ip)
	return err == nil && a.Compare(netip.MustParseAddr(n.first)) >= 0 && a.Compare(netip.MustParseAddr(n.last)) <= 0
}

// pdfText reads a PDF as text where pdftotext is installed.
func pdfText(t *testing.T, name string) (string, bool) {
	t.Helper()
	out, err := exec.Command("pdftotext", "-layout", "-enc", "UTF-8", name, "-").Output()
	if errors.Is(err, exec.ErrNotFound) {
		t.Log("pdftotext is not installed: the PDF is not read")
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out), true
}
