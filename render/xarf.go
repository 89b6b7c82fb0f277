package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// xarfReport is a report of XARF version 4 about spam that came by SMTP.
type xarfReport struct {
	Version   string         `json:"xarf_version"`
	ID        string         `json:"report_id"` // UUID of version 4
	Timestamp string         `json:"timestamp"` // of the transaction
	Reporter  xarfContact    `json:"reporter"`
	Sender    xarfContact    `json:"sender"`
	Source    string         `json:"source_identifier"`
	Port      int            `json:"source_port"`
	Category  string         `json:"category"`
	Type      string         `json:"type"`
	Evidence  string         `json:"evidence_source"`
	Protocol  string         `json:"protocol"`
	MailFrom  string         `json:"smtp_from"`
	Subject   string         `json:"subject,omitempty"`
	MessageID string         `json:"message_id,omitempty"`
	Text      string         `json:"description"`
	Items     []xarfEvidence `json:"evidence"`
}

type xarfContact struct {
	Org     string `json:"org"`
	Contact string `json:"contact"`
	Domain  string `json:"domain"`
}

type xarfEvidence struct {
	Type    string `json:"content_type"`
	Text    string `json:"description"`
	Payload string `json:"payload"` // base64
	Hash    string `json:"hash"`
	Size    int    `json:"size"`
}

// xarf writes the report, or nothing where a field that must be there is not known: the
// port above all, which few trace fields record and which is never made up.
func (f *frame) xarf(fb *feedback, subject, messageID string, headers []byte, relayed bool) ([]byte, error) {
	from := strings.Trim(fb.MailFrom, "<>")
	_, domain, _ := strings.Cut(f.ReplyTo, "@")
	if from == "" || fb.Port < 1 || fb.Port > 65535 || fb.Arrival.IsZero() || f.Organisation == "" || domain == "" || !fb.Source.IsValid() {
		return nil, nil
	}
	who := xarfContact{Org: atMost(f.Organisation, 200), Contact: f.ReplyTo, Domain: domain}
	sum := sha256.Sum256(headers)
	what := "Unsolicited mail handed over by this host, which is its source or a mail server that passed it on."
	if relayed {
		what = "Unsolicited mail relayed by this host, which is not said to be its source: see the text."
	}
	r := xarfReport{
		Version: "4.2.0", ID: uuid4(f.ID, f.mail.MessageID, fb.Source.String()), Timestamp: fb.Arrival.UTC().Format(time.RFC3339),
		Reporter: who, Sender: who, Source: fb.Source.String(), Port: fb.Port, Category: "messaging", Type: "spam",
		Evidence: "user_complaint", Protocol: "smtp", MailFrom: from, Subject: atMost(subject, 500), MessageID: atMost(messageID, 200),
		Text: what,
		Items: []xarfEvidence{{
			Type: "text/rfc822-headers", Text: "Header fields of the sample that are relied on, recipients redacted",
			Payload: base64.StdEncoding.EncodeToString(headers), Hash: "sha256:" + hex.EncodeToString(sum[:]), Size: len(headers),
		}},
	}
	if !f.Redacted {
		r.Items[0].Text = "Header fields of the sample that are relied on"
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("XARF: %w", err)
	}
	return b.Bytes(), nil
}

// uuid4 is a UUID in the form of version 4, which is what XARF asks for. Its bits come from
// the parts and not from chance, so that the same letter gives the same bytes.
func uuid4(parts ...string) string {
	sum := sha256.Sum256([]byte("relaytrace report\x00" + strings.Join(parts, "\x00")))
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	h := hex.EncodeToString(u)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
