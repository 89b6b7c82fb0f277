// Package cluster finds the samples and bounces of one run of spam in a mixture.
//
// [Read] and [ReadAbout] take out of a message, in a few hundred bytes, what tells runs
// apart; [Group] puts together what belongs together, and [Result.Why] says for any two
// members why they are.
//
// Two samples are joined only on evidence of what they say and how they were made:
//
//   - their texts are the same, or nearly: the text without what a spammer varies at random
//     (comments, numbers, addresses, random words), compared by a sketch of its word
//     sequences and by TLSH;
//   - they lead to the same domain, and one more thing agrees: subject, the handwriting of
//     the program that made the header, or the network that they came from;
//   - they have the same subject, and the handwriting or the network agrees.
//
// That two samples share a relay, a forged domain or a day joins nothing: runs of different
// spammers do. Where one sample is tied to two runs, it goes to the one with more ties and
// never merges them. A bounce, an answer or a complaint without a sample follows the
// Message-ID, the forged address or the subject that it names, if these point to one run
// alone; else it is left.
//
// The time is linear in the number of messages, but for sorting. The result does not depend
// on the order of the input.
package cluster

import (
	"net/netip"
)

// Features are what is known of one message for comparing it. They share no memory with it.
type Features struct {
	Key    [16]byte // the beginning of the SHA-256 of the message: names it, and orders
	About  bool     // no sample, but a message about one
	Letter int32    // letters of the text that was kept for comparing

	Body   uint64            // of the text; 0 when it is too short to compare
	Fuzzy  [fuzzyLen]byte    // TLSH of the text; zeros when there is none
	Sketch [sketchLen]uint32 // least hashes of the word sequences of the text, by class

	Links   []string // registrable domains that the body leads to, sorted
	Subject string   // without marks of answers and random parts; empty when it says too little
	Shape   string   // handwriting of the program that made the header
	IDShape string   // form of the Message-ID

	MessageID uint64   // 0 when there is none
	Refs      []uint64 // Message-IDs that it answers or names

	Forged string       // the address in the sender's place, in lower case
	Net    netip.Prefix // the network from which the sample was handed in, or further back where that is believed
	Relay  netip.Addr   // the host that handed it to the recipient's side
	Time   int64        // Unix time of that; 0 when it is not known
}

const (
	fuzzyLen  = 35
	sketchLen = 64
	blockLen  = 20 // classes of the sketch by which candidates are found

	minLetters = 200 // of a text that is compared: fewer are often a footer that many use, and give TLSH noise
	maxLinks   = 4
	maxRefs    = 4
)

// A Kind of evidence joins two messages.
type Kind uint8

// The kinds, the strongest first.
const (
	SameSample  Kind = iota + 1 // the same bytes
	SameID                      // the same Message-ID
	SameText                    // the same text without its random parts
	NearText                    // nearly the same
	LinkSubject                 // the same link domain and subject
	LinkShape                   // the same link domain and handwriting
	LinkNet                     // the same link domain and network
	SubjectShape
	SubjectNet
	OneOfSeveral // what several runs show; of these one alone forged the domain and used the relay then
	NamesID      // it names the other's Message-ID
	NamesAddress // it came to an address that this run alone forged
	NamesSubject // it names a subject that this run alone has, and a domain that it forged
)

var kindWords = [...]string{
	SameSample:   "the same message",
	SameID:       "the same Message-ID",
	SameText:     "the same text, leaving its random parts out",
	NearText:     "nearly the same text, leaving its random parts out",
	LinkSubject:  "the same link domain and subject",
	LinkShape:    "the same link domain, and a header made by the same program",
	LinkNet:      "the same link domain, sent from the same network",
	SubjectShape: "the same subject, and a header made by the same program",
	SubjectNet:   "the same subject, sent from the same network",
	OneOfSeveral: "the same subject or link, as in several runs, of which this one alone forged the domain and used the relay at the time",
	NamesID:      "one names the Message-ID of the other",
	NamesAddress: "sent to an address that was forged in this run alone",
	NamesSubject: "names a subject of this run alone, and a domain that it forged",
}

// String gives the kind in words.
func (k Kind) String() string {
	if k == 0 || int(k) >= len(kindWords) {
		return "no evidence"
	}
	return kindWords[k]
}

// Join says why a message belongs to where another does.
type Join struct {
	A, B int // indexes of the input of Group; B was there first
	Kind Kind
	What string // what they share, as far as it is a text: a domain, a subject
}

// Cluster is one run.
type Cluster struct {
	Members []int // indexes of the input of Group, ascending
	Samples int   // of them: samples, each origin counted
}

// Result is what Group found.
type Result struct {
	Clusters []Cluster // largest first
	Of       []int     // for each message the index of its cluster; -1 when it stands alone

	up []Join // for each message the join that ties it to another; Kind 0 for the first of its cluster
}

// Why gives the joins that lead from message i to message j of the same cluster, in order.
// It is empty for i == j and for two that do not belong together.
func (r *Result) Why(i, j int) []Join {
	if i == j || r.Of[i] < 0 || r.Of[i] != r.Of[j] {
		return nil
	}
	at := map[int]int{} // message -> steps from i
	var fromI []Join
	for x := i; ; x = r.up[x].B {
		at[x] = len(fromI)
		if r.up[x].Kind == 0 {
			break
		}
		fromI = append(fromI, r.up[x])
	}
	var fromJ []Join
	x := j
	for {
		if _, met := at[x]; met {
			break
		}
		fromJ = append(fromJ, r.up[x])
		x = r.up[x].B
	}
	out := fromI[:at[x]:at[x]]
	for k := len(fromJ) - 1; k >= 0; k-- {
		out = append(out, fromJ[k])
	}
	return out
}

// Joined gives the join that ties message i to another one of its cluster; false for the
// first of a cluster, and for one that stands alone.
func (r *Result) Joined(i int) (Join, bool) {
	return r.up[i], r.up[i].Kind != 0
}
