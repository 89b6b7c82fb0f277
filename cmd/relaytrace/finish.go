package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"relaytrace/casefile"
	"relaytrace/casefile/desk"
	"relaytrace/casefile/store"
	"relaytrace/render"
)

// outcome is a case as it was finished.
type outcome struct {
	c        *casefile.Case
	doc      []byte // case.json
	changes  []store.Change
	letters  []desk.Correspondence // those that were sent, and what came of them
	lost     []store.Lost          // letters that were sent and whose ground has changed
	exported store.Exported
}

// finish judges the case by all that the store holds, keeps the judgement, and writes the
// files of the folder. id is the name of a new case; empty for one made from the samples.
func (w *casework) finish(ctx context.Context, id string) (outcome, error) {
	about, err := w.st.Case(ctx)
	if err != nil {
		return outcome{}, err
	}
	if about.ID != "" && id != "" && about.ID != id {
		return outcome{}, &casefile.FolderError{Dir: w.st.Dir(), Err: fmt.Errorf("holds case %q, and this is %q", about.ID, id), What: "name a new folder, or leave --id out"}
	}
	if about.ID == "" {
		about = store.Case{ID: id, Created: w.now(), Status: "open"}
	}
	// What was read stays, whatever comes of the judgement; all else lasts with it or not at all.
	keep := w.logTaken
	if w.added == (added{}) {
		keep = w.logNothing
	}
	if err := keep(ctx); err != nil {
		return outcome{}, err
	}
	o, err := w.judge(ctx, about)
	if err != nil {
		return o, err
	}
	o.exported, err = w.export(ctx, &o)
	w.tellExported(&o.exported)
	return o, err
}

// judge makes the case and keeps it in the store.
func (w *casework) judge(ctx context.Context, about store.Case) (outcome, error) {
	records, problems, err := w.ask(ctx)
	if err != nil {
		return outcome{}, err
	}
	rulings, err := w.st.Rulings(ctx)
	if err != nil {
		return outcome{}, err
	}
	kept, err := w.st.Kept(ctx)
	if err != nil {
		return outcome{}, err
	}
	drafted, err := w.st.Drafted(ctx)
	if err != nil {
		return outcome{}, err
	}
	stated, err := w.st.Statements(ctx)
	if err != nil {
		return outcome{}, err
	}
	bounced, err := w.st.Bounced(ctx)
	if err != nil {
		return outcome{}, err
	}
	if about.Seed == "" {
		if about.Seed, err = w.st.NewSeed(ctx); err != nil {
			return outcome{}, err
		}
	}
	c, err := w.g.Case(casefile.Input{
		Letters: kept, Drafted: drafted, Stated: stated, Bounced: bounced,
		ID: about.ID, Seed: about.Seed, Now: about.Created, Version: versionOf(), Settings: w.set.Settings, Records: records, Rulings: rulings, Problems: problems,
	}, func(n int) (casefile.Sample, error) {
		one, err := w.st.Sample(ctx, n)
		if err != nil {
			return casefile.Sample{}, err
		}
		return w.sampleOf(one), nil
	})
	if err != nil {
		return outcome{}, err
	}
	c.Status, about.ID, about.Settings = about.Status, c.ID, c.Settings
	about.Templates, about.Fonts = w.set.templates, strings.Join(w.set.fonts, "\n")
	if w.cases != "" {
		about.Cases = w.cases
	}
	o := outcome{c: c}
	if c.Custody, err = w.st.Events(ctx); err != nil {
		return o, err
	}
	if err := w.takeBack(ctx, &o); err != nil {
		return o, err
	}
	if o.letters, err = w.followUp(ctx, c); err != nil {
		return o, err
	}
	if o.changes, err = w.st.SaveJudgement(ctx, c); err != nil {
		return o, err
	}
	if err := w.st.SetCase(ctx, about); err != nil {
		return o, err
	}
	if c.Elsewhere, err = w.elsewhere(ctx, about.Cases); err != nil {
		return o, err
	}
	if err := errors.Join(w.saveLetters(ctx, c), w.logJudged(ctx, &o)); err != nil {
		return o, err
	}
	if err := w.st.Commit(ctx); err != nil {
		return o, err
	}
	c.Custody, err = w.st.Events(ctx)
	return o, err
}

// logJudged notes the judgement in the custody log, unless it is the one before.
func (w *casework) logJudged(ctx context.Context, o *outcome) error {
	c := o.c
	doc, err := casefile.EncodeJSON([]any{c.Settings, c.SampleCount, c.Submissions, c.Relays, c.Sources, c.Letters, c.Elsewhere}, "")
	if err != nil {
		return err
	}
	sum := casefile.Digest(doc)
	same, err := w.st.JudgedAs(ctx, sum)
	if err != nil || same {
		return err
	}
	t := c.Tally()
	settings, err := casefile.EncodeJSON(c.Settings, "")
	if err != nil {
		return err
	}
	detail := []string{
		fmt.Sprintf("samples=%d", c.SampleCount), fmt.Sprintf("relays=%d", t.Found), fmt.Sprintf("withdrawn=%d", t.Withdrawn),
		"judgement=" + sum, "settings=" + strings.TrimSpace(string(settings)),
	}
	for _, x := range o.changes {
		detail = append(detail, "changed="+x.Text)
	}
	return w.st.Log(ctx, w.now(), w.who, versionOf(), "judged", detail...)
}

// followUp proposes what follows letters that were sent: thanks for answers, reminders
// where they were asked for, and has the replies planned. It drops drafts of the desk that
// the case bears out no longer.
func (w *casework) followUp(ctx context.Context, c *casefile.Case) ([]desk.Correspondence, error) {
	sent, err := correspondence(ctx, w.st)
	if err != nil {
		return nil, err
	}
	for i := range c.Letters {
		if l := &c.Letters[i]; l.Kind == casefile.LetterReminder && l.Sent == "" {
			l.Relays = notTakenBack(c, l.Refers, l.Relays)
		}
	}
	for i := range sent {
		x := &sent[i]
		x.Retracted = len(x.Relays) > 0 && len(notTakenBack(c, x.Letter, x.Relays)) == 0
		w.followOne(c, x)
	}
	c.Letters = slices.DeleteFunc(c.Letters, func(l casefile.Letter) bool {
		return l.Kind == casefile.LetterReminder && l.Sent == "" && !w.due(sent, l.Refers)
	})
	if w.replies != nil {
		if err := w.replies(ctx, c); err != nil {
			return nil, err
		}
	}
	drafter := w.look.letters.Drafter(c)
	// A letter may count the others: they stay as they are until all are tried.
	c.Letters = slices.DeleteFunc(slices.Clone(c.Letters), func(l casefile.Letter) bool {
		if l.Sent != "" || l.Kind != casefile.LetterReply && l.Refers == "" || l.Kind == casefile.LetterJANET {
			return false
		}
		_, err := drafter.Letter(l)
		if err != nil {
			w.app.tell(fmt.Sprintf("%s: the draft %s is dropped: %v", w.st.Dir(), l.Name, err), "")
		}
		return err != nil
	})
	return sent, nil
}

// due reports whether a letter is still to be reminded of.
func (w *casework) due(sent []desk.Correspondence, name string) bool {
	return slices.ContainsFunc(sent, func(x desk.Correspondence) bool {
		state, _ := x.State(w.now())
		return x.Letter == name && state == desk.StateRemind
	})
}

// followOne drafts the thanks for an answer, or the reminder that is due, once.
func (w *casework) followOne(c *casefile.Case, x *desk.Correspondence) {
	if l := c.Letter(x.Letter); l == nil || !l.Asks() {
		return // a reply or a report: what comes back on it needs neither
	}
	state, _ := x.State(w.now())
	plan, kind := c.PlanThanks, casefile.LetterThanks
	switch {
	case state == desk.StateAnswered:
	case state == desk.StateRemind && w.remindDue:
		plan, kind = c.PlanReminder, casefile.LetterReminder
	default:
		return
	}
	if slices.ContainsFunc(c.Letters, func(l casefile.Letter) bool {
		return l.Kind == kind && l.Refers == x.Letter && (l.Sent == "" || kind == casefile.LetterThanks)
	}) {
		return
	}
	l, err := plan(x.Letter, w.now())
	if err != nil {
		w.app.tell(fmt.Sprintf("%s: no %s of letter %s is drafted: %v", w.st.Dir(), kind, x.Letter, err), "")
		return
	}
	if kind == casefile.LetterReminder {
		l.Relays = notTakenBack(c, x.Letter, l.Relays)
	}
	c.Letters = append(c.Letters, l)
}

// notTakenBack are those of the addresses of a letter that no retraction takes back, be it
// drafted or sent.
func notTakenBack(c *casefile.Case, name string, about []netip.Addr) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(about), func(ip netip.Addr) bool {
		return slices.ContainsFunc(c.Letters, func(l casefile.Letter) bool {
			return l.Kind == casefile.LetterRetraction && l.Refers == name && slices.Contains(l.Relays, ip)
		})
	})
}

// saveLetters writes the drafts and keeps them in the store.
func (w *casework) saveLetters(ctx context.Context, c *casefile.Case) error {
	texts, err := w.draftLetters(c)
	if err != nil {
		return err
	}
	return w.st.SaveLetters(ctx, c, texts)
}

// draftLetters writes the letters that were not sent. One that the texts of relaytrace itself
// cannot be made of is told and left out: some hostile sample found a fault of ours, and must
// not keep the case from being made. Where the texts are the user's own, he is told to mend them.
func (w *casework) draftLetters(c *casefile.Case) ([]store.Letter, error) {
	var texts []store.Letter
	drafter := w.look.letters.Drafter(c)
	for i, l := range c.Letters {
		if l.Sent != "" {
			continue // its text is what went out
		}
		d, err := drafter.Letter(l)
		switch {
		case err == nil:
			texts = append(texts, store.Letter{Letter: l, EML: d.EML, TXT: d.TXT})
		case w.look.letters != render.BuiltIn():
			return nil, err
		default:
			w.app.incomplete = true
			w.app.tell(fmt.Sprintf("%v; it is left out", err), "the case is whole but for this letter; report it as a fault of relaytrace")
			c.Letters = slices.Delete(slices.Clone(c.Letters), i, i+1)
			return w.draftLetters(c) // a letter may count the others
		}
	}
	return texts, nil
}

// export writes the files of the case folder.
func (w *casework) export(ctx context.Context, o *outcome) (store.Exported, error) {
	files, err := w.files(ctx, o.c)
	if err != nil {
		return store.Exported{}, err
	}
	return w.st.Export(ctx, files, func(list []casefile.File) (store.File, error) {
		o.c.Files = list
		var err error
		o.doc, err = casefile.EncodeJSON(o.c, " ")
		return store.Bytes("case.json", o.doc), err
	})
}

// files are those of the case folder, but for case.json.
func (w *casework) files(ctx context.Context, c *casefile.Case) ([]store.File, error) {
	var files []store.File
	about, err := w.st.Case(ctx)
	if err != nil {
		return nil, err
	}
	copied, err := w.st.EvidenceWritten(ctx)
	if err != nil {
		return nil, err
	}
	if c.SampleCount <= casefile.MaxShown || about.Evidence || copied {
		if files, err = w.evidence(ctx); err != nil {
			return nil, err
		}
	}
	letters, err := w.st.Letters(ctx, false)
	if err != nil {
		return nil, err
	}
	for _, l := range letters {
		if l.EML == nil {
			continue // erased
		}
		files = append(files, store.Bytes("letters/"+l.Name+".eml", l.EML), store.Bytes("letters/"+l.Name+".txt", l.TXT))
		if w.look.paper {
			pdf, err := render.LetterPDF(c, l.Letter, l.TXT, w.look.fonts)
			if err != nil {
				return nil, err
			}
			files = append(files, store.Bytes("letters/"+l.Name+".pdf", pdf))
		}
	}
	if err := w.st.Answers(ctx, func(a store.Answer) error {
		f := store.Bytes("answers/"+a.SHA256+"."+a.Kind, a.Data)
		f.SHA256 = a.SHA256
		files = append(files, f)
		return nil
	}); err != nil {
		return nil, err
	}
	if err := w.st.ExchangeData(ctx, func(number int, letter string, data []byte) error {
		files = append(files, store.Bytes(fmt.Sprintf("correspondence/%04d-%s.eml", number, letter), data))
		return nil
	}); err != nil {
		return nil, err
	}
	files = append(files, w.lines.File("samples.ndjson"))
	documents, err := documentFiles(c, func(number int) []byte {
		s, err := w.st.Sample(ctx, number)
		if err != nil {
			return nil // the trace fields, which the case holds, are then quoted alone
		}
		return s.Data
	}, w.look.fonts)
	for _, f := range documents {
		files = append(files, store.Bytes(f.Path, f.Data))
	}
	return files, err
}

// documentFiles makes what is drawn from a case alone: the case file on paper and as a
// page, and the exports. more is a font for what the built-in ones lack; it may be nil.
func documentFiles(c *casefile.Case, bytes render.Bytes, more []*render.Font) ([]casefile.NamedBytes, error) {
	pdf, err := render.PDF(c, bytes, more)
	if err != nil {
		return nil, err
	}
	page, err := render.HTML(c, bytes)
	if err != nil {
		return nil, err
	}
	exports, err := exportFiles(c, bytes)
	if err != nil {
		return nil, err
	}
	return append(exports, casefile.NamedBytes{Path: "case.pdf", Data: pdf}, casefile.NamedBytes{Path: "case.html", Data: page}), nil
}

// exportFiles makes what other programs read: tables, a MISP event and a STIX bundle.
func exportFiles(c *casefile.Case, bytes render.Bytes) ([]casefile.NamedBytes, error) {
	files, err := render.CSV(c)
	if err != nil {
		return nil, err
	}
	misp, err := render.MISP(c, bytes)
	if err != nil {
		return nil, err
	}
	stix, err := render.STIX(c)
	if err != nil {
		return nil, err
	}
	files = append(files, casefile.NamedBytes{Path: "misp.json", Data: misp}, casefile.NamedBytes{Path: "stix.json", Data: stix})
	for i := range files {
		files[i].Path = "exports/" + files[i].Path
	}
	return files, nil
}

// evidence are the copies of the samples, byte for byte, and SHA256SUMS in the format of
// sha256sum, named as seen from there.
func (w *casework) evidence(ctx context.Context) ([]store.File, error) {
	var files []store.File
	var sums bytes.Buffer
	err := w.st.Digests(ctx, func(number int, sum string) error {
		name := casefile.Evidence(number, sum)
		files = append(files, store.File{Path: name, SHA256: sum, Write: func(out io.Writer) error {
			one, err := w.st.Sample(ctx, number)
			if err == nil {
				_, err = out.Write(one.Data)
			}
			return err
		}})
		fmt.Fprintf(&sums, "%s  %s\n", sum, strings.TrimPrefix(name, "evidence/"))
		return nil
	})
	return append(files, store.Bytes("evidence/SHA256SUMS", sums.Bytes())), err
}

// tellExported tells what an export met in the folder that it did not write itself.
func (w *casework) tellExported(x *store.Exported) {
	for _, what := range x.SetAside {
		w.app.tell(fmt.Sprintf("%s: was edited; renamed from %s", w.st.Dir(), what), "")
	}
	for _, what := range x.Left {
		w.app.tell(fmt.Sprintf("%s: %s was edited, and is left as it is", w.st.Dir(), what), "")
	}
}
