package cluster

import (
	"bytes"
	"strconv"
	"strings"

	"relaytrace/trace/header"
)

// written are the fields that the program which made a message writes. Others are added
// on the way, or by some systems only.
var written = set(`from to subject date message-id mime-version content-type content-transfer-encoding x-mailer x-priority
	x-msmail-priority x-mimeole reply-to importance sender organization user-agent errors-to priority x-sender x-originating-ip
	content-disposition list-unsubscribe x-smtpexp-version thread-index x-accept-language`)

// fromHeader takes the handwriting of the sender's program and the Message-ID out of a
// header: the order and spelling of its fields, its name, the forms of Message-ID and of
// boundary, with every run of letters or digits as a class.
func (r *reader) fromHeader(f *Features, data []byte, fields []header.Field) {
	var b strings.Builder
	low := make([]byte, 0, 30) // the name in lower case; no longer one is known
	for _, x := range fields {
		name := x.Name(data)
		if len(name) > cap(low) {
			continue
		}
		if low = header.AppendLower(low[:0], name); !written[string(low)] {
			continue
		}
		value := bytes.TrimSpace(x.Body(data))
		b.Write(name)
		switch string(low) {
		case "x-mailer", "user-agent":
			b.WriteByte('=')
			b.WriteString(withoutNumbers(value))
		case "message-id":
			if id := bytes.Trim(value, "<> "); len(id) > 6 {
				f.MessageID = hashBytes(id)
				f.IDShape = shapeOf(id)
				b.WriteByte('=')
				b.WriteString(f.IDShape)
			}
		case "content-type":
			kind, _, _ := bytes.Cut(value, []byte{';'})
			b.WriteByte('=')
			b.WriteString(strings.ToLower(string(bytes.TrimSpace(kind[:min(len(kind), 40)]))))
			if bound := parameter(value, "boundary"); len(bound) > 0 {
				b.WriteByte('/')
				b.WriteString(shapeOf(bound))
			}
		}
		b.WriteByte(' ')
	}
	f.Shape = strings.TrimSuffix(b.String(), " ")
}

// withoutNumbers gives a program's name without its version.
func withoutNumbers(v []byte) string {
	v = v[:min(len(v), 40)]
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c < ' ' {
			return -1
		}
		return c
	}, string(v))
}

// shapeOf writes an identifier with w in the place of each run of letters and digits, and
// the length of those that a program makes of fixed length. The host of a Message-ID is
// left out.
func shapeOf(id []byte) string {
	at := bytes.LastIndexByte(id, '@')
	if at >= 0 {
		id = id[:at]
	}
	var b strings.Builder
	for i := 0; i < len(id) && b.Len() < 60; {
		j := i
		for j < len(id) && isWordByte(id[j]) {
			j++
		}
		if j == i {
			// A row of marks such as ------ counts as one.
			for j < len(id) && id[j] == id[i] {
				j++
			}
			b.WriteByte(id[i])
			i = j
			continue
		}
		switch n := j - i; {
		case n >= 20:
			b.WriteByte('W')
		case n > 6:
			b.WriteString("w" + strconv.Itoa(n))
		default: // too short for its length to be the program's choice
			b.WriteByte('w')
		}
		i = j
	}
	if at >= 0 {
		b.WriteByte('@')
	}
	return b.String()
}
