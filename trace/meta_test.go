package trace

import (
	"bytes"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relaytrace/trace/header"
)

// forgeries are fields that bulk mailers write under a message, one of each style, and
// two that look genuine.
var forgeries = []string{
	"Received: from unknown (52.127.142.42) by rly-xl04.mx.aol.com with smtp; Aug, 22 2002 8:02:13 AM +0400",
	"Received: from [176.244.234.14] by smtp-server6.tampabay.rr.com with local; Aug, 22 2002 6:50:51 AM +1200",
	"Received: from unknown (HELO mx.loxsystems.net) (114.106.224.38) by rly-xl05.dohuya.com with NNFMP; Sun, 25 Aug 0102 02:03:20 +0500",
	"Received: from mail by tcts.seed.net.tw with SMTP id mcyMwcFt6DSYO0e4bs; Mon, 16 Sep 2002 03:14:27 +0800",
	"Received: from mail.lycos.com by BQIPT.mail.lycos.com with SMTP for social@linux.ie; Tue, 03 Dec 2002 02:55:25 -0500",
	"Received: from innocent.example.org (innocent.example.org [203.0.114.5])\n\tby mail.innocent-isp.example.net (8.11.6/8.11.6) with ESMTP id g7MCJiZ06043\n\tfor <a@example.org>; Thu, 22 Aug 2002 13:19:44 +0100",
	"Received: from innocent.example.org (innocent.example.org [203.0.114.5])\n\tby mail.innocent-isp.example.net (Postfix) with ESMTP id 136B943C32; Thu, 22 Aug 2002 08:17:21 -0400 (EDT)",
}

// underLast puts fields below the last Received: field, or at the end of a header without one.
func underLast(data []byte, fields []string) []byte {
	h := header.Scan(data, nil)
	at := -1
	for _, f := range h.Fields {
		if f.Is(data, "Received") {
			at = f.End
		}
	}
	if at < 0 {
		return data
	}
	for at < len(data) && data[at] != '\n' {
		at++
	}
	var out []byte
	out = append(out, data[:at+1]...)
	for _, f := range fields {
		out = append(out, f+"\n"...)
	}
	return append(out, data[at+1:]...)
}

type core struct {
	Boundary *Boundary
	Origin   *Origin
	Relays   []string
}

func coreOf(p *Path) core { return core{p.Boundary, p.Origin, relayTexts(p)} }

// TestForgedFieldsBelow: what a sender writes under a message changes nothing above.
func TestForgedFieldsBelow(t *testing.T) {
	set := declaredSettings(t)
	for _, m := range loadTruth(t) {
		before := analyzeBytes(m.data, set)
		for _, group := range [][]string{forgeries, forgeries[:1], forgeries[5:6], forgeries[6:]} {
			after := analyzeBytes(underLast(m.data, group), set)
			if before.Boundary == nil { // then nothing below is believed, forged or not
				if after.Boundary != nil && len(before.Hops) > 0 && before.Ends != EndLocal {
					t.Errorf("%s: a boundary out of forged fields", m.name)
				}
				continue
			}
			if d := cmp.Diff(coreOf(&before), coreOf(&after), addrCompare); d != "" {
				t.Errorf("%s: forged fields below changed what is above (-before +after)\n%s", m.name, d)
			}
			for i := len(before.Hops); i < len(after.Hops); i++ {
				if s := after.Hops[i].Standing; s == Trusted || s == Corroborated {
					t.Errorf("%s: forged field %d is %s: %s", m.name, i, s, after.Hops[i].Why)
				}
			}
		}
	}
}

// TestForgedUnderHELO: a sender may say HELO in any name and write a field under it. It
// may then be shown as a claim, and never as more.
func TestForgedUnderHELO(t *testing.T) {
	set := declaredSettings(t)
	for _, m := range loadTruth(t) {
		before := analyzeBytes(m.data, set)
		last := len(before.Hops) - 1
		if last < 0 || before.Boundary == nil || before.Hops[last].From.HELO == "" || before.Hops[last].Kind != Transfer {
			continue
		}
		field := fmt.Sprintf("Received: from victim.example.org (victim.example.org [203.0.114.9])\n\tby %s (8.11.6/8.11.6) with ESMTP id g7MCJiZ06043; Thu, 22 Aug 2002 13:19:44 +0100", before.Hops[last].From.HELO)
		after := analyzeBytes(underLast(m.data, []string{field}), set)
		if d := cmp.Diff(before.Boundary, after.Boundary, addrCompare); d != "" {
			t.Errorf("%s: boundary changed\n%s", m.name, d)
		}
		from := before.Hops[last].From
		borneOut := sameHost(from.RDNS, from.HELO) || sameDomain(from.RDNS, from.HELO) || from.HELO == from.IP.String()
		if o := after.Origin; o.IP == netip.MustParseAddr("203.0.114.9") && o.Certainty != Claimed && !borneOut {
			t.Errorf("%s: an innocent is named as %s on the strength of a HELO %q", m.name, o.Certainty, before.Hops[last].From.HELO)
		}
	}
}

// TestInternalHopOnTop: one more inside hand-over above changes nothing below it.
func TestInternalHopOnTop(t *testing.T) {
	for _, m := range loadTruth(t) {
		set := declaredSettings(t)
		before := analyzeBytes(m.data, set)
		if len(before.Hops) == 0 || before.Hops[0].By.Host == "" {
			continue
		}
		top := fmt.Sprintf("Received: from %s (%s [192.168.77.1])\n\tby store.inside.example (Postfix) with LMTP id 1234567890;\n\tWed, 1 Jan 2003 00:00:00 +0000\n", before.Hops[0].By.Host, before.Hops[0].By.Host)
		data := m.data
		if i := bytes.IndexByte(data, '\n'); bytes.HasPrefix(data, []byte("From ")) {
			data = append(append(append([]byte{}, data[:i+1]...), top...), data[i+1:]...)
		} else {
			data = append([]byte(top), data...)
		}
		after := analyzeBytes(data, set)
		for i := range before.Hops {
			a, b := before.Hops[i], after.Hops[i+1]
			if a.Standing != b.Standing || a.Kind != b.Kind {
				t.Errorf("%s: field %d was %s %s, is %s %s under an inside hop", m.name, i, a.Kind, a.Standing, b.Kind, b.Standing)
			}
		}
		if before.Ends != after.Ends || len(before.Relays) != len(after.Relays) {
			t.Errorf("%s: ends %s with %d relays, now %s with %d", m.name, before.Ends, len(before.Relays), after.Ends, len(after.Relays))
		}
	}
}

var folding = regexp.MustCompile(`\r?\n[ \t]+`)

// TestFormOfHeader: line ends, folding and the case of names change nothing.
func TestFormOfHeader(t *testing.T) {
	set := declaredSettings(t)
	forms := map[string]func([]byte) []byte{
		"CRLF":             func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) },
		"unfolded":         func(b []byte) []byte { return folding.ReplaceAll(b, []byte(" ")) },
		"folded with tabs": func(b []byte) []byte { return folding.ReplaceAll(b, []byte("\n\t\t")) },
		"capitals": func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("\nReceived:"), []byte("\nRECEIVED:"))
		},
	}
	for _, m := range loadTruth(t) {
		data := bytes.ReplaceAll(m.data, []byte("\r\n"), []byte("\n"))
		want := withoutForm(analyzeBytes(data, set))
		for name, form := range forms {
			got := withoutForm(analyzeBytes(form(data), set))
			if d := cmp.Diff(want, got, addrCompare); d != "" {
				t.Errorf("%s: %s changed the path\n%s", m.name, name, d)
			}
		}
	}
}

// withoutForm blanks what is told verbatim.
func withoutForm(p Path) Path {
	space := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for i := range p.Hops {
		h := &p.Hops[i]
		h.Raw, h.Line = "", 0
		h.Time.Stamp = space(h.Time.Stamp)
		h.With = space(h.With)
		h.By.Version = space(h.By.Version)
		h.From.Auth = space(h.From.Auth)
	}
	for i := range p.Hints {
		p.Hints[i].Line, p.Hints[i].Value = 0, space(p.Hints[i].Value)
	}
	for i := range p.Findings {
		p.Findings[i].Quote = space(p.Findings[i].Quote)
	}
	m := &p.Message
	for _, s := range []*string{&m.To, &m.Cc, &m.From, &m.Subject, &m.MessageID, &m.Date, &m.ReplyTo, &m.Sender, &m.ReturnPath} {
		*s = space(*s)
	}
	return p
}

var addrCompare = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// FuzzAnalyze holds invariants over any bytes.
func FuzzAnalyze(f *testing.F) {
	for i, m := range loadTruth(f) {
		if i%4 == 0 {
			f.Add(m.data)
		}
	}
	for _, s := range forgeries {
		f.Add([]byte(s + "\n\n"))
	}
	set := declaredSettings(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		p := analyzeBytes(data, set)
		below := false
		for i, h := range p.Hops {
			if h.Index != i {
				t.Fatalf("field %d has index %d", i, h.Index)
			}
			if below && h.Standing == Trusted {
				t.Fatalf("field %d is trusted below one that is not", i)
			}
			below = below || h.Standing != Trusted
		}
		if p.Boundary != nil && p.Hops[p.Boundary.Hop].Standing != Trusted {
			t.Fatal("the boundary stands in a field that is not trusted")
		}
		for _, r := range p.Relays {
			if !r.IP.IsValid() || p.Hops[r.Hop].From.IP != r.IP || r.Own <= r.Hop {
				t.Fatalf("relay %v is not the peer of field %d", r.IP, r.Hop)
			}
			if p.Hops[r.Hop].Standing == Contradicted || p.Hops[r.Own].Standing == Contradicted {
				t.Fatalf("relay %v rests on a contradicted field", r.IP)
			}
		}
		for _, x := range p.Findings {
			if x.Hop < -1 || x.Hop >= len(p.Hops) || x.Code == "" || x.Text == "" {
				t.Fatalf("finding %+v", x)
			}
		}
	})
}

// BenchmarkAnalyze counts messages a second, headers only, from memory: hashing and output
// left out. "common" are those with up to three trace fields, "all" the whole truth set,
// whose messages have six on average and were chosen for being hard.
func BenchmarkAnalyze(b *testing.B) {
	set := declaredSettings(b)
	groups := map[string][][]byte{}
	for _, m := range loadTruth(b) {
		groups["all"] = append(groups["all"], m.data)
		if bytes.Count(m.data, []byte("\nReceived:")) <= 3 {
			groups["common"] = append(groups["common"], m.data)
		}
	}
	for _, name := range []string{"common", "all"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var fields []header.Field
			var z Analyzer
			i, size := 0, 0
			for b.Loop() {
				data := groups[name][i%len(groups[name])]
				h := header.Scan(data, fields[:0])
				fields = h.Fields
				if p := z.Analyze(data, h.Fields, set); p.Schema == "" {
					b.Fatal("no path")
				}
				i++
				size += h.End
			}
			b.SetBytes(int64(size / i))
			b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
