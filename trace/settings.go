package trace

import (
	"fmt"
	"net/netip"
	"strings"
)

// Settings say what the analyst knows of the recipient's side. The zero Settings trust
// the topmost field and what can be inferred from it. Settings are read only once in
// use and may be shared by concurrent calls of Analyze.
type Settings struct {
	Trust     Hosts          // the recipient's own hosts, names and networks
	Forwarder Hosts          // forwarders, mailing lists and backup MXs that the recipient uses
	Public    []netip.Prefix // prefixes to be taken for public although they are reserved, as in a laboratory
}

// Hosts is a set of host names, domains, addresses and networks. The zero Hosts is empty.
type Hosts struct {
	names    map[string]bool // in lower case
	suffixes []string        // ".example.org" for "*.example.org"
	prefixes []netip.Prefix
}

// ParseHosts reads a set: each entry is a host name ("mx.example.org"), all names below
// a domain ("*.example.org"), an address or a network ("192.0.2.0/24"). The error names
// the first entry that is none of them.
func ParseHosts(entries []string) (Hosts, error) {
	var h Hosts
	for _, e := range entries {
		e = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(e), "."))
		if p, err := netip.ParsePrefix(e); err == nil {
			h.prefixes = append(h.prefixes, p.Masked())
			continue
		}
		if a, err := netip.ParseAddr(strings.Trim(e, "[]")); err == nil {
			a = a.Unmap().WithZone("")
			h.prefixes = append(h.prefixes, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		name := strings.TrimPrefix(e, "*.")
		if !hostName(name) {
			return Hosts{}, fmt.Errorf("%q is neither a host name, *.domain, address nor network", e)
		}
		if name != e {
			h.suffixes = append(h.suffixes, "."+name)
			continue
		}
		if h.names == nil {
			h.names = make(map[string]bool)
		}
		h.names[name] = true
	}
	return h, nil
}

func hostName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for _, c := range []byte(s) {
		if c != '.' && c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

func (h *Hosts) empty() bool { return len(h.names)+len(h.suffixes)+len(h.prefixes) == 0 }

// HasAddr reports whether the set holds the address.
func (h *Hosts) HasAddr(a netip.Addr) bool {
	for _, p := range h.prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func lowerName(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }

// HasName reports whether the set holds the host name. The zero name is never held.
func (h *Hosts) HasName(name string) bool {
	if name == "" || len(h.names)+len(h.suffixes) == 0 {
		return false
	}
	name = lowerName(name)
	if h.names[name] {
		return true
	}
	for _, s := range h.suffixes {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return false
}
