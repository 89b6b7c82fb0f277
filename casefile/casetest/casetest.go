// Package casetest makes abuse mailboxes of which the truth is known: spam runs in forged
// names, their bounces, complaints and reports, mixed with other mail. Tests hold the
// clusters, the counts and the whole desk to it. No other package may import it.
//
// Start with [New]. Message i depends on the seed and i alone, so that a mailbox of any
// size is made in a stream, in any order, on any number of cores.
//
// The runs are made to be mixed up: they share relays, forged domains, mailers, days and
// boilerplate. What tells them apart is what a spammer cannot share: what is sold, and
// where the links lead. Bodies carry random words, numbers and comments ("hashbusters").
// All names are reserved ones, all addresses lie in 198.18.0.0/15, 192.0.2.0/24,
// 198.51.100.0/24 and 203.0.113.0/24.
package casetest

import (
	"math/rand/v2"
	"net/netip"
	"time"
)

// Config says what mailbox to make. The zero value of a field stands for the number in
// its comment.
type Config struct {
	Seed      uint64
	Incidents int       // runs of spam; 40
	Relays    int       // hosts that they were sent through; 300
	Start     time.Time // midnight of a Friday about which the first runs begin; 7 March 2003
	Days      int       // over how many days the runs begin; 21
	Noise     float64   // share of mail that belongs to no run; 0.06
}

// Mailbox is a plan: who sent which runs through which hosts. It is safe for concurrent use.
type Mailbox struct {
	Config    Config
	Incidents []Incident
	Relays    []Relay

	weights []float64 // running sum over the incidents
}

// Incident is one run of spam, as its sender planned it.
type Incident struct {
	Number   int          // its index in Mailbox.Incidents
	Product  string       // what is sold; in the subjects and bodies of this run alone
	Domains  []string     // forged domains
	Links    []string     // domains that the bodies lead to; of this run alone
	Subjects []string     // without the random part
	Relays   []int        // indexes in Mailbox.Relays
	Sources  []netip.Addr // where it was sent from; one network of this run alone
	Mailer   string       // name of the program that wrote the headers; others use it too
	Local    string       // how the forged local parts are made: letters, name, word-digits
	Start    time.Time
	End      time.Time

	texts  [][]string // the versions of the body, in sentences
	html   bool
	common string // a link that other runs have too
	busy   int    // random words in a body, at most
}

// Relay is a host that passed spam on.
type Relay struct {
	Addr      netip.Addr
	Name      string // its own, and the one that its address leads to
	Software  string
	Withholds bool          // its field leaves out the previous hop's address
	NoField   bool          // it adds no field at all
	ClockOff  time.Duration // by how much its clock is fast
	Zone      int           // hours east of UTC
}

// Message is one submission and what is true of it.
type Message struct {
	Number   int
	Data     []byte // with LF line ends; no From_ line
	Class    string // as package intake names it
	Incident int    // -1 for mail that belongs to no run
	Sample   bool   // it carries a sample
	Arrived  time.Time

	// Of the spam that it carries or is about; zero for mail of no run.
	Spam      int // number of the spam: two messages about the same one share it
	Relay     int // index in Mailbox.Relays
	Source    netip.Addr
	QueueID   string    // under which the relay had it; empty when its field gives none
	Relayed   time.Time // true time at the relay
	Forged    string    // the address in the sender's place
	Recipient string
	Subject   string
	MessageID string
	Reporter  string // who wrote the message: an address
}

// New plans a mailbox.
func New(c Config) *Mailbox {
	if c.Incidents == 0 {
		c.Incidents = 40
	}
	if c.Relays == 0 {
		c.Relays = 300
	}
	if c.Start.IsZero() {
		c.Start = time.Date(2003, 3, 7, 0, 0, 0, 0, time.UTC)
	}
	if c.Days == 0 {
		c.Days = 21
	}
	if c.Noise == 0 {
		c.Noise = 0.06
	}
	m := &Mailbox{Config: c}
	r := m.random(0, streamPlan)
	for i := range c.Relays {
		m.Relays = append(m.Relays, newRelay(r, i))
	}
	sum := 0.0
	for i := range c.Incidents {
		m.Incidents = append(m.Incidents, m.newIncident(r, i))
		sum += 1 / float64(3+i) // the first runs are the largest
		m.weights = append(m.weights, sum)
	}
	return m
}

// The streams of random numbers, so that a change in one leaves the others as they are.
const (
	streamPlan = iota + 1
	streamKind
	streamSpam
	streamWrap
)

func (m *Mailbox) random(n int, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(m.Config.Seed<<8|stream, uint64(n)))
}

// kinds of submissions about a run, in percent. What is left is the spam itself.
var kinds = []struct {
	percent int
	wrap    func(*wrapper)
}{
	{22, (*wrapper).dsn},
	{10, (*wrapper).dsnHeaders},
	{3, (*wrapper).dsnBare},
	{8, (*wrapper).qmailBounce},
	{5, (*wrapper).eximBounce},
	{4, (*wrapper).sendmailBounce},
	{6, (*wrapper).attachedComplaint},
	{3, (*wrapper).quotedComplaint},
	{2, (*wrapper).bareComplaint},
	{4, (*wrapper).arf},
	{1, (*wrapper).arfHeaders},
	{2, (*wrapper).vacation},
	{2, (*wrapper).reply},
}

// Message makes submission n, from 0.
func (m *Mailbox) Message(n int) Message {
	r := m.random(n, streamKind)
	if r.Float64() < m.Config.Noise {
		return m.noise(n)
	}
	spam := n
	if r.IntN(50) == 0 && n >= 100 {
		spam = n - n%100 // several people send in the same one
	}
	msg := m.spam(spam)
	msg.Number = n
	w := &wrapper{m: m, r: m.random(n, streamWrap), msg: &msg}
	roll := r.IntN(100)
	for _, k := range kinds {
		if roll -= k.percent; roll < 0 {
			k.wrap(w)
			return msg
		}
	}
	msg.Class, msg.Sample, msg.Reporter = "sample", true, msg.Recipient
	return msg
}

// incidentOf chooses the run that a spam belongs to, larger ones more often.
func (m *Mailbox) incidentOf(r *rand.Rand) *Incident {
	x := r.Float64() * m.weights[len(m.weights)-1]
	for i, w := range m.weights {
		if x < w {
			return &m.Incidents[i]
		}
	}
	return &m.Incidents[len(m.Incidents)-1]
}
