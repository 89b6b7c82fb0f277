package render

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relaytrace/casefile"
	"relaytrace/trace"
)

func TestUUID5(t *testing.T) {
	// RFC 9562 appendix A.4.
	dns := [16]byte{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	if got := uuid5(dns, "www.example.com"); got != "2ed6657d-e927-568b-95e1-2665a8aea6a2" {
		t.Errorf("uuid5 = %s", got)
	}
}

func TestCSVCell(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"plain", "plain"}, {"", ""}, {"-5", "-5"}, {"12", "12"},
		{"=1+1", "'=1+1"}, {"+44 1865", "'+44 1865"}, {"-cmd", "'-cmd"}, {"@SUM(A1)", "'@SUM(A1)"}, {"  =1+1", "  '=1+1"},
		{"a;=HYPERLINK(1)", "a;'=HYPERLINK(1)"}, {"a, -1", "a, '-1"}, {`"=1`, `"'=1`}, {"a|@x", "a|'@x"},
		{"\t=1", "<U+0009>=1"}, {"\r\n=1", "<U+000D><U+000A>=1"}, {"＝1", "'＝1"}, {"a@b.example", "a@b.example"},
		{"Thu, 22 Aug 2002 23:36:16 -0500", "Thu, 22 Aug 2002 23:36:16 -0500"}, {"192.0.2.0 - 192.0.2.255", "192.0.2.0 - 192.0.2.255"},
	} {
		if got := csvCell(tt.in); got != tt.want {
			t.Errorf("csvCell(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzCSVCell(f *testing.F) {
	for _, s := range append(hostileStrings(), "=1", ";=1", "a,\"-1") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := csvCell(s)
		checkVisible(t, got, false)
		for _, part := range strings.FieldsFunc(got, func(r rune) bool { return strings.ContainsRune(",;|\"'", r) && r != '\'' }) {
			part = strings.TrimLeft(part, " ")
			if part != "" && strings.ContainsRune(formulaStarts, []rune(part)[0]) && !isNumber(got) {
				t.Errorf("%q gives %q, in which a cell begins with a formula", s, got)
			}
		}
	})
}

func TestCSVIsWhole(t *testing.T) {
	for name, c := range map[string]*casefile.Case{"case": pdfCase(), "hostile": hostileCase("=cmd|' /C calc'!A0\n;\"x\u202e"), "empty": emptyCase()} {
		files, err := CSV(c)
		if err != nil {
			t.Fatal(err)
		}
		rows := map[string]int{}
		for _, f := range files {
			r := csv.NewReader(bytes.NewReader(f.Data)) // wants the same number of cells in every row
			all, err := r.ReadAll()
			if err != nil {
				t.Errorf("%s: %s: %v", name, f.Path, err)
			}
			rows[f.Path] = len(all) - 1
			if bytes.Contains(bytes.ReplaceAll(f.Data, []byte("\r\n"), nil), []byte("\n")) {
				t.Errorf("%s: %s has a line end that is not CRLF, or one inside a cell", name, f.Path)
			}
		}
		if rows["samples.csv"] != len(c.Samples) || rows["relays.csv"] != len(c.Relays) || rows["letters.csv"] != len(c.Letters) {
			t.Errorf("%s: rows %v", name, rows)
		}
	}
}

// mispAlone is the event without the messages themselves.
func mispAlone(c *casefile.Case) ([]byte, error) { return MISP(c, nil) }

// What a MISP event gives as a source is what a trusted field recorded.
func TestMISPNamesOnlyWhatIsBelieved(t *testing.T) {
	c := pdfCase()
	data, err := MISP(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	var doc mispDocument
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Event.Object) != len(c.Samples) || doc.Event.Published || doc.Event.Distribution != "0" || doc.Event.Tag[0].Name != "tlp:amber" {
		t.Errorf("event %+v", doc.Event.Info)
	}
	seen := map[string]bool{}
	for i, o := range doc.Event.Object {
		trusted, good := map[string]bool{}, map[string]bool{}
		for k := range c.Samples[i].Path.Hops {
			h := &c.Samples[i].Path.Hops[k]
			trusted[addrText(h.From.IP)] = trusted[addrText(h.From.IP)] || h.Standing == trace.Trusted
			good[addrText(h.From.IP)] = good[addrText(h.From.IP)] || believed(h)
		}
		for _, a := range o.Attribute {
			if a.ToIDs || a.Value == "" || seen[a.UUID] {
				t.Errorf("attribute %+v", a)
			}
			seen[a.UUID] = true
			switch a.ObjectRelation {
			case "ip-src":
				if !trusted[a.Value] {
					t.Errorf("sample %d: ip-src %s rests on no trusted field", i+1, a.Value)
				}
			case "received-header-ip":
				if !good[a.Value] {
					t.Errorf("sample %d: received-header-ip %s rests on no believed field", i+1, a.Value)
				}
			}
		}
	}
}

// What is shared with others shows neither the recipients nor the recipient's own machines.
func TestSharedExportsHideRecipients(t *testing.T) {
	c := pdfCase()
	c.Seed = "seed"
	for i := range c.Samples {
		p := &c.Samples[i].Path
		p.Message.To = "Robin <robin@private.example>"
		for k := range p.Hops {
			p.Hops[k].For = []string{"someone@dept.college.example"}
		}
	}
	c.Samples[0].Path.Hops[2].Raw += " for <robin@private.example>"
	for name, make := range map[string]func(*casefile.Case) ([]byte, error){"MISP": mispAlone, "STIX": STIX} {
		data, err := make(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, not := range []string{"robin@", "someone@", `"192.0.2.1"`} {
			if bytes.Contains(data, []byte(not)) {
				t.Errorf("%s shows %q", name, not)
			}
		}
		if !bytes.Contains(data, []byte("@private.example")) || !bytes.Contains(data, []byte("j.doe@dept.college.example")) {
			t.Errorf("%s hides more than the recipients", name)
		}
	}
}

// Every reference of a bundle leads to an object of it, no ID stands twice, and nobody
// whom only unverified fields name is an observable.
func TestSTIXHoldsTogether(t *testing.T) {
	c := pdfCase()
	c.Samples[0].Path.Hops[1].From.IP = netip.MustParseAddr("2001:db8::25")
	data, err := STIX(c)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		ID      string           `json:"id"`
		Objects []map[string]any `json:"objects"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	kinds := map[string]int{}
	for _, o := range doc.Objects {
		id, kind := o["id"].(string), o["type"].(string)
		if ids[id] || !strings.HasPrefix(id, kind+"--") || o["spec_version"] != "2.1" {
			t.Errorf("object %v", o)
		}
		ids[id] = true
		kinds[kind]++
		if kind == "indicator" {
			t.Error("a case makes no indicator")
		}
	}
	want := map[string]int{"marking-definition": 1, "identity": 1, "email-message": 8, "file": 8, "observed-data": 8, "note": 1, "report": 1, "email-addr": 1, "ipv6-addr": 1, "ipv4-addr": kinds["ipv4-addr"]}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	for _, o := range doc.Objects {
		for key, v := range o {
			switch {
			case strings.HasSuffix(key, "_ref"):
				v = []any{v}
				fallthrough
			case strings.HasSuffix(key, "_refs"):
				for _, id := range v.([]any) {
					if !ids[id.(string)] {
						t.Errorf("%s refers to %s, which is not there", o["id"], id)
					}
				}
			}
		}
	}
	if strings.Contains(string(data), `"value": "203.0.113.11"`) {
		t.Error("an address that only an unverified field names is an observable")
	}
}

// Observables have the IDs of STIX 2.1 section 2.9.
func TestSTIXObservableID(t *testing.T) {
	s := stixWriter{c: emptyCase(), known: map[string]bool{}}
	if got := s.address(netip.MustParseAddr("198.51.100.3")); got != "ipv4-addr--"+uuid5(stixSpace, `{"value":"198.51.100.3"}`) {
		t.Errorf("ID %s", got)
	}
}

func TestTLPOf(t *testing.T) {
	for set, want := range map[string]string{
		"": "TLP:AMBER", "TLP:GREEN": "TLP:GREEN", "clear": "TLP:CLEAR", "tlp:amber+strict": "TLP:AMBER+STRICT", "RED": "TLP:RED", "TLP:WHITE": "TLP:RED", "purple": "TLP:RED",
	} {
		c := emptyCase()
		c.Settings.TLP = set
		if got := tlpOf(c).Name; got != want {
			t.Errorf("%q is %s, want %s", set, got, want)
		}
	}
}

func TestExportsAreDeterministicAndTakeHostileStrings(t *testing.T) {
	for _, s := range append(hostileStrings()[:16], "plain") {
		c := hostileCase(s)
		for name, make := range map[string]func(*casefile.Case) ([]byte, error){"MISP": mispAlone, "STIX": STIX} {
			a, err := make(c)
			if err != nil {
				t.Fatalf("%s of %.60q: %v", name, s, err)
			}
			b, _ := make(c)
			if !bytes.Equal(a, b) {
				t.Errorf("%s differs from run to run", name)
			}
			if !json.Valid(a) {
				t.Errorf("%s of %.60q is no JSON", name, s)
			}
			checkVisible(t, string(a), true)
		}
	}
}

// The exports of the fixture, as goldens.
func TestExportGoldens(t *testing.T) {
	c := pdfCase()
	c.Samples = c.Samples[:2]
	files, err := CSV(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func(*casefile.Case) ([]byte, error){"misp.json": mispAlone, "stix.json": STIX} {
		data, err := make(c)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, casefile.NamedBytes{Path: name, Data: data})
	}
	for _, f := range files {
		goldenFile(t, filepath.Join("testdata", "export", f.Path), f.Data)
	}
}

// goldenFile holds data against a file, or writes it with -update-pictures.
func goldenFile(t *testing.T, file string, data []byte) {
	t.Helper()
	if *updatePictures {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(data)); diff != "" {
		t.Errorf("%s (-golden +now):\n%s", file, diff)
	}
}
