package render

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"net/netip"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"

	"relaytrace/casefile"
)

// attaching is the usual case with machine-readable parts asked for.
func attaching() *casefile.Case {
	c := letterCase()
	c.Settings.Attach = true
	return c
}

// leaf is a part without parts.
type leaf struct {
	mediaType string
	params    map[string]string
	body      []byte
}

// leaves reads a message part by part, as a mail program does. shape names the types.
func leaves(t *testing.T, eml []byte) (all []leaf, shape string) {
	t.Helper()
	e, err := message.Read(bytes.NewReader(eml))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(e *message.Entity) string
	walk = func(e *message.Entity) string {
		mediaType, params, err := e.Header.ContentType()
		if err != nil {
			t.Fatal(err)
		}
		mr := e.MultipartReader()
		if mr == nil {
			body, err := io.ReadAll(e.Body)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, leaf{mediaType, params, body})
			return mediaType
		}
		var inside []string
		for {
			p, err := mr.NextPart()
			if err == io.EOF {
				return mediaType + "(" + strings.Join(inside, " ") + ")"
			}
			if err != nil {
				t.Fatal(err)
			}
			inside = append(inside, walk(p))
		}
	}
	return all, walk(e)
}

const arfShape = "multipart/report(text/plain message/feedback-report text/rfc822-headers)"

// checkARF is a validator of feedback reports after RFC 5965: the parts of section 2, the
// fields of section 3 with how often each may stand, and their values.
func checkARF(report, header []byte) error {
	if i := bytes.IndexFunc(report, func(r rune) bool { return r > '~' || r < ' ' && r != '\r' && r != '\n' && r != '\t' }); i >= 0 {
		return fmt.Errorf("byte %d of the report is not printable ASCII", i)
	}
	fields, err := textproto.NewReader(bufio.NewReader(io.MultiReader(bytes.NewReader(report), strings.NewReader("\r\n")))).ReadMIMEHeader()
	if err != nil {
		return fmt.Errorf("the report is no header: %w", err)
	}
	once := []string{"Feedback-Type", "User-Agent", "Version"}
	atMostOnce := []string{"Original-Envelope-Id", "Original-Mail-From", "Arrival-Date", "Received-Date", "Reporting-Mta", "Source-Ip", "Source-Port", "Incidents"}
	many := []string{"Authentication-Results", "Original-Rcpt-To", "Reported-Domain", "Reported-Uri"}
	for _, f := range once {
		if len(fields[f]) != 1 {
			return fmt.Errorf("%s stands %d times, not once", f, len(fields[f]))
		}
	}
	for f, values := range fields {
		switch {
		case slices.Contains(atMostOnce, f) && len(values) > 1:
			return fmt.Errorf("%s stands %d times", f, len(values))
		case !slices.Contains(once, f) && !slices.Contains(atMostOnce, f) && !slices.Contains(many, f):
			return fmt.Errorf("%s is not known", f)
		}
		for _, v := range values {
			if err := checkARFValue(f, v); err != nil {
				return err
			}
		}
	}
	if fields.Get("Arrival-Date") != "" && fields.Get("Received-Date") != "" {
		return errors.New("both forms of the date stand in it")
	}
	return checkHeaderBlock(header)
}

func checkARFValue(field, v string) error {
	ok := true
	switch field {
	case "Feedback-Type":
		ok = slices.Contains([]string{"abuse", "fraud", "other", "virus", "not-spam", "auth-failure"}, v)
	case "User-Agent":
		ok = regexp.MustCompile(`^[!#$%&'*+.^_|~0-9A-Za-z-]+(/[!#$%&'*+.^_|~0-9A-Za-z-]+)?$`).MatchString(v)
	case "Version":
		ok = v == "1"
	case "Arrival-Date", "Received-Date":
		_, err := mail.ParseDate(v)
		ok = err == nil
	case "Source-Ip":
		a, err := netip.ParseAddr(v)
		ok = err == nil && a.Zone() == "" && !a.Is4In6()
	case "Source-Port", "Incidents":
		n, err := strconv.Atoi(v)
		ok = err == nil && n > 0 && (field == "Incidents" || n < 65536)
	case "Original-Mail-From", "Original-Rcpt-To":
		_, err := mail.ParseAddress(v)
		ok = v == "<>" && field == "Original-Mail-From" || err == nil && strings.HasPrefix(v, "<")
	}
	if !ok {
		return fmt.Errorf("%s: %q is no value of it", field, v)
	}
	return nil
}

// checkHeaderBlock holds that a text/rfc822-headers part is a header and nothing else.
func checkHeaderBlock(header []byte) error {
	if len(header) == 0 || !bytes.HasSuffix(header, []byte("\n")) {
		return errors.New("the header is cut off")
	}
	names := regexp.MustCompile(`^(Return-Path|Received|Message-ID|Date|From|Subject):`)
	for i, line := range strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(header), "\r\n", "\n"), "\n"), "\n") {
		if line == "" || !strings.HasPrefix(line, " ") && !names.MatchString(line) || i == 0 && line[0] == ' ' {
			return fmt.Errorf("line %d of the header is of no field that we write: %q", i+1, line)
		}
		if j := strings.IndexFunc(line, func(r rune) bool { return r < ' ' || r > '~' }); j >= 0 {
			return fmt.Errorf("line %d of the header: byte %d is not printable ASCII", i+1, j)
		}
	}
	return nil
}

// The validator must refuse what RFC 5965 does.
func TestCheckARF(t *testing.T) {
	good := "Feedback-Type: abuse\r\nUser-Agent: relaytrace/1\r\nVersion: 1\r\nSource-IP: 192.0.2.1\r\n"
	header := []byte("Received: from a\r\n    by b; date\r\nSubject: x\r\n")
	if err := checkARF([]byte(good), header); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"", strings.Replace(good, "Version: 1\r\n", "", 1), good + "Version: 1\r\n", strings.Replace(good, "Version: 1", "Version: 2", 1),
		good + "Source-IP: 192.0.2.2\r\n", strings.Replace(good, "192.0.2.1", "192.0.2.999", 1), strings.Replace(good, "abuse", "threat", 1),
		good + "Arrival-Date: yesterday\r\n", good + "Source-Port: 0\r\n", good + "Source-Port: 70000\r\n", good + "Incidents: some\r\n",
		good + "Original-Mail-From: x\r\n", good + "Original-Rcpt-To: <>\r\n", good + "Bcc: <a@b>\r\n", good + "User\r\n", good + "Reported-URI: \u202e\r\n",
	} {
		if checkARF([]byte(bad), header) == nil {
			t.Errorf("it passes:\n%s", bad)
		}
	}
	for _, bad := range []string{"", "Received: x", "\r\nbody\r\n", " folded\r\n", "Subject: a\r\n\r\nbody\r\n", "Bcc: a@b\r\n", "Subject: \xe9\r\n"} {
		if checkARF([]byte(good), []byte(bad)) == nil {
			t.Errorf("the header passes: %q", bad)
		}
	}
}

func TestAttachedARF(t *testing.T) {
	for _, l := range []casefile.Letter{
		sentLetter("192.0.2.25"), sentLetter("198.51.100.7", "203.0.113.99"), noticeLetter("2001:db8::66"), noticeLetter("203.0.113.200"),
	} {
		c := attaching()
		d, err := BuiltIn().Drafter(c).Letter(l)
		if err != nil {
			t.Fatal(err)
		}
		parts, shape := leaves(t, d.EML)
		if shape != arfShape {
			t.Fatalf("%s: %s", l.Name, shape)
		}
		if err := checkARF(parts[1].body, parts[2].body); err != nil {
			t.Errorf("%s: %v\n%s\n%s", l.Name, err, parts[1].body, parts[2].body)
		}
		report := string(parts[1].body)
		if strings.Contains(report, "Reported-Domain") || strings.Contains(report, "registrar@") {
			t.Errorf("%s: it reports the forged domain or a recipient:\n%s", l.Name, report)
		}
		if !slices.ContainsFunc(l.Relays, func(ip netip.Addr) bool { return strings.Contains(report, "Source-IP: "+ip.String()+"\r\n") }) {
			t.Errorf("%s: it is about none of the addresses:\n%s", l.Name, report)
		}
		if !strings.Contains(paragraphs(string(d.TXT)), "attached as a feedback report") {
			t.Errorf("%s: the text does not tell of what is attached", l.Name)
		}
	}
	d, err := BuiltIn().Drafter(attaching()).Letter(sentLetter("192.0.2.25"))
	if err != nil {
		t.Fatal(err)
	}
	_, afterText, _ := bytes.Cut(d.EML, []byte("Case RT-2B7K9QXA\r\n\r\n"))
	golden(t, "attached.eml", afterText)
}

// Fields that nobody vouches for are not sent to the owner of a relay without a word.
func TestAttachedHeaderLeavesOut(t *testing.T) {
	c := attaching()
	c.Samples[2].Path.Hops[1].Standing = "unverified"
	d, err := BuiltIn().Drafter(c).Letter(sentLetter("198.51.100.7"))
	if err != nil {
		t.Fatal(err)
	}
	parts, _ := leaves(t, d.EML)
	for _, innocent := range []string{"203.0.113.99", "smtp.mill.example", "203.0.113.200"} {
		if bytes.Contains(parts[2].body, []byte(innocent)) {
			t.Errorf("%s is named in\n%s", innocent, parts[2].body)
		}
	}
}

func TestAttachedHeaders(t *testing.T) {
	d, err := BuiltIn().Drafter(attaching()).Letter(janetLetter())
	if err != nil {
		t.Fatal(err)
	}
	parts, shape := leaves(t, d.EML)
	if want := "multipart/mixed(text/plain" + strings.Repeat(" text/rfc822-headers", 3) + ")"; shape != want {
		t.Fatalf("%s, want %s", shape, want)
	}
	for _, p := range parts[1:] {
		if err := checkHeaderBlock(p.body); err != nil {
			t.Errorf("%v\n%s", err, p.body)
		}
	}
	d, err = BuiltIn().Drafter(attaching()).Letter(replyLetter(casefile.ReplyFirst))
	if err != nil {
		t.Fatal(err)
	}
	if _, shape := leaves(t, d.EML); shape != "text/plain" {
		t.Errorf("a reply carries attachments: %s", shape)
	}
}

// checkXARF holds a report against the rules of XARF 4 for spam that came by SMTP.
func checkXARF(data []byte) error {
	var r struct {
		Version   string `json:"xarf_version"`
		ID        string `json:"report_id"`
		Timestamp string `json:"timestamp"`
		Reporter  map[string]string
		Sender    map[string]string
		Source    string `json:"source_identifier"`
		Port      int    `json:"source_port"`
		Category  string
		Type      string
		Protocol  string
		From      string `json:"smtp_from"`
		Subject   string
		MessageID string `json:"message_id"`
		Text      string `json:"description"`
		Origin    string `json:"evidence_source"`
		Evidence  []struct {
			ContentType string `json:"content_type"`
			Description string
			Payload     string
			Hash        string
			Size        int
		}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return err
	}
	match := func(pattern, s string) bool { return regexp.MustCompile(pattern).MatchString(s) }
	_, badTime := time.Parse(time.RFC3339, r.Timestamp)
	_, badSource := netip.ParseAddr(r.Source)
	_, badFrom := mail.ParseAddress(r.From)
	for _, rule := range []struct {
		what string
		ok   bool
	}{
		{"version", match(`^4\.[0-9]+\.[0-9]+$`, r.Version)},
		{"report_id", match(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, r.ID)},
		{"timestamp", badTime == nil}, {"source_identifier", badSource == nil}, {"source_port", r.Port > 0 && r.Port < 65536},
		{"kind", r.Category == "messaging" && r.Type == "spam" && r.Protocol == "smtp"},
		{"smtp_from", badFrom == nil && !strings.ContainsAny(r.From, "<> ")},
		{"lengths", len(r.Subject) <= 500 && len(r.MessageID) <= 200 && len(r.Text) <= 1000 && len(r.Evidence) <= 50},
		{"evidence_source", r.Origin != ""},
	} {
		if !rule.ok {
			return fmt.Errorf("%s breaks the rules", rule.what)
		}
	}
	for _, who := range []map[string]string{r.Reporter, r.Sender} {
		if len(who) != 3 || who["org"] == "" || len(who["org"]) > 200 || who["domain"] == "" || !strings.HasSuffix(who["contact"], "@"+who["domain"]) {
			return fmt.Errorf("contact %v breaks the rules", who)
		}
	}
	for _, e := range r.Evidence {
		payload, err := base64.StdEncoding.DecodeString(e.Payload)
		if err != nil || e.ContentType == "" || len(e.Description) > 500 || e.Size != len(payload) || e.Size > 5<<20 || !match(`^sha256:[0-9a-f]{64}$`, e.Hash) {
			return fmt.Errorf("evidence breaks the rules: %+v, %v", e, err)
		}
		if err := checkHeaderBlock(payload); err != nil {
			return err
		}
	}
	return nil
}

// A report in XARF is made only where all that it must tell is known.
func TestXARF(t *testing.T) {
	known := func() (*casefile.Case, *casefile.Letter) {
		c, l := attaching(), sentLetter("198.51.100.7")
		c.Samples[2].Path.Hops[0].From.Port = 40123
		return c, &l
	}
	c, l := known()
	d, err := BuiltIn().Drafter(c).Letter(*l)
	if err != nil {
		t.Fatal(err)
	}
	parts, shape := leaves(t, d.EML)
	if want := "multipart/mixed(" + arfShape + " application/json)"; shape != want {
		t.Fatalf("%s, want %s", shape, want)
	}
	if err := checkXARF(parts[3].body); err != nil {
		t.Errorf("%v:\n%s", err, parts[3].body)
	}
	if err := checkARF(parts[1].body, parts[2].body); err != nil || !bytes.Contains(parts[1].body, []byte("Source-Port: 40123")) {
		t.Errorf("%v\n%s", err, parts[1].body)
	}
	if again, err := BuiltIn().Drafter(c).Letter(*l); err != nil || !bytes.Equal(again.EML, d.EML) {
		t.Error("the same letter written twice differs")
	}
	for name, spoil := range map[string]func(c *casefile.Case, l *casefile.Letter){
		"no port":          func(c *casefile.Case, _ *casefile.Letter) { c.Samples[2].Path.Hops[0].From.Port = 0 },
		"impossible port":  func(c *casefile.Case, _ *casefile.Letter) { c.Samples[2].Path.Hops[0].From.Port = 70000 },
		"null sender":      func(c *casefile.Case, _ *casefile.Letter) { c.Samples[2].Path.Message.ReturnPath = "<>" },
		"no sender":        func(c *casefile.Case, _ *casefile.Letter) { c.Samples[2].Path.Message.ReturnPath = "" },
		"odd sender":       func(c *casefile.Case, _ *casefile.Letter) { c.Samples[2].Path.Message.ReturnPath = "<a b@c>" },
		"no time":          func(c *casefile.Case, _ *casefile.Letter) { c.Samples[2].Path.Hops[0].Time.UTC = "" },
		"nobody reports":   func(c *casefile.Case, _ *casefile.Letter) { c.Settings.Organisation = "" },
		"nowhere to reply": func(c *casefile.Case, _ *casefile.Letter) { c.Settings.ReplyTo = "" },
	} {
		c, l := known()
		spoil(c, l)
		d, err := BuiltIn().Drafter(c).Letter(*l)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		parts, shape := leaves(t, d.EML)
		if shape != arfShape {
			t.Errorf("%s: %s", name, shape)
		} else if err := checkARF(parts[1].body, parts[2].body); err != nil {
			t.Errorf("%s: %v\n%s", name, err, parts[1].body)
		}
	}
}
