package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"relaytrace/casefile"
)

// Message is one submission as the desk sees it: what arrived, from whom, and what it
// carried. All of it is as its writer wrote it.
type Message struct {
	Number    int // of the submission in the case
	Class     string
	Priority  int    // as package intake gives it: 1 threats and distress, 5 counted
	Reporter  string // address of who wrote it; empty for the null sender
	Name      string
	Subject   string
	MessageID string
	Date      string
	Spam      string // subject of the spam that it carried or quotes; empty when none
	Samples   []int  // numbers of the samples that it carried
	Answered  string // name of the reply to this person that was sent already; empty when none was
}

// The answers that the desk proposes.
const (
	AnswerFirst     = "first"
	AnswerDistress  = "distressed"
	AnswerTechnical = "technical"
	AnswerHeaders   = "headers-missing"
	AnswerAlready   = "already-answered" // only for a person who is answered already, and only when the analyst asks for it
	AnswerNone      = "none"             // to be read; nothing is proposed
	AnswerCounted   = "counted"          // mail of machines: kept as evidence, counted, never answered
)

// Item is one entry of the queue: one person, or one class of mail that is never answered.
type Item struct {
	Priority    int    `json:"priority"`
	Class       string `json:"class"`  // of the message that decides
	Answer      string `json:"answer"` // the answer proposed
	Why         string `json:"why"`    // in words
	Reporter    string `json:"reporter"`
	Name        string `json:"name"`
	Subject     string `json:"subject"`     // of the message that the answer answers: the latest of the person
	Submissions []int  `json:"submissions"` // ascending
	Samples     []int  `json:"samples"`     // ascending, without repeats
	To          string `json:"to"`          // who answers: the contact for threats and distress, else empty
	Letter      string `json:"letter"`      // name of the reply that was sent already; empty when none was
	Message     int    `json:"message"`     // number of the submission that the answer answers; 0 when none is proposed
}

// Triage makes the queue: who is to be answered first, and how. Each person has one item,
// however often he wrote; a person who was answered is not answered again; what machines
// sent is counted, by class, and never answered (RFC 3834). The order is by priority, then
// by the first submission.
func Triage(messages []Message, s *casefile.Settings) []Item {
	people := map[string]*[]Message{}
	counted := map[string]*Item{}
	var order []string
	items := []Item{}
	for _, m := range messages {
		if why := never(&m, s); why != "" {
			if m.Reporter != "" {
				why = strings.Replace(why, m.Reporter, "it", 1) // one line tells of all of them
			}
			c := counted[m.Class+why]
			if c == nil {
				c = &Item{Priority: 5, Class: m.Class, Answer: AnswerCounted, Why: why, Samples: []int{}}
				counted[m.Class+why] = c
				order = append(order, m.Class+why)
			}
			c.add(m)
			continue
		}
		key := strings.ToLower(m.Reporter)
		list := people[key]
		if list == nil {
			list = &[]Message{}
			people[key] = list
		}
		*list = append(*list, m)
	}
	for _, list := range people {
		items = append(items, person(*list, s.CareContact))
	}
	for _, key := range order {
		items = append(items, *counted[key])
	}
	for i := range items {
		it := &items[i]
		slices.Sort(it.Submissions)
		slices.Sort(it.Samples)
		it.Samples = slices.Compact(it.Samples)
	}
	slices.SortFunc(items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Submissions[0], b.Submissions[0]))
	})
	return items
}

func (it *Item) add(m Message) {
	it.Submissions = append(it.Submissions, m.Number)
	it.Samples = append(it.Samples, m.Samples...)
}

// never tells why a message is never answered; it is empty for a person's.
func never(m *Message, s *casefile.Settings) string {
	switch m.Class {
	case "bounce", "delivery-notice":
		return "written by a mail system; an answer would go to nobody or to another victim"
	case "auto-reply":
		return "an automatic answer; answering it makes a loop (RFC 3834)"
	case "list":
		return "came by a mailing list or is a newsletter"
	case "sample", "partial-sample":
		return "the spam itself, or a copy of it; its sender is forged"
	case "unknown", "unreadable":
		return "nobody can tell yet who wrote it: read it first"
	}
	return s.NotWrittenTo(m.Reporter)
}

// person makes the one item of a person from all that he wrote, in the order of arrival.
func person(list []Message, care string) Item {
	last := list[len(list)-1]
	it := Item{Priority: 5, Reporter: last.Reporter, Name: last.Name, Samples: []int{}}
	best := last
	for _, m := range list {
		it.add(m)
		if m.Priority < it.Priority {
			it.Priority = m.Priority
		}
		if rank(m) < rank(best) || rank(m) == rank(best) && m.Number > best.Number {
			best = m
		}
		if m.Answered != "" {
			it.Letter = m.Answered
		}
		it.Name = cmp.Or(it.Name, m.Name)
	}
	it.Class, it.Subject = best.Class, best.Subject
	if it.Letter != "" {
		it.Answer, it.Why = AnswerNone, "answered already, by "+it.Letter+": nobody is answered twice"
		if fresh := unanswered(list); fresh > 0 {
			it.Why += fmt.Sprintf("; %s come since: read it", count(fresh, "message has", "messages have"))
		}
		return it
	}
	it.Message = best.Number
	it.propose(care)
	if n := len(list); n > 1 {
		it.Why += fmt.Sprintf("; wrote %d times, one answer covers them all", n)
	}
	return it
}

// rank orders a person's messages by which one decides the answer.
func rank(m Message) int {
	switch {
	case m.Priority == 1:
		return 0
	case m.Class == "provider-report":
		return 1
	case len(m.Samples) > 0:
		return 2
	}
	return 3
}

func (it *Item) propose(care string) {
	switch {
	case it.Priority == 1:
		it.Answer, it.To = AnswerDistress, care
		it.Why = "threats, legal words or distress: answered first, by a person"
		if care != "" {
			it.Why += ", " + care
		} else {
			it.Why += "; name one in the settings (care_contact)"
		}
	case it.Class == "provider-report":
		it.Answer, it.Why = AnswerTechnical, "a provider or an abuse desk: the facts help them"
	case it.Class == "reply":
		it.Answer, it.Why = AnswerFirst, "answered the spam and thinks that the organisation sent it"
	case len(it.Samples) == 0:
		it.Answer, it.Why = AnswerHeaders, "no sample with its trace fields came with it: ask for the full header"
	default:
		it.Answer, it.Why = AnswerFirst, "a complaint with a sample"
	}
}

// unanswered counts what a person has written since he was answered.
func unanswered(list []Message) int {
	n := 0
	for _, m := range list {
		if m.Answered == "" {
			n++
		} else {
			n = 0
		}
	}
	return n
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
