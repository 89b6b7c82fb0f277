package enrich

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
)

// maxHandles bounds the questions about contacts of one network.
const maxHandles = 3

// handle is a contact of which the answer about the network gives the key alone.
type handle struct{ key, role string }

// knownHandles remembers the contacts that were asked for: those of a provider stand in
// hundreds of its networks. It is safe for concurrent use.
type knownHandles struct {
	mu    sync.Mutex
	known map[string]handleAnswer
}

// handleAnswer is what the server said of a contact; no e-mail if it shows none.
type handleAnswer struct {
	name, email string
	lookup      Lookup
}

func (k *knownHandles) get(key string) (handleAnswer, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, ok := k.known[key]
	return a, ok
}

func (k *knownHandles) put(key string, a handleAnswer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = make(map[string]handleAnswer)
	}
	a.lookup.Kept = true
	k.known[key] = a
}

// resolveHandles asks the server for the contacts of a network that it named by their keys,
// unless it named an abuse desk by its address, and adds those to the network.
func (c *whoisClient) resolveHandles(ctx context.Context, n *netAnswer, s whoisServer) []Lookup {
	var lookups []Lookup
	for _, contact := range n.contacts {
		if contact.Role == "abuse" {
			return nil
		}
	}
	asked := make(map[string]handleAnswer)
	for _, h := range n.handles {
		a, ok := asked[h.key]
		if !ok && len(asked) == maxHandles || ctx.Err() != nil {
			continue
		}
		if !ok {
			a = c.askHandle(ctx, s, h.key)
			asked[h.key] = a
			lookups = append(lookups, a.lookup)
		}
		n.addContact(a.email, h.role, a.name, h.key)
	}
	n.finish()
	return lookups
}

func (c *whoisClient) askHandle(ctx context.Context, s whoisServer, key string) handleAnswer {
	id := s.host + " " + key
	if a, ok := c.handles.get(id); ok {
		return a
	}
	var a handleAnswer
	a.lookup = c.ask(ctx, s, key+"/e", func(text string) (err error) {
		a.name, a.email, err = readJPNICContact(text, key)
		return err
	})
	if a.lookup.Outcome == OutcomeOK || a.lookup.Outcome == OutcomeNotFound {
		c.handles.put(id, a)
	}
	return a
}

// jpnicLine splits "a. [Key]  value" and "[Key]  value". The key comes in small letters.
func jpnicLine(line string) (key, value string, ok bool) {
	_, rest, ok := strings.Cut(line, "[")
	key, value, closed := strings.Cut(rest, "]")
	if !ok || !closed || strings.HasPrefix(rest, " ") { // "[ " begins the text above the answer
		return "", "", false
	}
	return strings.ToLower(key), strings.TrimSpace(value), true
}

// readJPNIC reads "a. [Network Number]  192.0.2.0" and the like. The contacts are handles
// there; only the abuse desk has an address.
func readJPNIC(lines []string, out *whoisAnswer) {
	var a *netAnswer
	for _, line := range lines {
		key, value, ok := jpnicLine(line)
		if !ok {
			continue
		}
		if key == "network number" {
			a = &netAnswer{network: Network{Country: "JP"}}
			if !a.setJPNICRange(value) || len(out.networks) >= maxWHOISNetworks {
				a = nil
				continue
			}
			out.networks = append(out.networks, a)
		}
		if a == nil {
			continue
		}
		switch key {
		case "network name":
			a.network.Name = oneLine(value)
		case "organization":
			a.setHolder(value, "registrant")
		case "abuse":
			a.addContact(value, "abuse", "", "")
		case "technical contact":
			a.addHandle(value, "technical")
		case "administrative contact":
			a.addHandle(value, "administrative")
		case "allocated date", "assigned date":
			a.network.Registered = firstOf(a.network.Registered, whoisDate(value))
		case "last update":
			a.network.LastChanged = whoisDate(value)
		}
	}
}

// addHandle keeps a key that may be asked for: letters and digits only, so that no text can
// word a question of its own.
func (a *netAnswer) addHandle(key, role string) {
	if key == "" || len(key) > 20 || len(a.handles) >= maxWHOISValues ||
		strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return
	}
	a.handles = append(a.handles, handle{key, role})
}

// setJPNICRange reads a range whose ends are networks of 256 addresses, as JPNIC wrote
// them until 2005, or a prefix.
func (a *netAnswer) setJPNICRange(s string) bool {
	if strings.Contains(s, "/") {
		return a.setRange(s)
	}
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		to = from
	}
	end, err := netip.ParseAddr(strings.TrimSpace(to))
	if err != nil || !end.Is4() {
		return false
	}
	return a.setRange(fmt.Sprintf("%s - %s", strings.TrimSpace(from), lastOf(netip.PrefixFrom(end, 24))))
}

// readJPNICContact reads the answer about a contact, a person or a group: its name and its
// address, which JPNIC does not show of all.
func readJPNICContact(text, key string) (name, email string, err error) {
	found := false
	lines := strings.SplitN(strings.ReplaceAll(text, "\r", ""), "\n", maxWHOISLines+1)
	for _, line := range lines[:min(len(lines), maxWHOISLines)] {
		k, value, ok := jpnicLine(line)
		if !ok {
			continue
		}
		switch k {
		case "jpnic handle", "group handle":
			if found = strings.EqualFold(value, key); !found {
				return "", "", errors.New("the answer describes another contact")
			}
		case "last, first", "group name":
			name = firstOf(name, value)
		case "e-mail":
			email = firstOf(email, value)
		}
	}
	switch {
	case found:
		return name, email, nil
	case strings.Contains(text, "No match"):
		return "", "", errNotFound
	}
	return "", "", errors.New("the answer describes no contact")
}
