package intake

import (
	"bytes"
	"encoding/json"
	"strings"

	"relaytrace/trace/header"
)

// readARF reads the feedback-report part of a report (RFC 5965).
func readARF(p *part) *Report {
	r := &Report{Format: "arf"}
	body, _ := p.content()
	for i, g := range groups(body) {
		if i > 0 {
			break
		}
		r.Type, r.UserAgent, r.SourceIP = g.get(header.FeedbackType), g.get(header.UserAgent), g.get(header.SourceIP)
		if r.Arrival = g.get(header.ArrivalDate); r.Arrival == "" {
			r.Arrival = g.get(header.ReceivedDate)
		}
		r.OriginalFrom = bareAddress(g.get(header.OriginalMailFrom))
		for _, v := range g.all(header.OriginalRcptTo) {
			r.OriginalTo = append(r.OriginalTo, bareAddress(v))
		}
		r.Domains = g.all(header.ReportedDomain)
	}
	return r
}

// maxXARF bounds a report in JSON, in bytes: the format allows 15 MB of evidence.
const maxXARF = 32 << 20

// xarf is what is read of XARF, version 4 and version 3.
type xarf struct {
	Version    string `json:"xarf_version"`
	Category   string `json:"category"`
	Type       string `json:"type"`
	Source     string `json:"source_identifier"`
	Timestamp  string `json:"timestamp"`
	SMTPFrom   string `json:"smtp_from"`
	SMTPTo     string `json:"smtp_to"`
	RawHeaders string `json:"raw_headers"`
	Evidence   []struct {
		ContentType string `json:"content_type"`
		Payload     string `json:"payload"`
	} `json:"evidence"`

	ReporterInfo map[string]any `json:"ReporterInfo"`
	Report       struct {
		Class    string `json:"ReportClass"`
		Type     string `json:"ReportType"`
		Date     string `json:"Date"`
		SourceIP string `json:"SourceIp"`
		From     string `json:"SmtpMailFromAddress"`
		Samples  []struct {
			ContentType string `json:"ContentType"`
			Base64      bool   `json:"Base64Encoded"`
			Payload     string `json:"Payload"`
		} `json:"Samples"`
	} `json:"Report"`
}

// isJSON tells whether data begins as a JSON object.
func isJSON(data []byte) bool {
	t := bytes.TrimLeft(bytes.TrimPrefix(data[:min(len(data), 200)], []byte("\xEF\xBB\xBF")), " \t\r\n")
	return len(t) > 1 && t[0] == '{'
}

// readXARF reads a report in XARF and its evidence. What is no such report is left alone.
func (in *inspector) readXARF(body []byte, path string, steps []string, c *cargo) {
	if len(body) > maxXARF || !bytes.Contains(body, []byte("xarf_version")) && !bytes.Contains(body, []byte("ReporterInfo")) {
		return
	}
	var x xarf
	err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")), &x)
	if err != nil && x.Version == "" && x.Report.Type == "" {
		return
	}
	r := &Report{Format: "xarf", Type: strings.Trim(x.Category+"/"+x.Type, "/"), SourceIP: x.Source, Arrival: x.Timestamp, OriginalFrom: x.SMTPFrom}
	if x.SMTPTo != "" {
		r.OriginalTo = []string{x.SMTPTo}
	}
	if x.Version == "" {
		r.Type, r.SourceIP, r.Arrival, r.OriginalFrom = strings.ToLower(strings.Trim(x.Report.Class+"/"+x.Report.Type, "/")), x.Report.SourceIP, x.Report.Date, x.Report.From
	}
	c.xarf = r
	for _, e := range x.Evidence {
		in.evidence(decodeBase64(nil, []byte(e.Payload)), path, with(steps, stepEvidence, stepBase64), c)
	}
	for _, e := range x.Report.Samples {
		if e.Base64 {
			in.evidence(decodeBase64(nil, []byte(e.Payload)), path, with(steps, stepEvidence, stepBase64), c)
		} else {
			in.evidence([]byte(e.Payload), path, with(steps, stepEvidence), c)
		}
	}
	if x.RawHeaders != "" && len(c.samples) == 0 {
		in.evidence([]byte(x.RawHeaders), path, with(steps, stepEvidence), c)
	}
}

// evidence takes the sample out of one piece of evidence.
func (in *inspector) evidence(data []byte, path string, steps []string, c *cargo) {
	if in.looksLikeMessage(data) {
		c.samples = append(c.samples, newSample(data, path, steps))
		return
	}
	for _, b := range findBlocks(data) {
		if b.traces > 0 {
			whole, mended := b.mend(c.room, data)
			c.samples = append(c.samples, newSample(whole, path, with(steps, mended...)))
		}
	}
}
