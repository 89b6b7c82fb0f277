package intake

import (
	"bytes"
	"encoding/binary"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

var update = flag.Bool("update", false, "write the Outlook items of testdata/intake again")

// storage is a folder of a compound file to be written.
type storage struct {
	streams map[string][]byte
	folders map[string]*storage
}

// outlookItem makes the storage of an item; values in UTF-16.
func outlookItem(props map[string]string, attached ...*storage) *storage {
	s := &storage{streams: map[string][]byte{}, folders: map[string]*storage{}}
	for name, value := range props {
		s.streams["__substg1.0_"+name+"001F"] = wide(value)
	}
	for i, a := range attached {
		s.folders["__attach_version1.0_#0000000"+string(rune('0'+i))] = a
	}
	return s
}

// inAttachment wraps an item, as Outlook attaches one to another.
func inAttachment(item *storage) *storage {
	return &storage{streams: map[string][]byte{}, folders: map[string]*storage{"__substg1.0_3701000D": item}}
}

// fileAttachment is a file attached to an item.
func fileAttachment(name string, data []byte) *storage {
	return &storage{streams: map[string][]byte{"__substg1.0_37010102": data, "__substg1.0_3707001F": wide(name)}}
}

func wide(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

// cfbEntry is one entry of the directory of a compound file (MS-CFB section 2.6).
type cfbEntry struct {
	name               string
	kind               byte
	left, right, child uint32
	start              uint32
	size               int
	data               []byte
}

const cfbNone, cfbEnd = 0xFFFFFFFF, 0xFFFFFFFE

// compound writes a compound file of version 3 with sectors of 512 bytes.
func compound(root *storage) []byte {
	entries := []*cfbEntry{{name: "Root Entry", kind: 5, left: cfbNone, right: cfbNone}}
	entries[0].child = addEntries(&entries, root)
	var mini, big []byte
	var miniFAT, chain []uint32
	for _, e := range entries[1:] {
		switch {
		case e.kind != 2 || e.size == 0:
		case e.size < 4096:
			e.start = uint32(len(miniFAT))
			mini, miniFAT = addSectors(mini, miniFAT, e.data, 64)
		}
	}
	pad := func(b []byte, n int) []byte { return append(b, make([]byte, (n-len(b)%n)%n)...) }
	mini = pad(mini, 512)
	dirs := (len(entries) + 3) / 4
	miniTable := (len(miniFAT)*4 + 511) / 512
	// Sector 0 is the FAT: 128 sectors are enough here.
	chain = []uint32{0xFFFFFFFD}
	chain = addChain(chain, dirs)
	firstMini := uint32(len(chain))
	chain = addChain(chain, miniTable)
	entries[0].start, entries[0].size = uint32(len(chain)), len(mini)
	chain = addChain(chain, len(mini)/512)
	for _, e := range entries[1:] {
		if e.kind == 2 && e.size >= 4096 {
			e.start = uint32(len(chain))
			data := pad(slices.Clone(e.data), 512)
			chain = addChain(chain, len(data)/512)
			big = append(big, data...)
		}
	}
	if len(chain) > 128 {
		panic("too large for this writer")
	}
	out := cfbHeader(firstMini, uint32(miniTable))
	out = append(out, words32(chain, 512)...)
	for i := range dirs * 4 {
		if i < len(entries) {
			out = append(out, entries[i].bytes()...)
		} else {
			out = append(out, (&cfbEntry{left: cfbNone, right: cfbNone, child: cfbNone}).bytes()...)
		}
	}
	out = append(out, words32(miniFAT, miniTable*512)...)
	return append(append(out, mini...), big...)
}

// addEntries adds the content of a folder and gives the first of its entries; the others
// hang on its right.
func addEntries(entries *[]*cfbEntry, s *storage) uint32 {
	var names []string
	for name := range s.streams {
		names = append(names, name)
	}
	for name := range s.folders {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(strings.ToUpper(a), strings.ToUpper(b))
	})
	first, last := uint32(cfbNone), (*cfbEntry)(nil)
	for _, name := range names {
		e := &cfbEntry{name: name, kind: 2, left: cfbNone, right: cfbNone, child: cfbNone, start: cfbEnd}
		at := uint32(len(*entries))
		*entries = append(*entries, e)
		if last == nil {
			first = at
		} else {
			last.right = at
		}
		last = e
		if folder, ok := s.folders[name]; ok {
			e.kind, e.start = 1, 0
			e.child = addEntries(entries, folder)
			continue
		}
		e.data = s.streams[name]
		e.size = len(e.data)
	}
	return first
}

func addSectors(to []byte, fat []uint32, data []byte, size int) ([]byte, []uint32) {
	n := (len(data) + size - 1) / size
	fat = addChain(fat, n)
	to = append(to, data...)
	return append(to, make([]byte, n*size-len(data))...), fat
}

func addChain(fat []uint32, n int) []uint32 {
	for i := range n {
		next := uint32(len(fat) + 1)
		if i == n-1 {
			next = cfbEnd
		}
		fat = append(fat, next)
	}
	return fat
}

func words32(values []uint32, size int) []byte {
	var out []byte
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, v)
	}
	for len(out) < size {
		out = append(out, 0xFF)
	}
	return out
}

func cfbHeader(firstMini, miniTable uint32) []byte {
	out := append(slices.Clone(oleMagic), make([]byte, 16)...)
	for _, v := range []uint16{0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0} {
		out = binary.LittleEndian.AppendUint16(out, v)
	}
	if miniTable == 0 {
		firstMini = cfbEnd
	}
	for _, v := range []uint32{0, 1, 1, 0, 4096, firstMini, miniTable, cfbEnd, 0, 0} {
		out = binary.LittleEndian.AppendUint32(out, v)
	}
	return append(out, bytes.Repeat([]byte{0xFF}, 512-len(out))...)
}

func (e *cfbEntry) bytes() []byte {
	out := make([]byte, 128)
	name := wide(e.name)
	copy(out, name)
	if e.name != "" {
		binary.LittleEndian.PutUint16(out[64:], uint16(len(name)+2))
	}
	out[66], out[67] = e.kind, 1
	binary.LittleEndian.PutUint32(out[68:], e.left)
	binary.LittleEndian.PutUint32(out[72:], e.right)
	binary.LittleEndian.PutUint32(out[76:], e.child)
	binary.LittleEndian.PutUint32(out[116:], e.start)
	binary.LittleEndian.PutUint32(out[120:], uint32(e.size))
	return out
}

// outlookFiles are the Outlook items of testdata/intake.
func outlookFiles() map[string][]byte {
	trace := func(n string) string {
		return strings.ReplaceAll("Return-Path: <m.hale@dept.college.example>\r\n"+
			"Received: from relay3.example.net (relay3.example.net [198.51.100.13])\r\n\tby mx.victim.example (Postfix) with ESMTP id 3F0003A\r\n\tfor <pat@victim.example>; Mon, 12 Mar 2007 09:13:04 +0100 (CET)\r\n"+
			"Received: from winbox ([203.0.113.23]) by relay3.example.net with SMTP id l2C8E0003;\r\n\tMon, 12 Mar 2007 08:13:55 GMT\r\n"+
			"From: \"Marion Hale\" <m.hale@dept.college.example>\r\nTo: <pat@victim.example>\r\nSubject: Great meds N\r\nDate: Mon, 12 Mar 2007 03:13:50 -0500\r\nMessage-ID: <1@winbox>\r\n\r\n", "N", n)
	}
	own := "Received: from mail.sender.example (mail.sender.example [192.0.2.25])\r\n\tby mx.college.example (Postfix) with ESMTP id 7B21C4; Tue, 13 Mar 2007 10:02:11 +0000\r\n" +
		"From: Jo Park <jo@sender.example>\r\nTo: abuse@college.example\r\nSubject: spam\r\nDate: Tue, 13 Mar 2007 11:02:00 +0100\r\nMessage-ID: <2@mail.sender.example>\r\n"
	spam := func(n string) *storage {
		return outlookItem(map[string]string{propHeaders: trace(n), propSubject: "Great meds", propBody: "Save on every order.\r\n", propClass: "IPM.Note"})
	}
	return map[string][]byte{
		"090-spam.msg":      compound(spam("1")),
		"091-complaint.msg": compound(outlookItem(map[string]string{propHeaders: own, propBody: "Please stop sending me this.\r\n", propSubject: "spam"}, inAttachment(spam("2")))),
		"092-eml-attached.msg": compound(outlookItem(map[string]string{propHeaders: own, propBody: "Please stop sending me this.\r\n"},
			fileAttachment("spam.eml", []byte(trace("3")+"Save.\r\n")))),
		"093-never-mailed.msg": compound(outlookItem(map[string]string{propSubject: "note", propSender: "jo@sender.example", propDisplay: "pat@victim.example", propBody: "hello\r\n"})),
		"094-long-header.msg":  compound(outlookItem(map[string]string{propHeaders: trace("4") + "X-Filler: " + strings.Repeat("x", 5000) + "\r\n", propBody: "Save.\r\n"})),
	}
}

// TestOutlook holds that the items of testdata are those that outlookFiles makes; TestCases
// says what they are.
func TestOutlook(t *testing.T) {
	for name, data := range outlookFiles() {
		path := filepath.Join(casesDir, "cases", name)
		if *update {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s differs: %v", name, err)
		}
	}
}

// TestDeepDirectory holds that a directory of many entries inside one another is refused,
// and a chain of sectors in a circle too.
func TestDeepDirectory(t *testing.T) {
	const sectors = 4000
	data := append(cfbHeader(cfbEnd, 0), make([]byte, 512*(sectors+33))...)
	binary.LittleEndian.PutUint32(data[44:], 32) // FAT sectors
	binary.LittleEndian.PutUint32(data[48:], 32) // first of the directory
	for i := range 32 {
		binary.LittleEndian.PutUint32(data[76+4*i:], uint32(i))
	}
	for i := range uint32(sectors) {
		at := 512 + 4*(32+i)
		binary.LittleEndian.PutUint32(data[at:], 33+i)
		for k := range uint32(4) {
			e := (&cfbEntry{name: "x", kind: 1, left: cfbNone, right: cfbNone, child: i*4 + k + 1}).bytes()
			copy(data[512*(33+i)+128*k:], e)
		}
	}
	if _, err := readOutlook(data, "", nil); err != errDirectory {
		t.Errorf("deep: %v", err)
	}
	binary.LittleEndian.PutUint32(data[512+4*40:], 32)
	if _, err := readOutlook(data, "", nil); err != errDirectory {
		t.Errorf("circle: %v", err)
	}
}

// FuzzOutlook holds that a damaged item is told, and nothing else happens.
func FuzzOutlook(f *testing.F) {
	for _, data := range outlookFiles() {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 || !isOutlook(data) {
			return
		}
		sortBytes(t, data)
	})
}
