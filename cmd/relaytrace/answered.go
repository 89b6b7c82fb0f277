package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/casefile/desk"
	"relaytrace/casefile/store"
	"relaytrace/render"
	"relaytrace/trace"
	"relaytrace/trace/intake"
)

// maxAnswerFile bounds the file of an answer, in bytes.
const maxAnswerFile = 64 << 20

// answeredFlags are the flags of the verb answered.
type answeredFlags struct {
	onCase
	flags
	file    string
	confirm string
	on      string
}

// answerDoc is the document relaytrace.answer/1.
type answerDoc struct {
	Schema    string            `json:"schema"`
	Letter    string            `json:"letter"`
	Kind      string            `json:"kind"`      // answered, bounced or automatic
	Bounced   []string          `json:"bounced"`   // recipients at which the letter did not arrive
	Disclosed []desk.Disclosure `json:"disclosed"` // log lines that tell from whom a relay took the mail; numbered from 1
	Confirmed []int             `json:"confirmed"` // numbers of those that entered the case
	Drafts    []string          `json:"drafts"`    // letters that the case has now and had not before
}

func (a *app) answeredVerb() *cobra.Command {
	var f answeredFlags
	c := &cobra.Command{
		Use:   "answered [flags] DIR LETTER --file ANSWER",
		Short: "Take an answer to a letter into the case, and what it discloses",
		Long: `answered takes an answer to a letter of a case that was sent: a message or a text, byte for
byte. A bounce is noted as one, and the next contact is written to; an automatic answer is
none.

Log lines in it that bear the queue ID of a sample, and tell from whom the relay took the
message, are shown with their numbers. Read them. --confirm then takes them into the case as
the owner's statement, and a letter to the network of the host they name is drafted: so the
trail goes on past a relay that hid it. Nothing enters the case unconfirmed.`,
		Example: `  relaytrace answered RT-2026-01 01-log-request-192.0.2.25 --file answer.eml
  relaytrace answered RT-2026-01 01-log-request-192.0.2.25 --file answer.eml --confirm 1,2`,
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) != 2:
				return usage("a case and a letter are needed", c.CommandPath()+" --help")
			case f.file == "":
				return usage("no answer named", "name it with --file; - is standard input")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.answered(c, f, args[0], args[1]) },
	}
	f.add(c)
	c.Flags().StringVar(&f.config, "config", "", "read the settings of look-ups from `FILE`; those of the case are in the case")
	c.Flags().BoolVar(&f.offline, "offline", false, "ask no registry about the hosts that the answer names")
	c.Flags().StringVar(&f.file, "file", "", "the answer is in `FILE`, a message or a text; - is standard input")
	c.Flags().StringVar(&f.confirm, "confirm", "", "take these log lines into the case: `NUMBERS` such as 1,3, or all")
	c.Flags().StringVar(&f.on, "on", "", "it came on `DATE` or at that time, in place of now")
	return c
}

func (a *app) answered(c *cobra.Command, f answeredFlags, dir, letter string) error {
	data, err := a.readAnswer(f.file)
	if err != nil {
		return err
	}
	doc := answerDoc{Schema: "relaytrace.answer/1", Letter: letter, Bounced: []string{}, Disclosed: []desk.Disclosure{}, Confirmed: []int{}, Drafts: []string{}}
	var before []string
	s, err := a.settings(c, f.flags, nil)
	if err != nil {
		return err
	}
	o, err := a.change(c.Context(), f.onCase, dir, func(w *casework) error {
		w.set.lookups, w.set.Offline = s.lookups, w.set.Offline || s.Offline
		if err := w.withLookups(); err != nil {
			return err
		}
		all, err := w.st.Letters(c.Context(), false)
		if err != nil {
			return err
		}
		for _, l := range all {
			before = append(before, l.Name)
		}
		at, err := w.when(f.on)
		if err != nil {
			return err
		}
		return w.takeAnswer(c.Context(), &doc, all, data, at, f)
	})
	if err != nil {
		return err
	}
	for _, l := range o.c.Letters {
		if !slices.Contains(before, l.Name) {
			doc.Drafts = append(doc.Drafts, l.Name)
		}
	}
	if f.asJSON {
		return a.writeJSON(doc)
	}
	a.writeAnswer(&doc, dir)
	writeChanges(a.stdout, &o)
	return nil
}

// readAnswer reads the file of an answer.
func (a *app) readAnswer(name string) ([]byte, error) {
	in := a.stdin
	if name != intake.Stdin {
		file, err := os.Open(name)
		if err != nil {
			return nil, fileError(name, err)
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maxAnswerFile+1))
	switch {
	case err != nil:
		return nil, fileError(name, err)
	case len(data) > maxAnswerFile:
		return nil, hinted(fmt.Errorf("%s: larger than %d MiB", name, maxAnswerFile>>20), "save the answer alone, without large attachments")
	case len(data) == 0:
		return nil, hinted(fmt.Errorf("%s: is empty", name), "save the answer again")
	}
	return data, nil
}

// takeAnswer notes an answer and takes from it what was confirmed.
func (w *casework) takeAnswer(ctx context.Context, doc *answerDoc, all []store.Letter, data []byte, at time.Time, f answeredFlags) error {
	i := slices.IndexFunc(all, func(l store.Letter) bool { return l.Name == doc.Letter })
	switch {
	case i < 0:
		return hinted(fmt.Errorf("%s: the case has no letter %q", w.st.Dir(), doc.Letter), "the letters lie in its folder letters, and are named without .eml or .txt")
	case all[i].Sent == "":
		return hinted(fmt.Errorf("letter %s is not noted as sent", doc.Letter), "relaytrace sent notes it")
	}
	if k := all[i].Kind; k == casefile.LetterReminder || k == casefile.LetterCorrection { // it is the letter before that is answered
		i = slices.IndexFunc(all, func(l store.Letter) bool { return l.Name == all[i].Refers })
	}
	if i < 0 {
		return fmt.Errorf("letter %s follows one that the case does not have", doc.Letter)
	}
	l := &all[i]
	doc.Letter = l.Name
	sub, err := classify(ctx, data)
	if err != nil {
		return err
	}
	switch sub.Class {
	case intake.ClassBounce:
		doc.Kind = "bounced"
		return w.noteBounce(ctx, doc, l, &sub, at)
	case intake.ClassAutoReply, intake.ClassDeliveryNotice:
		doc.Kind = "automatic"
		w.app.tell(fmt.Sprintf("%s: is an automatic answer (%s); it is not taken for one of the recipient's", f.file, strings.Join(sub.Reasons, "; ")), "")
		return nil
	}
	doc.Kind = store.WasAnswered
	sum := casefile.Digest(data)
	if err := w.noteAnswer(ctx, l.Name, data, sum, at); err != nil {
		return err
	}
	if !l.Asks() {
		return nil // nothing was asked, so nothing is read out of it
	}
	wanted, err := w.wanted(ctx, &l.Letter)
	if err != nil {
		return err
	}
	doc.Disclosed = desk.ReadAnswer(intake.Text(data), wanted)
	doc.Confirmed, err = confirmed(f.confirm, doc.Disclosed)
	if err != nil {
		return err
	}
	for _, n := range doc.Confirmed {
		if err := w.takeStatement(ctx, l.Name, sum, &doc.Disclosed[n-1]); err != nil {
			return err
		}
	}
	return nil
}

// classify tells what the answer is: a person's words, a bounce, a machine's.
func classify(ctx context.Context, data []byte) (intake.Submission, error) {
	var first intake.Submission
	stop := errors.New("one is enough")
	err := intake.Sorter{}.Walk(ctx, []string{intake.Stdin}, strings.NewReader(string(data)), func(s *intake.Submission) error {
		first = *s
		return stop
	})
	if err != nil && !errors.Is(err, stop) {
		return first, err
	}
	return first, nil
}

// noteAnswer keeps the answer once, however often the command is given.
func (w *casework) noteAnswer(ctx context.Context, letter string, data []byte, sum string, at time.Time) error {
	all, err := w.st.Exchanges(ctx)
	if err != nil || slices.ContainsFunc(all, func(x store.Exchange) bool { return x.Letter == letter && x.SHA256 == sum }) {
		return err
	}
	return errors.Join(
		w.st.AddExchange(ctx, &store.Exchange{Letter: letter, What: store.WasAnswered, Time: at, Who: w.who, Data: data}),
		w.st.Log(ctx, w.now(), w.who, versionOf(), "letter-answered", "letter="+letter, "sha256="+sum))
}

// noteBounce notes at which recipients a letter did not arrive.
func (w *casework) noteBounce(ctx context.Context, doc *answerDoc, l *store.Letter, sub *intake.Submission, at time.Time) error {
	told := strings.ToLower(strings.Join(sub.Recipients, " "))
	if sub.Bounce != nil {
		for _, r := range sub.Bounce.Recipients {
			told += " " + strings.ToLower(r.Address+" "+r.Original)
		}
	}
	for _, to := range l.To {
		if slices.Contains(strings.Fields(told), strings.ToLower(to)) || len(l.To) == 1 && strings.TrimSpace(told) == "" {
			doc.Bounced = append(doc.Bounced, to)
		}
	}
	if len(doc.Bounced) == 0 {
		return hinted(fmt.Errorf("the bounce names none of the recipients of letter %s", l.Name), "see whether it is about another letter")
	}
	known, err := w.st.Exchanges(ctx)
	for _, to := range doc.Bounced {
		if slices.ContainsFunc(known, func(x store.Exchange) bool {
			return x.Letter == l.Name && x.What == store.WasBounced && x.Address == to
		}) {
			continue
		}
		err = errors.Join(err, w.st.AddExchange(ctx, &store.Exchange{Letter: l.Name, What: store.WasBounced, Time: at, Who: w.who, Address: to, Data: sub.Data}),
			w.st.Log(ctx, w.now(), w.who, versionOf(), "letter-bounced", "letter="+l.Name, "sha256="+casefile.Digest(sub.Data)))
	}
	return err
}

// wanted are the transactions that a letter asked about, with the IDs by which log lines
// are tied to them.
func (w *casework) wanted(ctx context.Context, l *casefile.Letter) ([]desk.Wanted, error) {
	stated, err := w.st.Statements(ctx)
	if err != nil {
		return nil, err
	}
	var out []desk.Wanted
	err = w.st.Samples(ctx, 1, func(one *store.Sample) error {
		if one.Data == nil {
			return nil
		}
		s := w.sampleOf(one)
		for _, ip := range l.Relays {
			out = append(out, wantedOf(&s, ip, stated)...)
		}
		return nil
	})
	return out, err
}

// wantedOf gives what is known of one sample's passage through a host: the ID in the field
// that the relay wrote itself; of a host that left none, or that only an owner named, those
// of the fields below, one of which may be its own.
func wantedOf(s *casefile.Sample, ip netip.Addr, stated []casefile.Statement) []desk.Wanted {
	p := &s.Path
	id := strings.Trim(p.Message.MessageID, " \t<>")
	for _, r := range p.Relays {
		if r.IP == ip && r.Own >= 0 {
			return []desk.Wanted{{Sample: s.Number, Relay: ip, QueueID: p.Hops[r.Own].ID, MessageID: id}}
		}
	}
	from := -1
	for i := range p.Hops {
		if p.Hops[i].From.IP == ip {
			from = i
			break
		}
	}
	for _, x := range stated {
		if from < 0 && x.Client == ip && slices.Contains(x.Samples, s.Number) {
			from = 0
			for _, r := range p.Relays {
				if r.IP == x.Relay && r.Own >= 0 {
					from = r.Own
				}
			}
		}
	}
	if from < 0 {
		return nil
	}
	out := []desk.Wanted{{Sample: s.Number, Relay: ip, MessageID: id}}
	for i := from + 1; i < len(p.Hops); i++ {
		if h := &p.Hops[i]; h.ID != "" && h.Standing != trace.Contradicted {
			out = append(out, desk.Wanted{Sample: s.Number, Relay: ip, QueueID: h.ID, MessageID: id, Perhaps: true})
		}
	}
	return out
}

// confirmed reads which of the disclosures the analyst confirms.
func confirmed(list string, all []desk.Disclosure) ([]int, error) {
	out := []int{}
	if list == "" {
		return out, nil
	}
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		n, err := strconv.Atoi(word)
		switch {
		case word == "all":
			for i := range all {
				if all[i].Unfit == "" && !slices.Contains(out, i+1) {
					out = append(out, i+1)
				}
			}
		case err != nil || n < 1 || n > len(all):
			return nil, usage(fmt.Sprintf("--confirm: there is no line %q", word), "run the command without --confirm to see the lines and their numbers")
		case all[n-1].Unfit != "":
			return nil, usage(fmt.Sprintf("--confirm: line %d leads to nobody outside: %s", n, all[n-1].Unfit), "")
		case !slices.Contains(out, n):
			out = append(out, n)
		}
	}
	return out, nil
}

// takeStatement takes a confirmed log line into the case.
func (w *casework) takeStatement(ctx context.Context, letter, answer string, d *desk.Disclosure) error {
	x := casefile.Statement{
		Letter: letter, Relay: d.Relay, Client: d.Client, Name: d.Name, HELO: d.HELO, Auth: d.Auth, QueueID: d.QueueID, Match: d.Match,
		Line: d.Text, Samples: d.Samples, Answer: answer, Confirmed: w.now().UTC().Format(time.RFC3339), Who: w.who,
	}
	again, err := w.st.AddStatement(ctx, &x)
	if err != nil || again {
		return err
	}
	return w.st.Log(ctx, w.now(), w.who, versionOf(), "statement-confirmed", "letter="+letter, "relay="+d.Relay.String(), "client="+d.Client.String(),
		"match="+d.Match, "queue_id="+d.QueueID, "answer="+answer)
}

// writeAnswer tells people what an answer brought.
func (a *app) writeAnswer(doc *answerDoc, dir string) {
	switch doc.Kind {
	case "bounced":
		fmt.Fprintf(a.stdout, "Letter %s came back from %s.\n", render.Visible(doc.Letter), render.Visible(strings.Join(doc.Bounced, ", ")))
	case "automatic":
		fmt.Fprintf(a.stdout, "Nothing was noted of letter %s.\n", render.Visible(doc.Letter))
	default:
		fmt.Fprintf(a.stdout, "Letter %s was answered. Log lines in it that tell from whom a relay took the mail: %d\n", render.Visible(doc.Letter), len(doc.Disclosed))
	}
	for i, d := range doc.Disclosed {
		state := "not confirmed"
		if slices.Contains(doc.Confirmed, i+1) {
			state = "confirmed"
		}
		if d.Unfit != "" {
			state = "leads to nobody outside: " + d.Unfit
		}
		who := d.Client.String()
		if d.Auth != "" {
			who += ", authenticated as " + render.Visible(d.Auth)
		}
		fmt.Fprintf(a.stdout, "\n  %d  %s took it from %s (%s, by %s), for %s: %s\n", i+1, d.Relay, who, d.Software, d.Match, samplesWords(d.Samples), state)
		writeWrapped(a.stdout, "     line "+strconv.Itoa(d.Line)+": ", "       ", render.Visible(d.Text), plainWidth)
	}
	if len(doc.Disclosed) > len(doc.Confirmed) && len(doc.Confirmed) == 0 {
		fmt.Fprint(a.stdout, "\nRead the lines. The same command with --confirm takes them into the case.\n")
	}
	if len(doc.Drafts) > 0 {
		fmt.Fprintf(a.stdout, "\nDrafted in %s/letters: %s\n", render.Visible(dir), strings.Join(doc.Drafts, ", "))
	}
}

func samplesWords(list []int) string {
	words := make([]string, 0, 6)
	for i, n := range list {
		if i == 5 {
			words = append(words, fmt.Sprintf("%d more", len(list)-i))
			break
		}
		words = append(words, strconv.Itoa(n))
	}
	if len(list) == 1 {
		return "sample " + words[0]
	}
	return "samples " + strings.Join(words, ", ")
}
