package casefile

import (
	"time"

	"relaytrace/trace/intake"
)

// Submission is one thing that arrived, as the case keeps it. What package intake says of
// the same fields holds here.
type Submission struct {
	Number     int            `json:"number"` // from 1, in the order read
	SHA256     string         `json:"sha256"` // over its bytes; empty when it could not be read
	File       string         `json:"file"`
	Line       int            `json:"line"`
	Size       int64          `json:"size"`
	Class      intake.Class   `json:"class"`
	Grade      intake.Grade   `json:"grade"`
	Priority   int            `json:"priority"`
	Reasons    []string       `json:"reasons"`
	Reporter   string         `json:"reporter"`
	ReplyTo    string         `json:"reply_to"`
	Subject    string         `json:"subject"`
	Date       string         `json:"date"`
	Time       time.Time      `json:"time,omitzero"`
	MessageID  string         `json:"message_id"`
	Forged     []string       `json:"forged"`
	Recipients []string       `json:"recipients"`
	Ask        string         `json:"ask"`
	Bounce     *intake.Bounce `json:"bounce,omitempty"`
	Report     *intake.Report `json:"report,omitempty"`
	Problem    string         `json:"problem"` // why it is no evidence: it could not be read, or lacks the sample that it should carry
	Samples    []int          `json:"samples"` // numbers of the samples that it carried, ascending
}
