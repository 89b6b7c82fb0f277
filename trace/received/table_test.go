package received

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// entry is one trace field of testdata/families with the values expected of it.
type entry struct {
	file   string
	line   int
	source string
	body   []byte
	want   []string // "key: value", in the order of the README's table
}

// loadTable reads all entries. It is the seed of the fuzz targets and benchmarks too.
func loadTable(tb testing.TB) []entry {
	tb.Helper()
	files, err := filepath.Glob("testdata/families/*.txt")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no families: %v", err)
	}
	var all []entry
	for _, f := range files {
		all = append(all, loadFamily(tb, f)...)
	}
	return all
}

func loadFamily(tb testing.TB, file string) []entry {
	f, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var all []entry
	var e entry
	flush := func() {
		if e.body != nil {
			all = append(all, e)
		}
		e = entry{}
	}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		line := sc.Text()
		switch {
		case line == "":
			flush()
		case strings.HasPrefix(line, "# source:"):
			e.source = strings.TrimSpace(line[9:])
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, ">"):
			text := strings.TrimPrefix(strings.TrimPrefix(line, ">"), " ")
			raw, err := unescape(text)
			if err != nil {
				tb.Fatalf("%s:%d: %v", file, n, err)
			}
			if e.body == nil {
				e.file, e.line = file, n
			} else {
				e.body = append(e.body, '\n')
			}
			e.body = append(e.body, raw...)
		default:
			e.want = append(e.want, strings.TrimRight(line, " "))
		}
	}
	flush()
	if err := sc.Err(); err != nil {
		tb.Fatalf("%s: %v", file, err)
	}
	return all
}

func unescape(s string) ([]byte, error) {
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		switch {
		case i+1 < len(s) && s[i+1] == '\\':
			out = append(out, '\\')
			i++
		case i+3 < len(s) && s[i+1] == 'x':
			v, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
			if err != nil {
				return nil, err
			}
			out = append(out, byte(v))
			i += 3
		default:
			return nil, fmt.Errorf("bad escape in %q", s)
		}
	}
	return out, nil
}

func escape(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		switch {
		case c == '\\':
			s.WriteString(`\\`)
		case c < ' ' && c != '\n' && c != '\t' || c >= 0x7f:
			fmt.Fprintf(&s, `\x%02x`, c)
		default:
			s.WriteByte(c)
		}
	}
	return s.String()
}

// describe writes a Field as the table does, empty values left out. Folding within a
// value is written as one space.
func describe(f *Field, body []byte) []string {
	var out []string
	add := func(key, value string) {
		if value != "" {
			out = append(out, key+": "+value)
		}
	}
	span := func(key string, s Span) {
		add(key, escape(folding.ReplaceAll(s.Of(body), []byte(" "))))
	}
	flag := func(key string, on bool) {
		if on {
			add(key, "yes")
		}
	}
	instant := func(key string, t time.Time) {
		if !t.IsZero() {
			add(key, t.Format(time.RFC3339))
		}
	}
	add("kind", string(f.Kind))
	add("discloses", string(f.Discloses))
	add("family", string(f.Family))
	span("version", f.Version)
	span("from.helo", f.From.HELO)
	span("from.rdns", f.From.RDNS)
	span("from.name", f.From.Name)
	span("from.ip", f.From.IP)
	span("from.port", f.From.Port)
	span("from.ident", f.From.Ident)
	span("from.auth", f.From.Auth)
	span("from.remark", f.From.Remark)
	span("by.host", f.By.Host)
	span("by.ip", f.By.IP)
	span("with", f.With)
	flag("with.auth", f.WithAuth)
	flag("with.tls", f.WithTLS)
	span("via", f.Via)
	span("id", f.ID)
	for i := range f.ForLen() {
		span("for", f.For(i))
	}
	span("envelope-from", f.Envelope)
	span("tls.version", f.TLSVersion)
	span("tls.cipher", f.TLSCipher)
	span("stamp", f.Time.Stamp)
	instant("utc", f.Time.UTC())
	span("zone", f.Time.Zone)
	for _, n := range f.Time.Faults.Names() {
		add("time.fault", n)
	}
	instant("queue.utc", f.Queue.UTC())
	add("queue.precision", string(f.Queue.Precision))
	add("decoy", string(f.Decoy))
	return out
}

// folding is white space, folded or not.
var folding = regexp.MustCompile(`[ \t\r\n]+`)

var keyOrder = strings.Fields(`kind discloses family version from.helo from.rdns from.name from.ip from.port
	from.ident from.auth from.remark by.host by.ip with with.auth with.tls via id for envelope-from
	tls.version tls.cipher stamp utc zone time.fault queue.utc queue.precision decoy`)

// inOrder brings a label into the table's order and folds its white space.
func inOrder(t *testing.T, e entry) []string {
	var out []string
	seen := 0
	for _, k := range keyOrder {
		for _, w := range e.want {
			if strings.HasPrefix(w, k+": ") {
				raw, err := unescape(strings.Join(strings.Fields(w), " "))
				if err != nil {
					t.Fatalf("%s:%d: %v", e.file, e.line, err)
				}
				out = append(out, escape(raw))
				seen++
			}
		}
	}
	if seen != len(e.want) {
		t.Errorf("%s:%d: a label has an unknown key", e.file, e.line)
	}
	return out
}

// TestFamilies holds Parse against every labelled trace field, value by value.
func TestFamilies(t *testing.T) {
	all := loadTable(t)
	if len(all) < 250 {
		t.Errorf("only %d entries", len(all))
	}
	for _, e := range all {
		name := fmt.Sprintf("%s:%d", strings.TrimSuffix(filepath.Base(e.file), ".txt"), e.line)
		t.Run(name, func(t *testing.T) {
			if e.source == "" {
				t.Error("no source")
			}
			f := Parse(e.body)
			if d := cmp.Diff(inOrder(t, e), describe(&f, e.body)); d != "" {
				t.Errorf("%s:%d (-want +got)\n%s\n%s", e.file, e.line, e.body, d)
			}
		})
	}
}
