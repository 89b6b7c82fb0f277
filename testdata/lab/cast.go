package main

import (
	"fmt"
	"time"
)

// host is one server of the laboratory. Zero fields mean the plain case.
type host struct {
	Name    string // host name; its looked-up name too unless NoRDNS
	Addr    string
	Addr6   string
	Server  string // script below servers/
	Mode    string // what the script makes of it
	Role    string // in the truth: relay, proxy, provider, smarthost, customer, forwarder, list, backup, gateway, store, desk
	Hides   string // in the truth: "", helo-only, by-only, no-field, all-fields, loopback
	Zone    string // time zone; one is chosen when empty
	Clock   string // offset for faketime, such as "+3h"
	Off     time.Duration
	Domain  string // mail domain of its own
	Route   string // where it sends everything, when not by MX
	Clients string // addresses that may relay
	LongID  string // "yes" for Postfix's long queue IDs
	PopHost string
	NoRDNS  bool

	id      string
	pid     int
	answers bool
}

// client is a machine that sends and is no mail server.
type client struct{ Addr, RDNS string }

const store = "mx.college.example"

var clients = []client{
	{"198.51.100.66", "dsl-66-100-51-198.isp-hollow.example"},
	{"198.51.100.77", ""},
	{"198.51.100.88", "server88.hosting.example"},
	{"198.51.100.130", "pc1.firm.example"},
	{"3fff:66::66", "host66.v6-hollow.example"},
	{"3fff:66::77", ""},
}

// families are the servers that every topology is tried with.
var families = []string{"postfix", "exim", "sendmail", "opensmtpd", "courier", "haraka"}

// Tracers take addresses that lie close together for one network. So two relays that meet
// in one message have addresses in different prefixes; the recipient's are 192.0.2.0/26.

// openRelay is the host that runs a family's server as an open relay.
var openRelay = map[string]string{
	"postfix": "mail.alpha.example", "exim": "host.bravo.example", "sendmail": "mail.charlie.example",
	"opensmtpd": "ns.delta.example", "courier": "www.echo.example", "haraka": "server.foxtrot.example",
}

var cast = []host{
	{Name: store, Addr: "192.0.2.10", Addr6: "2001:db8:c0::10", Server: "postfix", Mode: "store", Role: "store", LongID: "yes", Zone: "Europe/London"},
	{Name: "mx-filter.college.example", Addr: "192.0.2.11", Server: "postfix", Mode: "filtered", Role: "store", Zone: "Europe/London"},
	{Name: "mx-lmtp.college.example", Addr: "192.0.2.12", Server: "postfix", Mode: "lmtp", Role: "store", LongID: "yes", Zone: "Europe/London"},
	{Name: "pop.college.example", Addr: "192.0.2.13", Server: "postfix", Mode: "lmtp", Role: "store", Zone: "Europe/London"},
	{Name: "mx-chasquid.college.example", Addr: "192.0.2.15", Server: "chasquid", Mode: "store", Role: "store", Zone: "Europe/London", Domain: "chasquid.college.example"},
	{Name: "desk.college.example", Addr: "192.0.2.14", Server: "postfix", Mode: "desk", Role: "desk", Zone: "Europe/London", PopHost: "192.0.2.13"},
	{Name: "pop2.college.example", Addr: "192.0.2.16", Server: "postfix", Mode: "lmtp", Role: "store", Zone: "Europe/London", LongID: "yes"},
	{Name: "desk2.college.example", Addr: "192.0.2.17", Server: "getmail", Mode: "desk", Role: "desk", Zone: "Europe/London", PopHost: "192.0.2.16"},
	{Name: "gw-postfix.college.example", Addr: "192.0.2.21", Addr6: "2001:db8:c0::21", Server: "postfix", Mode: "gateway", Role: "gateway", Route: "192.0.2.10", Zone: "Europe/London"},
	{Name: "gw-exim.college.example", Addr: "192.0.2.22", Addr6: "2001:db8:c0::22", Server: "exim", Mode: "gateway", Role: "gateway", Route: "192.0.2.10", Zone: "Europe/London"},
	{Name: "gw-sendmail.college.example", Addr: "192.0.2.23", Server: "sendmail", Mode: "gateway", Role: "gateway", Route: "192.0.2.10", Zone: "Europe/London"},
	{Name: "gw-opensmtpd.college.example", Addr: "192.0.2.24", Addr6: "2001:db8:c0::24", Server: "opensmtpd", Mode: "gateway", Role: "gateway", Route: "192.0.2.10", Zone: "Europe/London"},
	{Name: "gw-courier.college.example", Addr: "192.0.2.25", Server: "courier", Mode: "gateway", Role: "gateway", Route: "192.0.2.10", Zone: "Europe/London"},
	{Name: "gw-haraka.college.example", Addr: "192.0.2.26", Addr6: "2001:db8:c0::26", Server: "haraka", Mode: "gateway", Role: "gateway", Route: "192.0.2.10", Zone: "Europe/London"},

	{Name: "gw-qpsmtpd.college.example", Addr: "192.0.2.27", Server: "qpsmtpd", Mode: "gateway", Role: "gateway", Route: "192.0.2.10", Zone: "Europe/London"},
	{Name: "gw-mailfront.college.example", Addr: "192.0.2.28", Server: "mailfront", Mode: "gateway", Role: "gateway", Route: "192.0.2.10", Zone: "Europe/London"},

	{Name: "mail.alpha.example", Addr: "203.0.113.11", Server: "postfix", Mode: "open", Role: "relay", Zone: "Asia/Seoul"},
	{Name: "host.bravo.example", Addr: "192.0.2.112", Server: "exim", Mode: "open", Role: "relay", Zone: "America/Sao_Paulo"},
	{Name: "mail.charlie.example", Addr: "203.0.113.13", Server: "sendmail", Mode: "open", Role: "relay", Zone: "Asia/Tokyo"},
	{Name: "ns.delta.example", Addr: "192.0.2.114", Server: "opensmtpd", Mode: "open", Role: "relay", Zone: "America/New_York"},
	{Name: "www.echo.example", Addr: "203.0.113.15", Server: "courier", Mode: "open", Role: "relay", Zone: "Asia/Kolkata"},
	{Name: "server.foxtrot.example", Addr: "192.0.2.116", Server: "haraka", Mode: "open", Role: "relay", Zone: "Europe/Warsaw"},

	{Name: "mail.golf.example", Addr: "192.0.2.121", Server: "postfix", Mode: "strip", Role: "relay", Hides: "all-fields"},
	{Name: "mail.hotel.example", Addr: "203.0.113.22", Server: "postfix", Mode: "rewrite", Role: "relay", Hides: "by-only", Zone: "Asia/Shanghai"},
	{Name: "mail.india.example", Addr: "192.0.2.123", Server: "postfix", Mode: "proxied", Role: "relay", Hides: "loopback", Zone: "Asia/Kolkata"},
	{Name: "mail.juliett.example", Addr: "203.0.113.24", Server: "exim", Mode: "byonly", Role: "relay", Hides: "by-only", Zone: "Asia/Manila"},
	{Name: "mail.kilo.example", Addr: "192.0.2.125", Server: "exim", Mode: "helo", Role: "relay", Hides: "helo-only", Zone: "Africa/Lagos"},
	{Name: "mail.lima.example", Addr: "203.0.113.26", Server: "exim", Mode: "silent", Role: "relay", Hides: "no-field"},
	{Name: "mail.mike.example", Addr: "203.0.113.27", Server: "exim", Mode: "nolookup", Role: "relay", Zone: "America/Bogota"},
	{Name: "mail.november.example", Addr: "192.0.2.128", Server: "sendmail", Mode: "byonly", Role: "relay", Hides: "by-only", Zone: "Asia/Taipei"},
	{Name: "mail.oscar.example", Addr: "203.0.113.29", Server: "sendmail", Mode: "helo", Role: "relay", Hides: "helo-only", Zone: "Asia/Bangkok"},
	{Name: "mail.papa.example", Addr: "192.0.2.130", Server: "sendmail", Mode: "silent", Role: "relay", Hides: "no-field"},
	{Name: "mail.quebec.example", Addr: "203.0.113.31", Server: "opensmtpd", Mode: "masked", Role: "relay", Hides: "by-only", Zone: "Europe/Kiev"},
	{Name: "mail.romeo.example", Addr: "192.0.2.132", Server: "haraka", Mode: "strip", Role: "relay", Hides: "all-fields"},
	{Name: "mail.sierra.example", Addr: "203.0.113.33", Server: "haraka", Mode: "byonly", Role: "relay", Hides: "by-only", Zone: "Asia/Dubai"},
	{Name: "gate.tango.example", Addr: "203.0.113.34", Server: "proxy", Mode: "tcp", Role: "proxy", Hides: "no-field", Route: "192.0.2.10"},
	{Name: "box.tango-two.example", Addr: "192.0.2.135", Server: "proxy", Mode: "tcp", Role: "proxy", Hides: "no-field", Route: "203.0.113.11"},
	{Name: "mail.nameless.example", Addr: "203.0.113.36", Server: "postfix", Mode: "open", Role: "relay", NoRDNS: true, Zone: "Asia/Jakarta"},

	{Name: "mx.golf-two.example", Addr: "203.0.113.37", Server: "qpsmtpd", Mode: "open", Role: "relay", Route: "192.0.2.10", Zone: "Asia/Singapore"},
	{Name: "mx.hotel-two.example", Addr: "192.0.2.138", Server: "qpsmtpd", Mode: "silent", Role: "relay", Hides: "no-field", Route: "192.0.2.10", Zone: "Asia/Riyadh"},
	{Name: "mx.india-two.example", Addr: "203.0.113.39", Server: "mailfront", Mode: "open", Role: "relay", Route: "192.0.2.10", Zone: "America/Lima"},
	{Name: "mx.juliett-two.example", Addr: "192.0.2.140", Server: "mailfront", Mode: "silent", Role: "relay", Hides: "no-field", Route: "192.0.2.10", Zone: "Europe/Athens"},
	{Name: "mail.kilo-two.example", Addr: "203.0.113.48", Server: "postfix", Mode: "walled", Role: "relay", Hides: "inside", Zone: "America/Caracas"},

	{Name: "mail.uniform.example", Addr: "203.0.113.41", Server: "sendmail", Mode: "open", Role: "relay", Clock: "+3h", Off: 3 * time.Hour, Zone: "UTC"},
	{Name: "mail.victor.example", Addr: "203.0.113.42", Server: "exim", Mode: "open", Role: "relay", Clock: "-2d", Off: -48 * time.Hour, Zone: "Europe/Madrid"},
	{Name: "mail.whiskey.example", Addr: "203.0.113.43", Server: "postfix", Mode: "open", Role: "relay", Clock: "+23m", Off: 23 * time.Minute, LongID: "yes", Zone: "Asia/Tehran"},
	{Name: "mail.xray.example", Addr: "203.0.113.44", Server: "sendmail", Mode: "byonly", Role: "relay", Hides: "by-only", Clock: "-1h", Off: -time.Hour, Zone: "Europe/Lisbon"},
	{Name: "mail.wrongzone.example", Addr: "203.0.113.45", Server: "postfix", Mode: "open", Role: "relay", Clock: "+8h", Off: 8 * time.Hour, LongID: "yes", Zone: "UTC"},
	{Name: "mail.lateclock.example", Addr: "203.0.113.46", Server: "courier", Mode: "open", Role: "relay", Clock: "+14m", Off: 14 * time.Minute, Zone: "Asia/Karachi"},

	{Name: "smtp.isp-postfix.example", Addr: "203.0.113.51", Server: "postfix", Mode: "provider", Role: "provider"},
	{Name: "smtp.isp-postfix-id.example", Addr: "203.0.113.52", Server: "postfix", Mode: "provider-id", Role: "provider"},
	{Name: "smtp.isp-exim.example", Addr: "203.0.113.53", Server: "exim", Mode: "provider", Role: "provider"},
	{Name: "smtp.isp-sendmail.example", Addr: "203.0.113.54", Server: "sendmail", Mode: "provider", Role: "provider"},
	{Name: "smtp.isp-haraka.example", Addr: "203.0.113.56", Server: "haraka", Mode: "provider", Role: "provider"},

	{Name: "mail.firm.example", Addr: "198.51.100.131", Server: "postfix", Mode: "smarthost", Role: "customer", Clients: "198.51.100.130"},
	{Name: "out.net-postfix.example", Addr: "203.0.113.61", Server: "postfix", Mode: "smarthost", Role: "smarthost", Clients: "198.51.100.131"},
	{Name: "out.net-exim.example", Addr: "203.0.113.62", Server: "exim", Mode: "smarthost", Role: "smarthost", Clients: "198.51.100.131"},
	{Name: "out.net-sendmail.example", Addr: "203.0.113.63", Server: "sendmail", Mode: "smarthost", Role: "smarthost", Clients: "198.51.100.131"},
	{Name: "out.net-opensmtpd.example", Addr: "203.0.113.64", Server: "opensmtpd", Mode: "smarthost", Role: "smarthost", Clients: "198.51.100.131"},
	{Name: "out.net-courier.example", Addr: "203.0.113.65", Server: "courier", Mode: "smarthost", Role: "smarthost", Clients: "198.51.100.131"},
	{Name: "out.net-haraka.example", Addr: "203.0.113.66", Server: "haraka", Mode: "smarthost", Role: "smarthost", Clients: "198.51.100.131"},

	{Name: "mail.alumni-postfix.example", Addr: "203.0.113.71", Server: "postfix", Mode: "forward", Role: "forwarder", Domain: "alumni-postfix.example"},
	{Name: "mail.alumni-exim.example", Addr: "203.0.113.72", Server: "exim", Mode: "forward", Role: "forwarder", Domain: "alumni-exim.example"},
	{Name: "mail.alumni-sendmail.example", Addr: "203.0.113.73", Server: "sendmail", Mode: "forward", Role: "forwarder", Domain: "alumni-sendmail.example"},
	{Name: "mail.alumni-opensmtpd.example", Addr: "203.0.113.74", Server: "opensmtpd", Mode: "forward", Role: "forwarder", Domain: "alumni-opensmtpd.example"},
	{Name: "lists.zulu.example", Addr: "203.0.113.75", Server: "postfix", Mode: "list", Role: "list", Domain: "lists.zulu.example"},
	{Name: "mx2.backup-exim.example", Addr: "203.0.113.76", Server: "exim", Mode: "gateway", Role: "backup"},
	{Name: "mx2.backup-sendmail.example", Addr: "203.0.113.77", Server: "sendmail", Mode: "gateway", Role: "backup"},
	{Name: "mx2.backup-postfix.example", Addr: "203.0.113.78", Server: "postfix", Mode: "gateway", Role: "backup"},

	{Name: "web.yankee.example", Addr: "203.0.113.79", Server: "dma", Mode: "local", Role: "source", Zone: "America/Toronto"},
	{Name: "shop.yankee-two.example", Addr: "203.0.113.80", Server: "nullmailer", Mode: "local", Role: "source", Zone: "Australia/Perth"},

	{Name: "six.alpha-v6.example", Addr: "203.0.113.81", Addr6: "3fff:a1::25", Server: "postfix", Mode: "open", Role: "relay"},
	{Name: "six.bravo-v6.example", Addr: "203.0.113.82", Addr6: "3fff:a2::25", Server: "exim", Mode: "open", Role: "relay"},
	{Name: "six.delta-v6.example", Addr: "203.0.113.83", Addr6: "3fff:a3::25", Server: "opensmtpd", Mode: "open", Role: "relay"},
	{Name: "six.foxtrot-v6.example", Addr: "203.0.113.84", Addr6: "3fff:a4::25", Server: "haraka", Mode: "open", Role: "relay"},
	{Name: "six.juliett-v6.example", Addr: "203.0.113.85", Addr6: "3fff:a5::25", Server: "exim", Mode: "byonly", Role: "relay", Hides: "by-only"},
}

func (h *host) layers() []string {
	switch {
	case h.Server == "proxy":
		return []string{"proxy"}
	case h.Mode == "proxied", h.Mode == "walled":
		return []string{"postfix", "proxy"}
	case h.Mode == "filtered":
		return []string{"postfix", "filter"}
	case h.Mode == "list":
		return []string{"postfix", "list"}
	case h.Server == "postfix" && h.Mode == "desk":
		return []string{"postfix", "fetch"}
	case h.Server == "getmail":
		return []string{"fetch"}
	case h.Server == "nullmailer":
		return []string{"null"}
	case h.Server == "haraka", h.Server == "dma":
		return []string{"small"}
	}
	return []string{h.Server}
}

// zone is the host's time zone. Hosts of which none is said spread over the world.
func (h *host) zone() string {
	if h.Zone != "" {
		return h.Zone
	}
	zones := []string{"Europe/Berlin", "America/Chicago", "Asia/Hong_Kong", "Australia/Brisbane", "Europe/Moscow", "America/Los_Angeles"}
	n := 0
	for _, c := range h.Name {
		n += int(c)
	}
	return zones[n%len(zones)]
}

func (h *host) String() string { return fmt.Sprintf("%s [%s] %s/%s", h.Name, h.Addr, h.Server, h.Mode) }
