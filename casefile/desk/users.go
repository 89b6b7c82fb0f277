package desk

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Bounds of a file of users.
const (
	maxUsers    = 10_000_000
	maxUserLine = 64 << 10 // bytes
	firstUserID = 1000     // below it stand the accounts of the system
)

// Users are the addresses and accounts that exist. The zero value knows none.
type Users struct {
	names     map[string]bool // local parts, lower case
	addresses map[string]bool // whole addresses, lower case
}

// Len tells how many addresses and accounts there are.
func (u *Users) Len() int { return len(u.names) + len(u.addresses) }

// Has reports whether an address exists: itself, or an account by its local part. A
// subaddress ("kim+lists") exists when the part before the plus sign does (RFC 5233).
func (u *Users) Has(address string) bool {
	address = strings.ToLower(address)
	local, domain, _ := strings.Cut(address, "@")
	plain, _, _ := strings.Cut(local, "+")
	return u.addresses[address] || u.names[local] || u.names[plain] || u.addresses[plain+"@"+domain]
}

// ReadUsers reads who exists: an address or account a line, a passwd file (the
// name before the first colon), or an LDIF export (RFC 2849: mail,
// mailAlternateAddress, mailLocalAddress, proxyAddresses and uid). Which of them it is, is
// told by its lines; name is for errors alone, which say file and line.
//
// Empty lines and those that begin with "#" are passed over. Accounts of the system (a
// passwd line with a user ID below 1000, but for 0, which reads mail) are left out.
func ReadUsers(r io.Reader, name string) (*Users, error) {
	u := &Users{names: map[string]bool{}, addresses: map[string]bool{}}
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 4096), maxUserLine)
	p := userParser{users: u}
	for n := 1; s.Scan(); n++ {
		if err := p.line(strings.TrimRight(strings.TrimPrefix(s.Text(), "\ufeff"), "\r")); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if u.Len() > maxUsers {
			return nil, fmt.Errorf("%s:%d: more than %d users", name, n, maxUsers)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p.flush()
	if u.Len() == 0 {
		return nil, fmt.Errorf("%s: no address and no account in it", name)
	}
	return u, nil
}

type userParser struct {
	users *Users
	ldif  bool
	open  string // an LDIF line that may go on
}

func (p *userParser) line(s string) error {
	if p.ldif || strings.HasPrefix(strings.ToLower(s), "dn:") || strings.HasPrefix(s, "version: 1") {
		p.ldif = true
		if rest, ok := strings.CutPrefix(s, " "); ok {
			p.open += rest // RFC 2849: a folded line
			return nil
		}
		p.flush()
		p.open = s
		return nil
	}
	s = strings.TrimSpace(s)
	if s == "" || strings.HasPrefix(s, "#") {
		return nil
	}
	if f := strings.Split(s, ":"); len(f) == 7 {
		if id, err := strconv.Atoi(f[2]); err == nil && id > 0 && id < firstUserID {
			return nil // an account of the system
		}
		return p.add(f[0])
	}
	return p.add(s)
}

// flush takes the LDIF line read last.
func (p *userParser) flush() {
	attr, value, ok := strings.Cut(p.open, ":")
	p.open = ""
	if !ok {
		return
	}
	if b64, ok := strings.CutPrefix(value, ":"); ok {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(b64))
		if err != nil {
			return
		}
		value = string(raw)
	}
	value = strings.TrimSpace(value)
	attr, _, _ = strings.Cut(strings.ToLower(attr), ";") // options such as ;lang-en
	switch attr {
	case "proxyaddresses":
		scheme, address, ok := strings.Cut(value, ":")
		if !ok || !strings.EqualFold(scheme, "smtp") {
			return
		}
		value = address
	case "mail", "mailalternateaddress", "maillocaladdress", "uid", "rfc822mailbox":
	default:
		return
	}
	_ = p.add(value) // an export of a directory may hold anything; what is no address is no user
}

func (p *userParser) add(s string) error {
	s = strings.ToLower(strings.Trim(s, "<>"))
	if s == "" || strings.ContainsAny(s, " \t,;:\"()<>") || strings.Count(s, "@") > 1 {
		return fmt.Errorf("%.60q is neither an address nor an account", s)
	}
	if local, domain, ok := strings.Cut(s, "@"); ok {
		if local == "" || domain == "" {
			return fmt.Errorf("%.60q is no address", s)
		}
		p.users.addresses[s] = true
		return nil
	}
	p.users.names[s] = true
	return nil
}
