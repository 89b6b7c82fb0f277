package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/render"
	"relaytrace/trace/intake"
)

// submissionDoc is the document relaytrace.submission/1: one thing that arrived.
type submissionDoc struct {
	Schema     string         `json:"schema"`
	File       string         `json:"file"`               // as named or found; members of an archive after "!"
	Line       int            `json:"line"`               // of its first byte, from 1; 0 when it is about the file as a whole
	Offset     int64          `json:"offset"`             // of its first byte in the file or the archive's member
	Size       int            `json:"size"`               // in bytes
	Class      intake.Class   `json:"class"`              // what it is
	Grade      intake.Grade   `json:"grade"`              // of what use it is as evidence
	Priority   int            `json:"priority"`           // 1 first, 5 only counted
	Reasons    []string       `json:"reasons"`            // why this class and priority
	Samples    []string       `json:"samples"`            // SHA-256 of each sample, in the order in which they stand
	Parts      []samplePart   `json:"parts"`              // where each sample stands and how it was come by
	Ask        string         `json:"ask,omitempty"`      // what to ask the sender for
	Reporter   string         `json:"reporter,omitempty"` // address of who complained, reported or answered, or of the mail system
	ReplyTo    string         `json:"reply_to,omitempty"` // where the reporter wants the answer, when that is another address
	Subject    string         `json:"subject,omitempty"`  // decoded; this and the next are the spammer's word where the class is sample
	Date       string         `json:"date,omitempty"`     // as written
	Time       time.Time      `json:"date_utc,omitzero"`
	MessageID  string         `json:"message_id,omitempty"`
	Forged     []string       `json:"forged"`           // addresses that were abused as senders
	Recipients []string       `json:"recipients"`       // to whom the spam was sent
	Bounce     *intake.Bounce `json:"bounce,omitempty"` // what a bounce tells, as it was written
	Report     *intake.Report `json:"report,omitempty"` // what a feedback report tells, as it was written
	Error      string         `json:"error,omitempty"`  // why it is unreadable
	Hint       string         `json:"hint,omitempty"`
	Copy       string         `json:"copy,omitempty"` // of the submission, below the folder of --into
}

// samplePart tells of one sample of a submission.
type samplePart struct {
	SHA256  string       `json:"sha256"`
	Line    int          `json:"line"`
	Part    string       `json:"part"`          // MIME part path; empty for the message itself
	Decoded []string     `json:"decoded"`       // what was done to the bytes, in order; none when they lie in the file
	Via     intake.Class `json:"via,omitempty"` // class of what carried it; empty when it came as itself
	By      string       `json:"by,omitempty"`  // the mail system that returned it, or the domain of who reported it
	Grade   intake.Grade `json:"grade"`
	Missing []string     `json:"missing"` // fields that its header lacks
}

// sortFlags are the flags of the verb sort.
type sortFlags struct {
	flags
	domains []string
	rules   string
	into    string
	list    bool
	asJSON  bool
}

func (a *app) sortVerb() *cobra.Command {
	var f sortFlags
	c := &cobra.Command{
		Use:   "sort [flags] FOLDER...",
		Short: "Tell what lies in an abuse mailbox, and what to look at first",
		Long: `sort tells what each thing in an abuse mailbox is: the spam itself, a bounce, a delay or
success notice, a complaint, a provider's report, an answer, an automatic answer, list mail,
or unknown; which samples it carries; of what use they are; and who is to be looked at
first: 1 threats, legal words and distress, 2 providers and technicians, 3 complaints with
full headers, 4 the rest, 5 what is only counted.

It reads messages, mboxes, Maildir and MH folders, Outlook items, pasted headers, zip, tar,
gzip, zstandard and bzip2 files of these, and - for standard input. Every input ends as
exactly one of: samples, no sample, unreadable; the account at the end adds up.

Rules of your own, for the kinds and for what comes first, go into the settings file under
the key rules; relaytrace config init writes one that explains them.`,
		Example: `  relaytrace sort --domain dept.college.example mailbox/
  relaytrace sort --list abuse.mbox
  relaytrace sort --json mailbox/ | jq -r 'select(.priority == 1) | .file'
  relaytrace sort --into sorted mailbox.tar.gz`,
		Args: someSamples,
		RunE: func(c *cobra.Command, args []string) error { return a.sort(c, f, args) },
	}
	c.Flags().StringVar(&f.config, "config", "", "read the settings from `FILE`")
	c.Flags().StringArrayVar(&f.domains, "domain", nil, "the forged `DOMAIN`, to tell answers to it (repeat for more; else that of the settings)")
	c.Flags().StringVar(&f.rules, "rules", "", "read rules of your own from `FILE`, in place of those of the settings")
	c.Flags().StringVar(&f.into, "into", "", "put copies into folders by class below the new folder `DIR`")
	c.Flags().BoolVar(&f.list, "list", false, "print a line for each submission, too")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print one relaytrace.submission/1 document a line")
	return c
}

// sort prints what each submission is, and the account.
func (a *app) sort(c *cobra.Command, f sortFlags, paths []string) error {
	s, err := a.settings(c, f.flags, paths)
	if err != nil {
		return err
	}
	sorter, err := sorterFor(s, f)
	if err != nil {
		return err
	}
	var copies *sorted
	if f.into != "" {
		if copies, err = newSorted(f.into); err != nil {
			return err
		}
	}
	if len(sorter.Domains) == 0 {
		a.tell("no forged domain is known: answers to it may pass for spam", "name it with --domain, or in the settings")
	}
	bar := a.newProgress("sorting", -1)
	defer bar.end()
	var t sortTable
	err = sorter.Walk(c.Context(), paths, a.stdin, func(sub *intake.Submission) error {
		bar.step()
		t.add(sub)
		doc := submissionOf(sub)
		if copies != nil {
			if err := copies.keep(sub, &doc); err != nil {
				return err
			}
		}
		if sub.Err != nil {
			bar.end()
			a.problem(intake.Problem{File: sub.File, Line: sub.Line, Err: sub.Err, Hint: sub.Hint})
		}
		switch {
		case f.asJSON:
			return writeDoc(a.stdout, doc)
		case f.list:
			writeLine(a.stdout, sub)
		}
		return nil
	})
	if copies != nil {
		err = errors.Join(err, copies.close())
	}
	if err != nil || f.asJSON {
		return err
	}
	if f.list {
		a.stdout.WriteString("\n")
	}
	t.write(a.stdout)
	return nil
}

// sorter makes the sorter of the settings.
func (s settings) sorter() intake.Sorter {
	sorter := intake.Sorter{Rules: s.rules}
	if s.Domain != "" {
		sorter.Domains = []string{s.Domain}
	}
	return sorter
}

// sorterFor makes the sorter of the settings and flags.
func sorterFor(s settings, f sortFlags) (intake.Sorter, error) {
	sorter := s.sorter()
	if len(f.domains) > 0 {
		sorter.Domains = f.domains
	}
	if f.rules == "" {
		return sorter, nil
	}
	info, err := os.Stat(f.rules)
	var text []byte
	if err == nil && info.Size() <= maxSettings {
		text, err = os.ReadFile(f.rules)
	}
	switch {
	case err != nil:
		return sorter, fileError(f.rules, err)
	case info.Size() > maxSettings:
		err = errors.New("too large for rules")
	default:
		sorter.Rules, err = intake.ParseRules(string(text))
	}
	if err != nil {
		return sorter, hinted(fmt.Errorf("%s: %w", f.rules, err), "a rule is \"family language: phrase\" below a section such as [complaint text]")
	}
	return sorter, nil
}

// submissionOf makes the document of a submission.
func submissionOf(s *intake.Submission) submissionDoc {
	d := submissionDoc{
		Schema: "relaytrace.submission/1", File: s.File, Line: s.Line, Offset: s.Offset, Size: s.Size,
		Class: s.Class, Grade: s.Grade, Priority: s.Priority, Reasons: s.Reasons,
		Samples: []string{}, Parts: []samplePart{}, Ask: s.Ask, Bounce: s.Bounce, Report: s.Report, Hint: s.Hint,
		Reporter: s.Reporter, ReplyTo: s.ReplyTo, Subject: s.Subject, Date: s.Date, Time: s.Time, MessageID: s.MessageID,
		Forged: s.Forged, Recipients: s.Recipients,
	}
	if s.Err != nil {
		d.Error = s.Err.Error()
	}
	for _, one := range s.Samples {
		digest := hex.EncodeToString(one.SHA256[:])
		d.Samples = append(d.Samples, digest)
		d.Parts = append(d.Parts, samplePart{
			SHA256: digest, Line: one.Line, Part: one.Part, Via: one.Via, By: one.By, Grade: one.Grade,
			Decoded: append([]string{}, one.Decoded...), Missing: append([]string{}, one.Missing...),
		})
	}
	return d
}

func writeDoc(w io.Writer, doc submissionDoc) error {
	text, err := casefile.EncodeJSON(doc, "")
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// writeLine prints one submission for people. Names and reasons hold bytes of samples.
func writeLine(w io.Writer, s *intake.Submission) {
	place := s.File
	if s.Line > 1 {
		place = fmt.Sprintf("%s:%d", place, s.Line)
	}
	fmt.Fprintf(w, "%d  %-15s  %-8s  %3d  %s\n", s.Priority, s.Class, s.Grade, len(s.Samples), render.Visible(place))
	if len(s.Reasons) > 0 {
		fmt.Fprintf(w, "   %s\n", render.Visible(strings.Join(s.Reasons, "; ")))
	}
	if s.Ask != "" {
		fmt.Fprintf(w, "   ask for: %s\n", render.Visible(s.Ask))
	}
}

// shownFirst is how many submissions the table names that are to be looked at first.
const shownFirst = 20

// sortTable gathers the table of classes and priorities.
type sortTable struct {
	counts intake.Counts
	by     map[intake.Class]*[intake.PriorityCounted + 1]int
	first  [intake.PriorityReport + 1][]string
	more   int // to be looked at first and not shown
}

func (t *sortTable) add(s *intake.Submission) {
	t.counts.Add(s)
	if t.by == nil {
		t.by = map[intake.Class]*[intake.PriorityCounted + 1]int{}
	}
	if t.by[s.Class] == nil {
		t.by[s.Class] = &[intake.PriorityCounted + 1]int{}
	}
	t.by[s.Class][s.Priority]++
	if s.Priority > intake.PriorityReport {
		return
	}
	if len(t.first[s.Priority]) >= shownFirst {
		t.more++
		return
	}
	why := ""
	if len(s.Reasons) > 0 {
		why = s.Reasons[len(s.Reasons)-1]
	}
	place := s.File
	if s.Line > 1 {
		place = fmt.Sprintf("%s:%d", place, s.Line)
	}
	t.first[s.Priority] = append(t.first[s.Priority], fmt.Sprintf("  %d  %s (%s; %s)", s.Priority, render.Visible(place), s.Class, render.Visible(why)))
}

// write prints the table and the account.
func (t *sortTable) write(w *bufio.Writer) {
	fmt.Fprintf(w, "%-16s %7s   priority %5d %6d %6d %6d %6d\n", "class", "number", 1, 2, 3, 4, 5)
	for _, class := range intake.Classes {
		by := t.by[class]
		if by == nil {
			continue
		}
		fmt.Fprintf(w, "%-16s %7d            ", class, t.counts.Classes[class])
		for p := 1; p <= intake.PriorityCounted; p++ {
			if by[p] == 0 {
				fmt.Fprintf(w, " %6s", "-")
			} else {
				fmt.Fprintf(w, " %6d", by[p])
			}
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\n%d inputs: %d with samples, %d without, %d unreadable\n", t.counts.Inputs, t.counts.Samples, t.counts.NoSample, t.counts.Unreadable)
	fmt.Fprintf(w, "%d samples found, %d different\n", t.counts.Found, t.counts.Distinct)
	if len(t.first[1])+len(t.first[2]) == 0 {
		return
	}
	fmt.Fprintln(w, "\nLook at these first:")
	for _, list := range t.first {
		for _, line := range list {
			fmt.Fprintln(w, line)
		}
	}
	if t.more > 0 {
		fmt.Fprintf(w, "  and %d more; --list shows all\n", t.more)
	}
}

// sorted is the folder of --into: copies by class, and an index.
type sorted struct {
	dir   string
	index *os.File
	out   *bufio.Writer
	n     int
}

// newSorted makes the folder, which must not be there yet or be empty.
func newSorted(dir string) (*sorted, error) {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, folderError(dir, err)
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, folderError(dir, err)
	}
	defer f.Close()
	if names, err := f.Readdirnames(1); err != io.EOF {
		if err == nil && len(names) > 0 {
			err = errors.New("is not empty, and is left as it is")
		}
		return nil, folderError(dir, err)
	}
	index, err := os.OpenFile(filepath.Join(dir, "index.ndjson"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, folderError(dir, err)
	}
	return &sorted{dir: dir, index: index, out: bufio.NewWriter(index)}, nil
}

func folderError(dir string, err error) error {
	return hinted(fmt.Errorf("%s: %w", dir, pathCause(err)), "name a new folder with --into, in a place where you may write")
}

// keep copies a submission byte for byte. The name of the copy is made of its number and
// its own safe letters, never of a path that somebody sent.
func (d *sorted) keep(s *intake.Submission, doc *submissionDoc) error {
	d.n++
	if s.Data != nil {
		folder := filepath.Join(d.dir, string(s.Class))
		if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return folderError(folder, err)
		}
		name := fmt.Sprintf("%06d-%s", d.n, safeName(s.File))
		if err := writeCopy(filepath.Join(folder, name), s.Data); err != nil {
			return err
		}
		doc.Copy = string(s.Class) + "/" + name
	}
	return writeDoc(d.out, *doc)
}

// writeCopy writes a file that is not there yet.
func writeCopy(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return folderError(name, err)
	}
	_, err = f.Write(data)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return errors.Join(folderError(name, err), os.Remove(name))
	}
	return nil
}

// safeName makes a file name of the last part of a path: letters, digits, dot, hyphen.
func safeName(file string) string {
	if i := strings.LastIndexAny(file, `/\!`); i >= 0 {
		file = file[i+1:]
	}
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, file)
	if len(clean) > 80 {
		clean = clean[len(clean)-80:]
	}
	return strings.TrimLeft(clean, ".-")
}

// close ends the index.
func (d *sorted) close() error {
	err := d.out.Flush()
	if e := d.index.Close(); err == nil {
		err = e
	}
	if err != nil {
		return folderError(d.dir, err)
	}
	return nil
}
