package trace

import (
	"net/netip"
	"strings"
)

// operator is a large mailbox provider. Such a one hands mail on among many machines of
// its own, in fields that name each other by addresses that nobody can look up, by other
// names than they write themselves, or not at all. What is known here ties the fields of
// one provider to each other, so that the trail is not lost on the systems that most
// people use. It never makes a field believed to which no believed field leads.
type operator struct {
	name   string
	wrote  func(h *hop) bool // the field is in the provider's name and of its form
	within func(h *hop) bool // of a field that it wrote: the mail came from another machine of the provider
}

var operators = [...]operator{
	{name: "Google", wrote: googleWrote, within: googleWithin},
	{name: "Microsoft", wrote: microsoftWrote, within: microsoftWithin},
}

// operatorOf gives the provider in whose name and form a field was written; nil when it is
// none of those known.
func operatorOf(h *hop) *operator {
	for i := range operators {
		if operators[i].wrote(h) {
			return &operators[i]
		}
	}
	return nil
}

// withinOperator gives the provider between whose machines the mail passed from the field
// next to the field h above it; nil when there is none. next is nil below the last field.
func withinOperator(h, next *hop) *operator {
	op := operatorOf(h)
	if op == nil || !op.within(h) || next != nil && !op.wrote(next) {
		return nil
	}
	return op
}

// Google's machines write themselves as addresses of 10.0.0.0/8, or as those in the form
// of 6to4 (RFC 3056), which can be nobody's: 2002:a05:...; where one took mail from
// another, the field names no peer. From outside it always does.
var google6to4 = netip.MustParsePrefix("2002:a00::/24")

func googleWrote(h *hop) bool {
	switch {
	case h.By.IP.Is6():
		return google6to4.Contains(h.By.IP)
	case h.By.IP.IsValid():
		return h.By.IP.As4()[0] == 10 && h.By.Host == "" && h.With == "SMTP" && strings.Contains(h.ID, "csp")
	}
	return h.By.MTA == "gmail" && under(h.By.Host, "google.com", "gmail.com")
}

func googleWithin(h *hop) bool {
	return h.scope == noAddr && h.name() == "" && h.Kind == Transfer && h.With == "SMTP"
}

// The machines of Exchange Online record each other by addresses that Microsoft uses
// within its own network alone, and write their names in several domains. Where a user put
// the mail in ("with mapi") the address is another: below stands what he wrote.
var microsoftInside = netip.MustParsePrefix("2603:1080::/25")

func microsoftWrote(h *hop) bool {
	return (h.By.MTA == "exchange" || h.With == "HTTPS") && under(h.By.Host, "outlook.com", "office365.com")
}

func microsoftWithin(h *hop) bool {
	return microsoftInside.Contains(h.From.IP) && under(h.name(), "outlook.com", "office365.com") && !under(h.name(), "outbound.protection.outlook.com")
}

// operatorHost reports whether a looked-up name is one under which a known provider's
// servers send, however many digits it holds.
func operatorHost(name string) bool {
	return under(name, "google.com", "outbound.protection.outlook.com")
}

// under reports whether a host name is below one of the domains.
func under(name string, domains ...string) bool {
	name = strings.TrimSuffix(name, ".")
	for _, d := range domains {
		if i := len(name) - len(d); i > 0 && name[i-1] == '.' && strings.EqualFold(name[i:], d) {
			return true
		}
	}
	return false
}
