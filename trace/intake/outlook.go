package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/richardlehane/mscfb"
)

var oleMagic = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")

// isOutlook tells whether data is a compound file, the form of an Outlook .msg.
func isOutlook(data []byte) bool { return bytes.HasPrefix(data, oleMagic) }

// The properties of an Outlook item that are read, as their streams are named
// (MS-OXMSG section 2.2.1.3, MS-OXPROPS). 001F is UTF-16, 001E 8-bit text, 0102 bytes.
const (
	propHeaders  = "007D" // the header as it was received over SMTP
	propSubject  = "0037"
	propBody     = "1000"
	propHTML     = "1013"
	propSender   = "0C1F" // the sender's address
	propName     = "0C1A"
	propDisplay  = "0E04" // To, as shown
	propClass    = "001A"
	propFileName = "3707"
	propData     = "3701"
)

// The bounds of what is read of one item.
const (
	maxStreams = 5000
	maxStream  = MaxMessage
	maxItems   = 64 // items inside one another and beside, in one file
)

// item is one Outlook item: the properties by name, and the items attached to it.
type item struct {
	props map[string][]byte
	wide  map[string]bool // the property is in UTF-16
	kids  map[string]*item
	order []string // of kids
}

func newItem() *item {
	return &item{props: map[string][]byte{}, wide: map[string]bool{}, kids: map[string]*item{}}
}

// readOutlook reads an Outlook item. The bytes of the part are its internet header as
// Outlook kept it; an item that was never mailed has none, and its fields are made of what
// Outlook shows. The library reads hostile files, so it is kept from stopping the rest.
func readOutlook(data []byte, path string, steps []string) (p *part, err error) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("damaged Outlook item: %v", r)
		}
	}()
	if err := checkDirectory(data); err != nil {
		return nil, err
	}
	doc, err := mscfb.New(bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("damaged compound file, or no Outlook item")
	}
	root, n, total := newItem(), 0, 0
	for entry, e := doc.Next(); e == nil; entry, e = doc.Next() {
		if n++; n > maxStreams {
			break
		}
		name := strings.ToUpper(entry.Name)
		rest, ok := strings.CutPrefix(name, "__SUBSTG1.0_")
		if !ok || len(rest) < 8 || entry.Size <= 0 {
			continue
		}
		// Streams that share sectors, or go in circles, hold more than the file.
		if total += int(min(entry.Size, maxStream+1)); entry.Size > maxStream || total > len(data) {
			return nil, errors.New("damaged compound file: its streams are larger than the file")
		}
		owner := root.below(entry.Path)
		if owner == nil {
			continue
		}
		value, e := io.ReadAll(io.LimitReader(entry, entry.Size))
		if e != nil && len(value) == 0 {
			continue
		}
		owner.props[rest[:4]] = value
		owner.wide[rest[:4]] = rest[4:8] == "001F"
	}
	if len(root.props) == 0 {
		return nil, errors.New("compound file without an Outlook item in it")
	}
	left := maxItems
	return root.part(path, steps, 0, &left), nil
}

// below finds or makes the item that owns the stream with this path of storages.
func (it *item) below(path []string) *item {
	for _, name := range path {
		up := strings.ToUpper(name)
		switch {
		case strings.HasPrefix(up, "__ATTACH_VERSION1.0"), strings.HasPrefix(up, "__SUBSTG1.0_3701000D"):
			k, ok := it.kids[up]
			if !ok {
				if len(it.order) >= maxStreams {
					return nil
				}
				k = newItem()
				it.kids[up] = k
				it.order = append(it.order, up)
			}
			it = k
		case strings.HasPrefix(up, "__RECIP_VERSION1.0"), strings.HasPrefix(up, "__NAMEID"):
			return nil
		}
	}
	return it
}

// text gives a property as UTF-8.
func (it *item) text(name string) []byte {
	v := it.props[name]
	if it.wide[name] {
		out, _ := fromUTF16(append([]byte("\xFF\xFE"), v...))
		return bytes.TrimRight(out, "\x00")
	}
	return bytes.TrimRight(v, "\x00")
}

// part makes a part of an item, with its attachments below it.
func (it *item) part(path string, steps []string, depth int, left *int) *part {
	*left--
	headers := it.text(propHeaders)
	how := stepOutlook
	if len(bytes.TrimSpace(headers)) == 0 {
		headers, how = it.shown(), "header made of what Outlook shows"
	}
	p := &part{path: path, decoded: with(steps, how), data: headers, fields: scanFields(headers), media: "text/plain"}
	p.texts = &texts{plain: toUTF8(nil, it.text(propBody), "windows-1252"), html: toUTF8(nil, it.text(propHTML), "")}
	p.body = p.texts.plain
	all := &part{path: path, decoded: steps, data: headers, fields: p.fields, media: "multipart/mixed"}
	n := 1
	for _, name := range it.order {
		if *left <= 0 || depth >= maxDepth {
			all.tooDeep = true
			break
		}
		a := it.kids[name]
		n++
		sub := fmt.Sprint(n)
		if path != "" {
			sub = path + "." + sub
		}
		if inner, ok := a.kids["__SUBSTG1.0_3701000D"]; ok {
			k := inner.part(sub, steps, depth+1, left)
			all.kids = append(all.kids, &part{path: sub, decoded: steps, media: "message/rfc822", kids: []*part{k}})
			continue
		}
		if data := a.props[propData]; len(data) > 0 {
			all.kids = append(all.kids, attachedFile(data, string(a.text(propFileName)), sub, steps))
		}
	}
	if len(all.kids) == 0 {
		return p
	}
	all.kids = append([]*part{{path: path, decoded: p.decoded, media: "text/plain", texts: p.texts}}, all.kids...)
	all.decoded = p.decoded
	all.body = p.body
	return all
}

// attachedFile makes a part of a file that was attached to an item. Its bytes lie in pieces
// all over the item.
func attachedFile(data []byte, name, path string, steps []string) *part {
	return &part{path: path, decoded: with(steps, stepAttached), media: "application/octet-stream", params: params{name: name}, body: data}
}

// shown makes a header of what Outlook shows of an item that has none.
func (it *item) shown() []byte {
	var out []byte
	for _, f := range []struct{ name, prop string }{{"From", propSender}, {"To", propDisplay}, {"Subject", propSubject}} {
		v := oneLine(it.text(f.prop))
		if f.name == "From" && v == "" {
			v = oneLine(it.text(propName))
		}
		if v != "" && utf8.ValidString(v) {
			out = append(out, f.name+": "+v+"\r\n"...)
		}
	}
	return out
}
