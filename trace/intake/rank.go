package intake

import "fmt"

// rank gives grade and priority, and what to ask for.
func (m *mail) rank() {
	s := m.sub
	if s.Samples == nil {
		s.Samples = []Sample{}
	}
	s.Grade = GradeUnusable
	for _, one := range s.Samples {
		if one.Grade == GradeUsable || one.Grade == GradeWeak && s.Grade == GradeUnusable {
			s.Grade = one.Grade
		}
	}
	switch s.Class {
	case ClassBounce, ClassDeliveryNotice, ClassAutoReply:
		s.Priority = PriorityCounted
	case ClassComplaint, ClassReply, ClassProviderReport:
		s.Priority = m.urgency()
		m.ask()
	default:
		s.Priority = PriorityRest
	}
	for n := PriorityCare; n <= PriorityCounted; n++ { // rules of the analyst's own
		if list := m.hits[kindPriority+kind(n-PriorityCare)]; len(list) > 0 {
			s.Priority = n
			m.why(fmt.Sprintf("priority %d by %s", n, list[0]))
			break
		}
	}
}

// urgency gives the priority of what people wrote.
func (m *mail) urgency() int {
	s, first := m.sub, false
	for _, k := range [...]kind{kindThreat, kindLegal, kindDistress} {
		if len(m.hits[k]) > 0 && (s.Class != ClassProviderReport || k == kindThreat) {
			first = true
			m.why(k.String() + " in " + m.hits[k][0].String())
		}
	}
	switch {
	case first:
		return PriorityCare
	case s.Class == ClassProviderReport:
		return PriorityReport
	case m.hits.in(kindTechnical, placeText) > 1:
		m.whyHits(kindTechnical)
		return PriorityReport
	case s.Grade == GradeUsable:
		return PriorityEvidence
	}
	return PriorityRest
}

// ask says what to ask the sender for.
func (m *mail) ask() {
	switch {
	case m.sub.Grade == GradeUsable:
	case m.sub.Grade == GradeWeak:
		m.sub.Ask = "the message again with its whole header, forwarded as an attachment or saved as .eml"
	case m.forwards > 0 || len(m.sub.Samples) > 0:
		m.sub.Ask = "the full header: what came shows From, To and Subject only, which the spammer writes; forward the message as an attachment"
	default:
		m.sub.Ask = "the message itself with its full header, as an attachment"
	}
}
