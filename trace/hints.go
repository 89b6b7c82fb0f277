package trace

import (
	"strings"

	"relaytrace/trace/header"
)

// hint is a field that may tell of the source, and how many Received: fields stand above it.
type hint struct {
	f     header.Field
	above int
	kind  hintKind
}

// originFields name the client of a webmail or submission server.
var originFields = []string{
	"X-Originating-IP", "X-Original-IP", "X-Sender-IP", "X-Client-IP", "X-Source-IP", "X-HTTP-Posting-Host",
	"X-Remote-IP", "X-AOL-IP", "X-YahooFilteredBulk", "X-Mailer-IP", "X-Posting-IP", "X-SenderIP", "X-IP",
}

// judgedFields are those by which a server says what it thinks of its client.
var judgedFields = []string{"Authentication-Results", "ARC-Authentication-Results", "Received-SPF", "X-Received"}

// programFields name the program that wrote the mail, or claims to.
var programFields = []string{"X-Mailer", "User-Agent", "X-MimeOLE", "X-PHP-Originating-Script", "X-PHP-Script", "X-Authenticated-User", "X-Authentication-Warning", "X-Sender"}

// hintKind tells what sort of hint a field is.
type hintKind uint8

const (
	noHint hintKind = iota
	originHint
	judgedHint
	programHint
)

// hintKinds gives what sort of hint a field of a name is.
var hintKinds = func() (kinds [header.Names]hintKind) {
	for kind, names := range [...][]string{originHint: originFields, judgedHint: judgedFields, programHint: programFields} {
		for _, name := range names {
			kinds[header.NameOf(name)] = hintKind(kind)
		}
	}
	return kinds
}()

// readHints takes the hints that readHeader found.
func (a *analysis) readHints(data []byte) {
	a.path.Hints = sized(&a.lists.hints, len(a.hints))
	for i, x := range a.hints {
		h := &a.path.Hints[i]
		h.Line = x.f.Line
		a.kept.verbatim(&h.Field, x.f.Name(data))
		a.kept.unfolded(&h.Value, x.f.Body(data))
	}
}

// settleHints gives each hint its certainty by who can have written it. Servers write on
// top: what stands above the boundary's field was written on the recipient's side. What
// stands lower was written by a server below, or by the sender.
func (a *analysis) settleHints() {
	for i, x := range a.hints {
		h := &a.path.Hints[i]
		h.Value = cut(h.Value, 400)
		if x.kind != programHint {
			h.IP = addrIn(h.Value)
		}
		h.Certainty, h.Why = a.hintCertainty(x)
	}
}

func (a *analysis) hintCertainty(x hint) (Certainty, string) {
	switch {
	case a.edge >= 0 && x.above <= a.edge && x.kind != programHint:
		return Recorded, "it stands above the boundary's field, so the recipient's own side wrote it"
	case x.kind == originHint && a.providerWrote():
		return CertaintyCorroborated, "the mail came from the provider whose address the sender has, and providers write this field"
	case a.edge < 0 && x.above == 0:
		return Recorded, "it stands above every trace field"
	}
	return Claimed, "the sender can have written it"
}

// providerWrote reports whether the mail was handed over by a host of the sender's own
// provider, by a looked-up name, with nothing below that contradicts it: then the
// provider's fields are its own.
func (a *analysis) providerWrote() bool {
	if a.edge < 0 || !PublicProvider(a.path.Message.Organisation) {
		return false
	}
	edge := &a.hops[a.edge]
	if registrable(edge.rdns) != a.path.Message.Organisation || customerName(edge.rdns, edge.From.IP) {
		return false
	}
	for i := a.edge + 1; i < len(a.hops); i++ {
		if s := a.hops[i].Standing; s != Corroborated {
			return false
		}
	}
	return true
}

// cut bounds a text for display; what is left out is told.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return strings.TrimRight(s[:n], " ") + " \u2026"
}
