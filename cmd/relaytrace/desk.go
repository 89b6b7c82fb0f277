package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/casefile/desk"
	"relaytrace/casefile/store"
	"relaytrace/render"
	"relaytrace/trace/header"
)

// deskFlags are the flags of the verb desk.
type deskFlags struct {
	onCase
	drafts string
	users  string
	again  string
}

// deskDoc is the document relaytrace.desk/1.
type deskDoc struct {
	Schema string            `json:"schema"`
	Case   string            `json:"case"`
	Queue  []desk.Item       `json:"queue"`
	Drafts []string          `json:"drafts"` // letters that answer the queue
	Refuse []string          `json:"refuse"` // answers that were proposed and must not be written, with the reason
	Forged desk.ForgedReport `json:"forged"`
}

func (a *app) deskVerb() *cobra.Command {
	var f deskFlags
	c := &cobra.Command{
		Use:   "desk [flags] DIR",
		Short: "Say who is to be answered, and what to do about the forged addresses",
		Long: `desk reads what arrived in a case and makes the queue of those who are to be answered: threats
and distress first, then providers, then complaints with full headers, then the rest. Each
person gets one answer, however often he wrote, and nobody gets two; mail of machines is
counted and never answered. It drafts the answers into the folder letters, and with --drafts
also as a Maildir that a mail program opens.

It then tells which of your addresses were forged, which of them exist (--users), and what to
do about them, with pieces of configuration for Postfix, Exim and sendmail.`,
		Example: `  relaytrace desk RT-2026-01
  relaytrace desk --drafts ~/Maildir/.Incident --users /etc/passwd RT-2026-01
  relaytrace desk --json RT-2026-01 | jq -r '.queue[] | select(.priority == 1) | .reporter'`,
		Args: oneCase,
		RunE: func(c *cobra.Command, args []string) error { return a.desk(c, f, args[0]) },
	}
	f.add(c)
	c.Flags().StringVar(&f.drafts, "drafts", "", "write the answers into the Maildir `DIR` too")
	c.Flags().StringVar(&f.users, "users", "", "`FILE` with those who exist: an address a line, a passwd file, or an LDIF export")
	c.Flags().StringVar(&f.again, "again", "", "answer the person at `ADDRESS`, who was answered already, once more")
	return c
}

func (a *app) desk(c *cobra.Command, f deskFlags, dir string) error {
	var users *desk.Users
	if f.users != "" {
		file, err := os.Open(f.users)
		if err != nil {
			return fileError(f.users, err)
		}
		users, err = desk.ReadUsers(file, f.users)
		if err = errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	doc := deskDoc{Schema: "relaytrace.desk/1", Drafts: []string{}, Refuse: []string{}}
	var forged []desk.AddressCount
	o, err := a.change(c.Context(), f.onCase, dir, func(w *casework) error {
		w.replies = func(ctx context.Context, c *casefile.Case) error {
			all, err := w.submissions(ctx)
			if err != nil {
				return err
			}
			forged = forgedIn(all)
			return w.answer(ctx, c, &doc, all, f.again)
		}
		return nil
	})
	if err != nil {
		return err
	}
	doc.Case = o.c.ID
	doc.Forged = desk.NewForgedReport(o.c.Settings.Domain, o.c.Incident.Addresses.Pattern, forged, users)
	if f.drafts != "" {
		if err := a.writeMaildir(c.Context(), dir, f.drafts, doc.Drafts); err != nil {
			return err
		}
	}
	if f.asJSON {
		return a.writeJSON(doc)
	}
	a.writeDesk(&doc, dir, f.drafts)
	return nil
}

// answer makes the queue of a case and plans its replies, in the place of the earlier
// drafts of replies.
func (w *casework) answer(ctx context.Context, c *casefile.Case, doc *deskDoc, all []casefile.Submission, again string) error {
	c.Letters = slices.DeleteFunc(c.Letters, func(l casefile.Letter) bool { return l.Kind == casefile.LetterReply && l.Sent == "" })
	messages := make([]desk.Message, len(all))
	for i := range all {
		messages[i] = messageOf(c, &all[i])
	}
	doc.Queue = desk.Triage(messages, &c.Settings)
	for i := range doc.Queue {
		it := &doc.Queue[i]
		if again != "" && strings.EqualFold(it.Reporter, again) && it.Answer == desk.AnswerNone {
			it.Answer, it.Message = desk.AnswerAlready, it.Submissions[len(it.Submissions)-1]
		}
		if it.Message == 0 {
			continue
		}
		if err := w.reply(ctx, c, it, all, doc); err != nil {
			return err
		}
	}
	return nil
}

// messageOf is a submission as the desk sees it.
func messageOf(c *casefile.Case, s *casefile.Submission) desk.Message {
	m := desk.Message{
		Number: s.Number, Class: string(s.Class), Priority: s.Priority, Reporter: answerTo(s), Subject: s.Subject,
		MessageID: s.MessageID, Date: s.Date, Samples: s.Samples,
	}
	for _, n := range s.Samples {
		if x := c.Sample(n); x != nil && m.Spam == "" {
			m.Spam = x.Path.Message.Subject
		}
	}
	for _, l := range c.Letters {
		// What had arrived when the reply went out is answered by it.
		if l.Kind == casefile.LetterReply && l.Sent != "" && l.Answers != nil && strings.EqualFold(l.Answers.Address, answerTo(s)) && (s.Number <= l.Covers || slices.Contains(l.Answers.More, s.MessageID)) {
			m.Answered = l.Name
		}
	}
	return m
}

func answerTo(s *casefile.Submission) string {
	if s.ReplyTo != "" {
		return s.ReplyTo
	}
	return s.Reporter
}

// reply plans the answer to one person. One that the case has no ground for is told.
func (w *casework) reply(ctx context.Context, c *casefile.Case, it *desk.Item, all []casefile.Submission, doc *deskDoc) error {
	s := &all[slices.IndexFunc(all, func(x casefile.Submission) bool { return x.Number == it.Message })]
	data, err := w.st.SubmissionData(ctx, s.Number)
	if err != nil {
		return err
	}
	it.Name = writerName(data)
	m := messageOf(c, s)
	a := casefile.Answered{
		Address: answerTo(s), Name: it.Name, Subject: s.Subject, MessageID: s.MessageID, Date: s.Date, Class: string(s.Class),
		Variant: it.Answer, Spam: m.Spam, Samples: it.Samples, More: []string{},
	}
	for _, n := range it.Submissions {
		if x := &all[slices.IndexFunc(all, func(x casefile.Submission) bool { return x.Number == n })]; x.MessageID != "" && n != it.Message {
			a.More = append(a.More, x.MessageID)
		}
	}
	l, err := c.PlanReply(a, w.now())
	if err == nil {
		l.Covers = all[len(all)-1].Number
		_, err = w.look.letters.Drafter(c).Letter(l)
	}
	if err != nil {
		it.Why += "; no answer is drafted: " + err.Error()
		doc.Refuse = append(doc.Refuse, it.Reporter+": "+err.Error())
		return nil
	}
	c.Letters = append(c.Letters, l)
	doc.Drafts = append(doc.Drafts, l.Name)
	return nil
}

// writerName reads the name that the writer of a message gives himself.
func writerName(data []byte) string {
	h := header.Scan(data, nil)
	for _, f := range h.Fields {
		if f.Is(data, "From") {
			if a, err := mail.ParseAddress(strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(string(f.Body(data))))); err == nil {
				return a.Name
			}
		}
	}
	return ""
}

// submissions reads all that arrived, by number.
func (w *casework) submissions(ctx context.Context) ([]casefile.Submission, error) {
	var all []casefile.Submission
	err := w.st.Submissions(ctx, func(s *casefile.Submission) error {
		all = append(all, *s)
		return nil
	})
	return all, err
}

// forgedIn counts the addresses that what arrived shows as abused.
func forgedIn(all []casefile.Submission) []desk.AddressCount {
	counts := map[string]int{}
	for i := range all {
		for _, address := range all[i].Forged {
			counts[address]++
		}
	}
	out := []desk.AddressCount{}
	for address, n := range counts {
		out = append(out, desk.AddressCount{Address: address, Count: n})
	}
	return out
}

// writeMaildir puts drafts into a Maildir, marked as drafts; one that lies there is left.
func (a *app) writeMaildir(ctx context.Context, dir, to string, names []string) error {
	st, err := store.OpenReadOnly(ctx, dir)
	if err != nil {
		return err
	}
	defer st.Close()
	letters, err := st.Letters(ctx, false)
	if err != nil {
		return err
	}
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(to, sub), 0o700); err != nil {
			return fmt.Errorf("%s: %w", to, pathCause(err))
		}
	}
	for _, l := range letters {
		if !slices.Contains(names, l.Name) {
			continue
		}
		unique := l.Name + "." + casefile.Digest(l.EML)[:12] + ".relaytrace"
		name := filepath.Join(to, "cur", unique+":2,DS")
		if _, err := os.Lstat(name); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w", name, pathCause(err))
		}
		part := filepath.Join(to, "tmp", unique)
		if err := os.WriteFile(part, l.EML, 0o600); err != nil {
			return fmt.Errorf("%s: %w", part, pathCause(err))
		}
		if err := os.Rename(part, name); err != nil {
			return fmt.Errorf("%s: %w", name, pathCause(err))
		}
	}
	return nil
}

// writeDesk tells people the queue and the measures.
func (a *app) writeDesk(doc *deskDoc, dir, maildir string) {
	rows := [][]string{{"priority", "answer", "who", "messages", "samples", "why"}}
	for _, it := range doc.Queue {
		who := it.Reporter
		if it.Answer == desk.AnswerCounted {
			who = it.Class
		}
		rows = append(rows, []string{fmt.Sprint(it.Priority), it.Answer, render.Visible(render.Middle(who, 40)), fmt.Sprint(len(it.Submissions)), fmt.Sprint(len(it.Samples)), render.Visible(render.Middle(it.Why, 110))})
	}
	if len(rows) == 1 {
		a.stdout.WriteString("Nothing has arrived that is to be answered or counted.\n")
	} else {
		writeTable(a.stdout, rows, unmarked)
	}
	if len(doc.Drafts) > 0 {
		where := dir + "/letters"
		if maildir != "" {
			where += " and in the Maildir " + maildir
		}
		fmt.Fprintf(a.stdout, "\nAnswers drafted in %s: %d\n", render.Visible(where), len(doc.Drafts))
	}
	f := &doc.Forged
	if f.Distinct == 0 {
		return
	}
	fmt.Fprintf(a.stdout, "\nForged addresses in %s: %d, in %s", render.Visible(f.Domain), f.Distinct, count(f.Messages, "message", "messages"))
	if f.Pattern != "" {
		fmt.Fprintf(a.stdout, "; pattern: %s", render.Visible(f.Pattern))
	}
	if f.Checked {
		fmt.Fprintf(a.stdout, "; %d exist, %d do not", len(f.Existing), len(f.Unknown))
	}
	a.stdout.WriteString("\n")
	for i, m := range f.Measures {
		fmt.Fprintf(a.stdout, "\n%d. %s\n", i+1, render.Visible(m.Title))
		writeWrapped(a.stdout, "   ", "   ", render.Visible(m.Why), plainWidth)
		writeWrapped(a.stdout, "   But: ", "   ", render.Visible(m.Caution), plainWidth)
		for _, conf := range m.Config {
			fmt.Fprintf(a.stdout, "   %s:\n", conf.Server)
			for line := range strings.Lines(conf.Text) {
				a.stdout.WriteString("     " + render.Visible(strings.TrimSuffix(line, "\n")) + "\n")
			}
		}
	}
}
