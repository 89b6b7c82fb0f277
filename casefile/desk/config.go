package desk

import (
	"fmt"
	"strings"
)

// The pieces of configuration: Postfix 3, Exim 4, sendmail 8. INCIDENT stands for a
// mailbox that the reader names; all else is ready to be used.

func aliasConfig(domain string, addresses []string) []Config {
	var postfix, exim, sendmail strings.Builder
	fmt.Fprintf(&postfix, "# main.cf: virtual_alias_maps = hash:/etc/postfix/virtual, then: postmap /etc/postfix/virtual\n# /etc/postfix/virtual\n")
	fmt.Fprintf(&exim, "# a router before those of the local users; /etc/exim4/incident holds one line an address\n"+
		"incident:\n  driver = redirect\n  data = ${lookup{$local_part@$domain}lsearch{/etc/exim4/incident}}\n  allow_fail\n# /etc/exim4/incident\n")
	fmt.Fprintf(&sendmail, "# sendmail.mc: FEATURE(`virtusertable')dnl, then: makemap hash virtusertable < virtusertable\n# /etc/mail/virtusertable\n")
	for _, a := range addresses {
		fmt.Fprintf(&postfix, "%s INCIDENT@%s\n", a, domain)
		fmt.Fprintf(&exim, "%s: INCIDENT@%s\n", a, domain)
		fmt.Fprintf(&sendmail, "%s\tINCIDENT@%s\n", a, domain)
	}
	return []Config{{"Postfix", postfix.String()}, {"Exim", exim.String()}, {"sendmail", sendmail.String()}}
}

func mxConfig(name string) []Config {
	return []Config{
		{"DNS", fmt.Sprintf("; lower the time to live first; INCIDENT-HOST takes the mail of this name alone\n%s. 300 IN MX 10 INCIDENT-HOST.\n", name)},
		{"Postfix", fmt.Sprintf("# on INCIDENT-HOST, main.cf: keep all that comes for the name in one Maildir\n"+
			"virtual_mailbox_domains = %s\nvirtual_mailbox_base = /srv/incident\nvirtual_mailbox_maps = static:all/\n"+
			"virtual_uid_maps = static:5000\nvirtual_gid_maps = static:5000\nmessage_size_limit = 1048576\n", name)},
		{"Exim", fmt.Sprintf("# on INCIDENT-HOST: a router and its transport\ndomainlist incident_domains = %s\n"+
			"incident:\n  driver = accept\n  domains = +incident_domains\n  transport = incident_maildir\n\n"+
			"incident_maildir:\n  driver = appendfile\n  maildir_format\n  directory = /srv/incident/all\n  user = mail\n", name)},
		{"sendmail", fmt.Sprintf("# on INCIDENT-HOST, sendmail.mc: FEATURE(`virtusertable')dnl; /etc/mail/local-host-names and virtusertable\n"+
			"%[1]s\n@%[1]s\tincident\n", name)},
	}
}

func refuseConfig(domain string) []Config {
	return []Config{
		{"Postfix", "# main.cf: unknown users are refused in the session (the default; some set it to 450 or use luser_relay)\n" +
			"unknown_local_recipient_reject_code = 550\nluser_relay =\n" +
			"# a gateway before other mail servers needs the list of users, or asks for them:\n" +
			"relay_recipient_maps = hash:/etc/postfix/relay_recipients\n"},
		{"Exim", fmt.Sprintf("# in acl_check_rcpt, before the accept for local domains\n"+
			"deny  domains = %[1]s : *.%[1]s\n      !verify = recipient\n      message = no such user; spam in our name? see our postmaster\n", domain)},
		{"sendmail", "# sendmail.mc: a gateway asks the inner server or a list while the session is open\n" +
			"FEATURE(`blacklist_recipients')dnl\n# /etc/mail/access, for a name that has no users at all\n" +
			fmt.Sprintf("To:%s\tERROR:5.1.1:550 no such user\n", domain) +
			"# with virtusertable, the last line refuses all that stands above it in no line\n" +
			fmt.Sprintf("@%s\terror:nouser 550 no such user\n", domain)},
	}
}
