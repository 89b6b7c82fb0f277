package casefile

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"relaytrace/trace"
)

// process is one number of a process that took a message, and the time.
type process struct {
	at     int64
	number int
}

const (
	processSpan   = 10 * 60 // seconds between two messages for their process numbers to be compared
	processRing   = 32768   // numbers of processes begin anew behind it, on the systems that count up
	processPairs  = 5       // pairs of messages at least
	processSteady = 0.2     // part of the pairs whose numbers may run backwards
)

// processNumber takes the number of the process that took a message out of a sendmail
// queue ID: it ends in five digits, or six from 8.12 on.
func processNumber(h *trace.Hop) (int, bool) {
	if h.By.MTA != "sendmail" || len(h.ID) < 8 || h.Standing != trace.Corroborated && h.Standing != trace.Trusted {
		return 0, false
	}
	digits := 0
	for digits < len(h.ID) && h.ID[len(h.ID)-1-digits] >= '0' && h.ID[len(h.ID)-1-digits] <= '9' {
		digits++
	}
	if digits < 5 || digits > 6 {
		return 0, false
	}
	n, err := strconv.Atoi(h.ID[len(h.ID)-digits:])
	return n, err == nil && n < processRing
}

// estimates says how large the run was, as far as that can be told.
func (t *incidentTally) estimates() []Estimate {
	out := []Estimate{}
	if n := len(t.recipients); n > 0 {
		out = append(out, Estimate{IP: netip.Addr{}, Low: n, Method: "At least one message to each of the different recipients that samples, bounces and reports name. " +
			"How many more there were cannot be told from these: most recipients neither bounce nor complain."})
	}
	for ip, x := range t.relays {
		if e, ok := x.estimate(); ok {
			e.IP = ip
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b Estimate) int {
		return cmp.Or(compareBool(a.IP.IsValid(), b.IP.IsValid()), cmp.Compare(b.High, a.High), a.IP.Compare(b.IP))
	})
	return out
}

// estimate bounds the messages that a sendmail host took between samples that follow each
// other closely: it begins a process for each, and the numbers count up.
func (x *rateTally) estimate() (Estimate, bool) {
	slices.SortFunc(x.processes, func(a, b process) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.number, b.number)) })
	pairs, back, total, seconds := 0, 0, 0, int64(0)
	for i := 1; i < len(x.processes); i++ {
		a, b := x.processes[i-1], x.processes[i]
		if b.at-a.at > processSpan {
			continue
		}
		pairs++
		d := b.number - a.number
		if d < 0 {
			back++
			d += processRing
		}
		total += d
		seconds += b.at - a.at
	}
	if pairs < processPairs || float64(back) > processSteady*float64(pairs) || total <= pairs {
		return Estimate{}, false
	}
	return Estimate{Low: pairs, High: total, Method: fmt.Sprintf(
		"Messages of all kinds that the host took in the %d minutes between samples which follow each other within ten: it runs sendmail, which begins a process for each, and the process numbers in its queue IDs went up by so many. Other programs use numbers too, so it is an upper bound.",
		max(1, seconds/60))}, true
}
