package received

import (
	"bufio"
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var corpus = flag.String("corpus", "", "survey the trace fields of all messages below this folder, too")

// line is one trace field of a message and where it stands.
type line struct {
	where string
	body  []byte
}

// TestCorpus counts the trace fields per family and lists what could not be read of them:
// of the labelled lines always, of real mail when -corpus names a folder of messages.
// With -v it prints all lines that tell no address, to be read through.
func TestCorpus(t *testing.T) {
	var labelled []line
	for _, e := range loadTable(t) {
		labelled = append(labelled, line{e.source, e.body})
	}
	survey(t, "labelled", labelled)
	if *corpus == "" {
		return
	}
	folders, err := os.ReadDir(*corpus)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range folders {
		if d.IsDir() {
			survey(t, d.Name(), loadMessages(t, filepath.Join(*corpus, d.Name())))
		}
	}
}

// survey reports on lines. No field may lack by-host and stamp unless its Kind says why,
// and in a folder of wanted mail, "ham-...", none may bear a decoy's signature.
func survey(t *testing.T, name string, lines []line) {
	count, decoys := map[string]int{}, map[string]int{}
	silent := 0
	for _, l := range lines {
		f := Parse(l.body)
		count[string(f.Family)]++
		missing := lacks(&f, l.body)
		if missing != "" {
			t.Logf("%s: %s: no %s\n%s", name, l.where, missing, escape(l.body))
		}
		if f.Decoy != "" {
			decoys[string(f.Decoy)]++
			if strings.HasPrefix(name, "ham") {
				t.Errorf("%s: %s: decoy %s in wanted mail\n%s", name, l.where, f.Decoy, escape(l.body))
			}
		}
		if f.Kind == Transfer && f.Discloses != Address {
			silent++
			t.Logf("%s: %s: discloses %s\n%s", name, l.where, f.Discloses, escape(l.body))
		}
		if strings.Contains(string(f.Unread.Reason), "not known") {
			t.Logf("%s: %s: unread at %d: %s\n%s", name, l.where, f.Unread.Offset, f.Unread.Reason, escape(l.body))
		}
	}
	t.Logf("%s: %d fields, %d transfers without an address, decoys %v", name, len(lines), silent, decoys)
	var names []string
	for n := range count {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int { return count[b] - count[a] })
	for _, n := range names {
		t.Logf("%s: %5d %q", name, count[n], n)
	}
}

// lacks names the first of from, by and time that the field has and Parse did not read.
func lacks(f *Field, body []byte) string {
	switch {
	case f.Kind == Note || f.Kind == Unparsed || f.Kind == Local && f.By.Host.Empty():
		if f.Time.Stamp.Empty() {
			return "time"
		}
		return ""
	case f.By.Host.Empty():
		return "by"
	case f.Time.Stamp.Empty() || f.Time.Faults.Has(Unreadable):
		return "time"
	case containsFold(body, "from ") && f.Discloses == None && f.Kind == Transfer:
		return "from"
	}
	return ""
}

// loadMessages returns the trace fields of all files below a folder.
func loadMessages(t *testing.T, folder string) []line {
	var all []line
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		all = append(all, traceFields(filepath.Base(path), bufio.NewReader(f))...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// traceFields returns the bodies of the Received: fields of one header.
func traceFields(name string, r *bufio.Reader) []line {
	var all []line
	open := false
	for {
		text, err := r.ReadBytes('\n')
		text = bytes.TrimRight(text, "\r\n")
		switch {
		case len(text) == 0:
			return all
		case text[0] == ' ' || text[0] == '\t':
			if open {
				last := &all[len(all)-1]
				last.body = append(append(last.body, '\n'), text...)
			}
		default:
			open = hasPrefixFold(text, "received:")
			if open {
				all = append(all, line{name, text[len("received:"):]})
			}
		}
		if err != nil {
			return all
		}
	}
}
