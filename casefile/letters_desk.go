package casefile

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// The variants of a reply to a complainant.
const (
	ReplyFirst     = "first"            // the usual one
	ReplyDistress  = "distressed"       // the writer threatens or is afraid
	ReplyTechnical = "technical"        // the writer is a provider or a technician
	ReplyHeaders   = "headers-missing"  // the writer is asked for the full header
	ReplyAnswered  = "already-answered" // the same person had an answer before
)

// replied are the classes of submissions that people write and that are answered.
var replied = []string{"complaint", "provider-report", "reply", "sample", "partial-sample"}

// PlanReply plans the reply to a complainant and leaves it to the caller to add it to the
// case. The error says why there must be none: the writer is no person, or the case has no
// ground for a reply that denies that the mail came from the organisation.
func (c *Case) PlanReply(a Answered, now time.Time) (Letter, error) {
	if err := c.MayReply(&a); err != nil {
		return Letter{}, err
	}
	l := newLetter(LetterReply, "reply-"+c.shortHash(a.Address+"\x00"+a.MessageID), now.UTC().Format(time.RFC3339))
	for name, n := l.Name, 2; c.Letter(l.Name) != nil; n++ {
		l.Name = fmt.Sprintf("%s-%d", name, n)
	}
	l.To, l.Contacts = []string{a.Address}, []string{"the message that is answered"}
	if a.Samples == nil {
		a.Samples = []int{}
	}
	if a.More == nil {
		a.More = []string{}
	}
	l.Answers = &a
	if a.Variant == ReplyDistress && c.Settings.CareContact == "" {
		l.hold("nobody is named who answers threats and distress (care_contact): read the message yourself before this is sent")
	}
	l.holdUnlessSigned(c.Settings)
	return l, nil
}

// MayReply says why a message must not be answered by a reply that denies, or returns
// nil. It is asked again when the reply is written.
func (c *Case) MayReply(a *Answered) error {
	if !slices.Contains([]string{ReplyFirst, ReplyDistress, ReplyTechnical, ReplyHeaders, ReplyAnswered}, a.Variant) {
		return fmt.Errorf("there is no reply of the variant %q", a.Variant)
	}
	if why := c.Settings.NotWrittenTo(a.Address); why != "" {
		return errors.New(why)
	}
	if !slices.Contains(replied, a.Class) {
		return fmt.Errorf("a submission of the class %q is counted and not answered", a.Class)
	}
	if len(c.OwnHosts) > 0 {
		// Without samples of the writer's own, any of the case may be what he had.
		if len(a.Samples) == 0 {
			return errors.New("an own host stands in the path of a sample: what this mail was is not known, so nothing is denied")
		}
		for _, n := range a.Samples {
			if slices.Contains(c.OwnHosts, n) {
				return fmt.Errorf("an own host stands in the path of sample %d: it may really have come from there, so nothing is denied", n)
			}
			if c.Sample(n) == nil {
				return fmt.Errorf("own hosts stand in paths of the case, and sample %d is not among those that it shows: nothing is denied", n)
			}
		}
	}
	if a.Variant != ReplyHeaders && !c.showsPath(a.Samples) {
		return errors.New("no sample shows which way the mail took: ask for the full header first")
	}
	return nil
}

// showsPath reports whether a sample, or any of the case where none is named, tells which
// host handed the mail to the recipient's side.
func (c *Case) showsPath(samples []int) bool {
	return slices.ContainsFunc(c.Samples, func(s Sample) bool {
		b := s.Path.Boundary
		return b != nil && b.IP.IsValid() && (len(samples) == 0 || slices.Contains(samples, s.Number))
	})
}

// PlanReminder plans a reminder of a letter of the case that nobody answered.
func (c *Case) PlanReminder(name string, now time.Time) (Letter, error) {
	return c.follow(LetterReminder, name, now)
}

// PlanThanks plans the thanks for an answer to a letter of the case.
func (c *Case) PlanThanks(name string, now time.Time) (Letter, error) {
	return c.follow(LetterThanks, name, now)
}

// PlanRetraction plans the retraction of what a letter of the case said of the given
// addresses; of all that it named when none is given. An address of which the case still
// says the same is not retracted.
func (c *Case) PlanRetraction(name string, about []netip.Addr, now time.Time) (Letter, error) {
	l, err := c.follow(LetterRetraction, name, now)
	if err != nil || len(about) == 0 {
		return l, err
	}
	for _, ip := range about {
		if !slices.Contains(l.Relays, ip) {
			return Letter{}, fmt.Errorf("letter %s says nothing of %s", name, ip)
		}
	}
	l.Relays = slices.Clone(about)
	return l, nil
}

// PlanCorrection plans the correction of what a letter of the case said of addresses, of
// which the case says something else now without taking it back. said is what the
// recipient was told of each.
func (c *Case) PlanCorrection(name string, said []Said, now time.Time) (Letter, error) {
	l, err := c.follow(LetterCorrection, name, now)
	if err != nil {
		return Letter{}, err
	}
	about := make([]netip.Addr, len(said))
	for i, x := range said {
		if about[i] = x.IP; !slices.Contains(l.Relays, x.IP) {
			return Letter{}, fmt.Errorf("letter %s says nothing of %s", name, x.IP)
		}
	}
	l.Relays, l.Corrects = about, slices.Clone(said)
	return l, nil
}

// follow plans a letter that goes where an earlier one went.
func (c *Case) follow(kind, name string, now time.Time) (Letter, error) {
	was := c.Letter(name)
	switch {
	case was == nil:
		return Letter{}, fmt.Errorf("the case has no letter %s", name)
	case !was.Asks():
		return Letter{}, fmt.Errorf("letter %s is no log request and no notice", name)
	case len(was.To) == 0:
		return Letter{}, fmt.Errorf("letter %s has no recipient, so it was not sent", name)
	}
	n := 1
	for _, l := range c.Letters {
		if l.Kind == kind && l.Refers == name {
			n++
		}
	}
	l := newLetter(kind, fmt.Sprintf("%s-%s", name, kind), now.UTC().Format(time.RFC3339))
	if n > 1 {
		l.Name += fmt.Sprintf("-%d", n)
	}
	l.To, l.Contacts, l.Relays = slices.Clone(was.To), slices.Clone(was.Contacts), slices.Clone(was.Relays)
	l.Holder, l.Lang, l.Refers, l.PassOn = was.Holder, was.Lang, was.Name, was.PassOn
	for _, to := range l.To {
		if why := c.Settings.NotWrittenTo(to); why != "" {
			return Letter{}, errors.New(why)
		}
	}
	l.holdUnlessSigned(c.Settings)
	return l, nil
}

// Asks reports whether the letter asks its recipient for something, and so for an answer.
func (l *Letter) Asks() bool {
	return l.Kind == LetterLogRequest || l.Kind == LetterNotice || l.Kind == LetterStated
}

// shortHash is a name for something private, the same within the case.
func (c *Case) shortHash(what string) string {
	h := hmac.New(sha256.New, []byte("relaytrace name\n"+c.Seed))
	h.Write([]byte(what))
	return strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil))[:10])
}
