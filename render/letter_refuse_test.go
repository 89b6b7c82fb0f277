package render

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"relaytrace/casefile"
	"relaytrace/trace"
)

// TestEveryKindRefuses holds, for the kinds beside log requests, that the rule which allows
// a letter is asked again when it is written.
func TestEveryKindRefuses(t *testing.T) {
	notice := func(c *casefile.Case) casefile.Letter { return noticeLetter("2001:db8::66", "203.0.113.200") }
	reply := func(c *casefile.Case) casefile.Letter { return replyLetter(casefile.ReplyFirst) }
	reminder := func(c *casefile.Case) casefile.Letter {
		return followLetter(c, casefile.LetterReminder, sentLetter("198.51.100.7"))
	}
	ofNotice := func(c *casefile.Case) casefile.Letter {
		return followLetter(c, casefile.LetterReminder, noticeLetter("203.0.113.200"))
	}
	thanks := func(c *casefile.Case) casefile.Letter {
		return followLetter(c, casefile.LetterThanks, sentLetter("198.51.100.7"))
	}
	retraction := func(c *casefile.Case) casefile.Letter {
		w, l := withdrawnCase()
		*c = *w
		return l
	}
	correction := func(c *casefile.Case) casefile.Letter {
		w, l := correctedCase()
		*c = *w
		return l
	}
	stated := func(c *casefile.Case) casefile.Letter { return statedLetter(c, "a log line") }
	technical := func(c *casefile.Case) casefile.Letter { return replyLetter(casefile.ReplyTechnical) }
	for _, tt := range []struct {
		name   string
		letter func(c *casefile.Case) casefile.Letter
		spoil  func(c *casefile.Case, l *casefile.Letter)
		want   string
	}{
		{"stated, none", stated, func(_ *casefile.Case, l *casefile.Letter) { l.Relays = nil }, "no address"},
		{"stated, by nobody", stated, func(c *casefile.Case, _ *casefile.Letter) { c.Stated = nil }, "no owner's statement"},
		{"stated, not confirmed", stated, func(c *casefile.Case, _ *casefile.Letter) { c.Stated[0].Statements[0].Confirmed = "" }, "nobody has confirmed"},
		{"stated, never asked", stated, func(c *casefile.Case, _ *casefile.Letter) { c.Letters[len(c.Letters)-1].Sent = "" }, "answers no letter that was sent"},
		{"stated, asked about another", stated, func(c *casefile.Case, _ *casefile.Letter) {
			c.Stated[0].Statements[0].Relay = netip.MustParseAddr("192.0.2.25")
		}, "did not ask about"},
		{"stated, of no sample", stated, func(c *casefile.Case, _ *casefile.Letter) { c.Stated[0].Statements[0].Samples = nil }, "tied to no sample"},
		{"notice, none", notice, func(_ *casefile.Case, l *casefile.Letter) { l.Relays = nil }, "no address"},
		{"notice, twice", notice, func(_ *casefile.Case, l *casefile.Letter) { l.Relays[1] = l.Relays[0] }, "twice"},
		{"notice, no source", notice, func(_ *casefile.Case, l *casefile.Letter) { l.Relays[0] = netip.MustParseAddr("198.51.100.7") }, "no source of the case"},
		{"notice, claimed", notice, func(c *casefile.Case, _ *casefile.Letter) { c.Sources[0].Certainty = trace.Claimed }, "not"},
		{"notice, chain unexplained", notice, func(c *casefile.Case, _ *casefile.Letter) { c.Sources[1].Ends = trace.EndUnexplained }, "no source that is known well enough"},
		{"notice, bystander", notice, func(c *casefile.Case, _ *casefile.Letter) { c.Bystanders[0].IP = c.Sources[1].IP }, "bystander"},
		{"notice, field not believed", notice, func(c *casefile.Case, _ *casefile.Letter) { c.Samples[3].Path.Hops[0].Standing = trace.Unverified }, "no believed field"},
		{"notice, not recorded", notice, func(c *casefile.Case, _ *casefile.Letter) { c.Samples[3].Path.Hops[0].Standing = trace.Corroborated }, "no trusted field"},
		{"notice, of a private network", notice, func(c *casefile.Case, l *casefile.Letter) {
			c.Sources[0].IP, l.Relays[1] = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.1")
		}, "no source that is known well enough"},
		{"report, source not believed", func(*casefile.Case) casefile.Letter { return janetLetter() }, func(c *casefile.Case, _ *casefile.Letter) {
			c.Samples[3].Path.Hops[0].Standing = trace.Contradicted
		}, "no believed field"},
		{"report, relay not believed", func(*casefile.Case) casefile.Letter { return janetLetter() }, func(c *casefile.Case, _ *casefile.Letter) {
			c.Samples[2].Path.Hops[0].Standing = trace.Unverified
		}, "no believed field"},
		{"forged too, our own", forgedLetter, func(_ *casefile.Case, l *casefile.Letter) { l.Domains = []string{"dept.college.example"} }, "own domain"},
		{"forged too, not forged", forgedLetter, func(_ *casefile.Case, l *casefile.Letter) { l.Domains = []string{"other.example"} }, "does not say"},
		{"forged too, none", forgedLetter, func(_ *casefile.Case, l *casefile.Letter) { l.Domains = nil }, "does not say"},
		{"reply, own host", reply, func(c *casefile.Case, _ *casefile.Letter) { c.OwnHosts = []int{1} }, "own host stands in the path"},
		{"reply, no samples named and an own host", reply, func(c *casefile.Case, l *casefile.Letter) { c.OwnHosts, l.Answers.Samples = []int{3}, nil }, "nothing is denied"},
		{"reply, to a bounce", reply, func(_ *casefile.Case, l *casefile.Letter) { l.Answers.Class = "bounce" }, "not answered"},
		{"reply, to another", reply, func(_ *casefile.Case, l *casefile.Letter) { l.To = []string{"someone@else.example"} }, "somebody else"},
		{"reply, to nothing", reply, func(_ *casefile.Case, l *casefile.Letter) { l.Answers = nil }, "answers nothing"},
		{"reply, no path", reply, func(c *casefile.Case, _ *casefile.Letter) {
			for i := range c.Samples {
				c.Samples[i].Path.Boundary = nil
			}
		}, "ask for the full header"},
		{"reply, automatic", reply, func(_ *casefile.Case, l *casefile.Letter) {
			l.To, l.Answers.Address = []string{"noreply@people.example"}, "noreply@people.example"
		}, "automatic"},
		{"reply, facts not borne out", technical, func(c *casefile.Case, _ *casefile.Letter) { c.Relays[1].Seen = nil }, "no believed field"},
		{"reply, in another language", reply, func(_ *casefile.Case, l *casefile.Letter) { l.Lang = "de" }, "language"},
		{"reminder, of nothing", reminder, func(c *casefile.Case, _ *casefile.Letter) { c.Letters = nil }, "does not have"},
		{"reminder, of a report", reminder, func(c *casefile.Case, _ *casefile.Letter) { c.Letters[0].Kind = casefile.LetterJANET }, "no log request"},
		{"reminder, to another", reminder, func(_ *casefile.Case, l *casefile.Letter) { l.To = []string{"x@else.example"} }, "did not go"},
		{"reminder, about another", reminder, func(_ *casefile.Case, l *casefile.Letter) { l.Relays = []netip.Addr{netip.MustParseAddr("192.0.2.25")} }, "says nothing of"},
		{"reminder, withdrawn since", reminder, func(c *casefile.Case, _ *casefile.Letter) { c.Relays[1].Verdict = casefile.VerdictWithdrawn }, "not to be asked"},
		{"reminder, claimed since", ofNotice, func(c *casefile.Case, _ *casefile.Letter) { c.Sources[0].Certainty = trace.Claimed }, "well enough"},
		{"thanks, about none", thanks, func(_ *casefile.Case, l *casefile.Letter) { l.Relays = nil }, "no address"},
		{"thanks, about another", thanks, func(_ *casefile.Case, l *casefile.Letter) {
			l.Relays = []netip.Addr{netip.MustParseAddr("198.51.100.99")}
		}, "says nothing of"},
		{"correction, undone", correction, func(c *casefile.Case, _ *casefile.Letter) {
			c.Relays[1].Verdict, c.Relays[1].Withholds = casefile.VerdictUndisclosed, true
		}, "what was said before"},
		{"correction, of the unknown", correction, func(_ *casefile.Case, l *casefile.Letter) { l.Corrects = l.Corrects[:1] }, "is not known"},
		{"correction, of what was never written", correction, func(_ *casefile.Case, l *casefile.Letter) {
			l.Corrects[0].Verdict = casefile.VerdictWithdrawn
		}, "nobody is written to"},
		{"correction, innocent now", correction, func(c *casefile.Case, _ *casefile.Letter) { c.Relays[1].Verdict = casefile.VerdictWithdrawn }, "not to be asked"},
		{"correction, claimed now", correction, func(c *casefile.Case, _ *casefile.Letter) { c.Relays[0].Certainty = trace.Claimed }, "only claimed"},
		{"correction, gone", correction, func(c *casefile.Case, _ *casefile.Letter) { c.Relays = c.Relays[:1] }, "no source of the case"},
		{"correction, about another", correction, func(_ *casefile.Case, l *casefile.Letter) {
			l.Relays = []netip.Addr{netip.MustParseAddr("203.0.113.99")}
		}, "says nothing of"},
		{"correction, to another", correction, func(_ *casefile.Case, l *casefile.Letter) { l.To = []string{"x@else.example"} }, "did not go"},
		{"retraction, of what still holds", retraction, func(c *casefile.Case, _ *casefile.Letter) { c.Relays[1].Verdict = casefile.VerdictSuspected }, "still says"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := letterCase()
			l := tt.letter(c)
			if _, err := BuiltIn().Drafter(c).Letter(l); err != nil {
				t.Fatalf("the letter is refused unspoilt: %v", err)
			}
			tt.spoil(c, &l)
			d, err := BuiltIn().Drafter(c).Letter(l)
			if err == nil {
				t.Fatalf("the letter was written:\n%s", d.TXT)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want one that says %q", err, tt.want)
			}
		})
	}
}

// TestReadTemplates holds what a user's own templates may be, and that what they make of a
// case is looked at like what the built-in ones make.
func TestReadTemplates(t *testing.T) {
	for _, tt := range []struct {
		name, file, text string
		want             string // in the letter, or in the error after "error: "
	}{
		{"a define", "x.txt", `{{define "signature"}}Yours{{end}}`, "Yours\n"},
		{"named by its file", "signature.txt", "Yours\r\n", "Yours\n"},
		{"a whole letter", "log-request.txt", "About {{.Addresses}}.\n\nUrgent.\n", "About 198.51.100.7.\n\nUrgent.\n"},
		{"a subject", "x.txt", `{{define "subject:log-request"}}Help{{end}}`, "Subject: Help\n"},
		{"with a part of its own", "x.txt", `{{define "signature"}}{{template "mine" .}}{{end}}{{define "mine"}}Mine{{end}}`, "Mine\n"},
		{"nothing in it", "x.txt", " \n", "error: holds no template"},
		{"no template file", "x.md", "text", "error: holds no template"},
		{"a slip in the name", "log-reqest.txt", "text", `error: letters/log-reqest.txt:1: defines "log-reqest", which no letter uses`},
		{"a slip below", "x.txt", "{{define \"signature\"}}x{{end}}\n\n{{define \"sig\"}}y{{end}}", `error: letters/x.txt:3: defines "sig"`},
		{"syntax", "x.txt", "{{define \"signature\"}}\n{{if}}{{end}}{{end}}", "error: letters/x.txt:2: missing value for if"},
		{"no such function", "x.txt", "\n{{define \"signature\"}}{{shout .ID}}{{end}}", `error: letters/x.txt:2: function "shout" not defined`},
		{"no such field", "x.txt", "\n{{define \"signature\"}}{{.Nobody}}{{end}}", "error: letters/x.txt:2:"},
		{"no such template", "x.txt", `{{define "signature"}}{{template "missing" .}}{{end}}`, "error: letters/x.txt:1:"},
		{"bidi", "x.txt", "{{define \"signature\"}}\n\u202e{{end}}", "error: letters/x.txt:2: character U+202E would be hidden"},
		{"not UTF-8", "x.txt", "{{define \"signature\"}}caf\xe9{{end}}", "error: letters/x.txt:1: character"},
		{"hidden by an escape", "x.txt", `{{define "signature"}}{{"\u200b"}}{{end}}`, "error: hidden characters"},
		{"a line feed in the subject", "x.txt", "{{define \"subject:log-request\"}}a\nBcc: x@y.example{{end}}", "Subject: a Bcc: x@y.example\n"},
		{"an accusation", "x.txt", `{{define "signature"}}198.51.100.99 did it{{end}}`, "error: its text names 198.51.100.99"},
		{"an accusation by name", "x.txt", `{{define "signature"}}It was Innocent.example!{{end}}`, "error: its text names the bystander innocent.example"},
		{"an accusation in the subject", "x.txt", `{{define "subject:log-request"}}198.51.100.99{{end}}`, "error: its text names 198.51.100.99"},
		{"an empty letter", "x.txt", `{{define "log-request"}}{{if .Nothing}}{{end}}{{end}}`, "error: letters/x.txt:1:"},
		{"no text", "x.txt", `{{define "log-request"}}{{if false}}x{{end}}{{end}}`, "error: leaves the text or the subject empty"},
		{"too large", "x.txt", strings.Repeat("x", maxTemplate+1), "error: letters/x.txt: too large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var d Draft
			texts, err := ReadTemplates(fstest.MapFS{tt.file: {Data: []byte(tt.text)}, "sub/y.txt": {Data: []byte("{{")}}, "letters")
			if err == nil {
				d, err = texts.Drafter(letterCase()).Letter(sentLetter("198.51.100.7"))
			}
			want, wantError := strings.CutPrefix(tt.want, "error: ")
			switch {
			case wantError && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("error %v, want %q", err, want)
			case !wantError && err != nil:
				t.Error(err)
			case !wantError && !strings.Contains(string(d.TXT), want):
				t.Errorf("no %q in\n%s", want, d.TXT)
			}
		})
	}
	if _, err := BuiltIn().Drafter(letterCase()).Letter(sentLetter("198.51.100.7")); err != nil {
		t.Errorf("the user's templates got into the built-in ones: %v", err)
	}
	if _, err := ReadTemplates(fstest.MapFS{}, "letters"); err == nil {
		t.Error("an empty folder passes")
	}
}

// TestEveryVerdictIsSaid holds that a correction has words for all that a letter may have
// been written on.
func TestEveryVerdictIsSaid(t *testing.T) {
	seen := map[deed]casefile.Verdict{}
	for _, v := range []casefile.Verdict{casefile.VerdictSuspected, casefile.VerdictUndisclosed, casefile.VerdictSourceOrRelay, casefile.VerdictRelayOrProvider, casefile.VerdictProvisional} {
		s, err := statementOf(casefile.Said{Verdict: v, Certainty: trace.Recorded})
		if err != nil || seen[s.Is] != "" || !slices.Contains(deeds, s.Is) {
			t.Errorf("%s is told as %q, as is %q: %v", v, s.Is, seen[s.Is], err)
		}
		seen[s.Is] = v
	}
	if s, err := statementOf(casefile.Said{Verdict: casefile.VerdictWithdrawn, Certainty: trace.Recorded}); err == nil {
		t.Errorf("a host that is innocent is told as %q", s.Is)
	}
}
