package intake

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Class says what a submission is.
type Class string

// The classes.
const (
	ClassSample         Class = "sample"          // the spam itself, or pasted headers of it, with trace fields
	ClassPartialSample  Class = "partial-sample"  // the same with a header that is not complete
	ClassBounce         Class = "bounce"          // a mail system could not deliver
	ClassDeliveryNotice Class = "delivery-notice" // delay, success or display of a message
	ClassComplaint      Class = "complaint"       // from a person
	ClassProviderReport Class = "provider-report" // from a provider, an abuse desk or a feedback loop
	ClassAutoReply      Class = "auto-reply"      // vacation, challenge, ticket system
	ClassReply          Class = "reply"           // an answer of a person to the forged address
	ClassList           Class = "list"            // came by a mailing list, or is a newsletter
	ClassUnknown        Class = "unknown"
	ClassUnreadable     Class = "unreadable"
)

// Classes are all classes, in the order in which they are told.
var Classes = []Class{
	ClassSample, ClassPartialSample, ClassComplaint, ClassProviderReport, ClassReply,
	ClassBounce, ClassDeliveryNotice, ClassAutoReply, ClassList, ClassUnknown, ClassUnreadable,
}

// Grade says of what use a submission is as evidence.
type Grade string

// The grades.
const (
	GradeUsable   Grade = "usable"   // trace fields of the recipient's side are there
	GradeWeak     Grade = "weak"     // parts of them
	GradeUnusable Grade = "unusable" // From, To and Subject at most
)

// The priorities: who is to be looked at first. Bounces and what machines write are counted.
const (
	PriorityCare     = 1 // threats, legal words, distress: for customer care, at once
	PriorityReport   = 2 // providers and technicians
	PriorityEvidence = 3 // complaints with full headers
	PriorityRest     = 4
	PriorityCounted  = 5
)

// Submission is one thing that arrived: a message, a file of pasted headers, a member of an
// archive. It carries zero or more samples. It ends as exactly one of: samples; no sample,
// and Reasons say why; unreadable, and Err says why.
type Submission struct {
	File     string // as the user named it or as found below a folder; members of an archive after "!"
	Line     int    // of its first byte in File, from 1
	Offset   int64  // of its first byte in File or the archive's member
	Size     int    // in bytes
	Class    Class
	Grade    Grade
	Priority int
	Reasons  []string // why this class and priority; never nil
	Samples  []Sample // in the order in which they stand; never nil
	Ask      string   // what to ask the sender for; empty when nothing is missing
	Bounce   *Bounce  // what a bounce or delivery notice tells
	Report   *Report  // what a feedback report tells

	Reporter   string    // address of who complained, reported or answered, or of the mail system that returned it; empty when it is the spam itself
	ReplyTo    string    // where the reporter wants the answer, when that is another address
	Subject    string    // of the submission, decoded; like the next three it is the spammer's word when it is the spam itself
	Date       string    // as written
	Time       time.Time // Date in UTC, else the stamp of the topmost trace field; zero when neither can be read
	MessageID  string    // without angle brackets
	Forged     []string  // addresses that were abused as senders, lower case, sorted; never nil. Without Sorter.Domains only what a bounce says
	Recipients []string  // to whom the spam was sent, as the bounce, the report or the samples say; lower case, sorted; never nil

	Err  error  // why it is unreadable
	Hint string // what to do about Err
	Data []byte // the submission as it lies in its file; nil when it could not be read
}

// Digest gives the SHA-256 of Data. A sample that is the whole of it has told it already.
func (s *Submission) Digest() [sha256.Size]byte {
	for i := range s.Samples {
		if one := &s.Samples[i]; len(one.Data) == len(s.Data) && len(one.Data) > 0 && &one.Data[0] == &s.Data[0] {
			return one.SHA256
		}
	}
	return sha256.Sum256(s.Data)
}

// Bounce is what a bounce or a notice of delivery tells (RFC 3464, and the plain texts of
// the time before). All of it is as the mail system wrote it; empty where it says nothing.
type Bounce struct {
	Forged       string      `json:"forged"`        // the address that was used as sender: the bounce came to it
	Reporter     string      `json:"reporter"`      // the mail system that wrote the bounce
	ReceivedFrom string      `json:"received_from"` // the host that had handed it the message
	Arrival      string      `json:"arrival"`       // when it had received the message, as written
	ArrivalTime  time.Time   `json:"arrival_utc,omitzero"`
	Date         string      `json:"date"` // when the bounce was written, as written
	Time         time.Time   `json:"date_utc,omitzero"`
	Family       string      `json:"family"` // the mail software, as its text shows
	Recipients   []Recipient `json:"recipients"`
}

// Recipient is one address that a bounce tells of.
type Recipient struct {
	Address    string `json:"address"`
	Original   string `json:"original,omitempty"`
	Action     string `json:"action,omitempty"` // failed, delayed, delivered, relayed, expanded
	Status     string `json:"status,omitempty"` // RFC 3463, such as 5.1.1
	Reply      int    `json:"reply,omitempty"`  // SMTP reply code, such as 550 (RFC 5321 section 4.2)
	Remote     string `json:"remote,omitempty"` // the mail system that refused
	Diagnostic string `json:"diagnostic,omitempty"`
}

// Report is what a feedback report tells (RFC 5965, XARF). All of it is as its writer says.
type Report struct {
	Format       string   `json:"format"` // arf, xarf, spamcop
	Type         string   `json:"type"`   // abuse, fraud, messaging/spam
	UserAgent    string   `json:"user_agent,omitempty"`
	SourceIP     string   `json:"source_ip,omitempty"`
	Arrival      string   `json:"arrival,omitempty"`
	OriginalFrom string   `json:"original_mail_from,omitempty"`
	OriginalTo   []string `json:"original_rcpt_to,omitempty"`
	Domains      []string `json:"reported_domains,omitempty"`
}

// Problem is what keeps a submission from being used as evidence.
type Problem struct {
	File string
	Line int   // from 1; 0 when it is about the file as a whole
	Err  error // what is wrong
	Hint string
}

// Error gives "file:line: what is wrong", the line only where there is one.
func (p Problem) Error() string { return p.Place() + ": " + p.Err.Error() }

// Place gives "file:line", or the file alone.
func (p Problem) Place() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return p.File
}

// Unwrap gives what is wrong without the place.
func (p Problem) Unwrap() error { return p.Err }

// Problem tells what keeps the submission from being evidence: it is unreadable, or it is
// there for a sample and has none, or nobody can tell what it is. Bounces, notices and answers without a sample are none.
func (s *Submission) Problem() (Problem, bool) {
	p := Problem{File: s.File, Line: s.Line, Err: s.Err, Hint: s.Hint}
	switch s.Outcome() {
	case OutcomeUnreadable:
		return p, true
	case OutcomeSamples:
		return Problem{}, false
	}
	switch s.Class {
	case ClassComplaint, ClassProviderReport, ClassPartialSample:
		p.Err = fmt.Errorf("%s without a usable sample", strings.ReplaceAll(string(s.Class), "-", " "))
		p.Hint = "ask its sender for " + s.Ask
		return p, true
	case ClassUnknown:
		if s.Data != nil {
			p.Err, p.Hint = errors.New("gives no sample: "+strings.Join(s.Reasons, "; ")), "read it, and decide what it is"
			return p, true
		}
	}
	return Problem{}, false
}

// Outcome is one of the three ends of a submission.
type Outcome string

// The outcomes.
const (
	OutcomeSamples    Outcome = "samples"
	OutcomeNoSample   Outcome = "no-sample"
	OutcomeUnreadable Outcome = "unreadable"
)

// Outcome tells how the submission ended.
func (s *Submission) Outcome() Outcome {
	switch {
	case s.Class == ClassUnreadable:
		return OutcomeUnreadable
	case len(s.Samples) > 0:
		return OutcomeSamples
	}
	return OutcomeNoSample
}

// Counts is the account of a walk. Inputs is always the sum of the three outcomes, and of
// the numbers of the classes.
type Counts struct {
	Inputs     int
	Samples    int // submissions with samples
	NoSample   int
	Unreadable int
	Classes    map[Class]int
	Found      int // samples, each origin counted
	Distinct   int // samples with different digests, told apart by their first eight bytes

	seen digests
}

// Add counts a submission.
func (c *Counts) Add(s *Submission) {
	if c.Classes == nil {
		c.Classes = map[Class]int{}
	}
	c.Inputs++
	c.Classes[s.Class]++
	switch s.Outcome() {
	case OutcomeSamples:
		c.Samples++
	case OutcomeNoSample:
		c.NoSample++
	case OutcomeUnreadable:
		c.Unreadable++
	}
	c.Found += len(s.Samples)
	for _, sample := range s.Samples {
		c.seen.add(sample.SHA256)
	}
	c.Distinct = c.seen.count()
}
