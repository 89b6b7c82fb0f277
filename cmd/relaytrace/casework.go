package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"relaytrace/casefile"
	"relaytrace/casefile/store"
	"relaytrace/enrich"
	"relaytrace/trace"
	"relaytrace/trace/header"
	"relaytrace/trace/intake"
)

// casework is one case under work: its store, and what was gathered of it.
type casework struct {
	app     *app
	place   store.Place
	set     settings
	believe trace.Settings
	now     func() time.Time
	look    look
	cases   string // folder of other cases to hold this one against; empty: that of the last time
	who     string // runs the command, for the custody log

	enrich *enrich.Enricher // nil where nobody is asked, and what the case knows is all
	done   func()           // closes enrich

	st    *store.Store // nil until the first submission of a new case
	fresh bool         // this run made the store
	lines *store.Draft // samples.ndjson, with the path of each sample that was gathered
	g     *casefile.Gatherer
	added added

	remindDue bool                                              // reminders that are due are drafted
	replies   func(ctx context.Context, c *casefile.Case) error // plans the replies to complainants; nil to leave them
}

// added counts what a run brought into a case.
type added struct {
	submissions, samples, again int // again: new places of samples that the case held
}

// openCase opens the case of a folder, or prepares to make one there.
func (a *app) openCase(ctx context.Context, dir string, s settings, l look, now func() time.Time, who string) (*casework, error) {
	w := &casework{app: a, set: s, look: l, now: now, who: a.actor(who, s.Settings), g: casefile.NewGatherer(s.Settings)}
	var err error
	if w.believe, err = s.believe(); err != nil {
		return nil, err
	}
	place, there, err := store.FindPlace(dir)
	if err != nil {
		return nil, err
	}
	w.place = place
	if !there {
		return w, nil
	}
	if w.st, err = store.Open(ctx, dir); err != nil {
		return nil, err
	}
	if err := w.load(ctx); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// withLookups has registries asked, or offline the tables at hand. What is wrong with the
// settings for it is told before the long work.
func (w *casework) withLookups() error {
	var err error
	w.enrich, w.done, err = w.app.enricher(w.set, w.now, !w.set.Offline)
	return err
}

// actor names who runs the command: --who, else the reporter of the settings, else the
// user of the system.
func (a *app) actor(who string, s casefile.Settings) string {
	for _, name := range []string{who, s.Reporter, a.env("USER"), a.env("LOGNAME"), a.env("USERNAME")} {
		if name != "" {
			return name
		}
	}
	return "unknown"
}

// close gives up what was not committed.
func (w *casework) close() error {
	if w.done != nil {
		w.done()
	}
	if w.st == nil {
		return nil
	}
	return w.st.Close()
}

// load gathers what the case holds. Where it was traced with other settings or by another
// version, what the store says of the paths is made anew.
func (w *casework) load(ctx context.Context) error {
	with := tracedWith(w.set.Settings)
	retrace, err := w.st.TracedOtherwise(ctx, with)
	if err != nil {
		return err
	}
	if w.lines, err = w.st.Begin(); err != nil {
		return err
	}
	bar := w.app.newProgress("reading the case", -1)
	defer bar.end()
	var line []byte
	err = w.st.Samples(ctx, 1, func(one *store.Sample) error {
		bar.step()
		if one.Data == nil {
			return nil // erased
		}
		s := w.sampleOf(one)
		w.g.AddSample(&s)
		line = appendLine(line[:0], &s.Path)
		if _, err := w.lines.Write(line); err != nil || !retrace {
			return err
		}
		return w.st.SetPath(ctx, s.Number, &s.Path)
	})
	if err != nil {
		return err
	}
	err = w.st.Submissions(ctx, func(x *casefile.Submission) error {
		w.g.AddSubmission(x)
		return nil
	})
	if err == nil && retrace {
		err = errors.Join(w.st.SetTraced(ctx, with), w.st.Commit(ctx))
	}
	return err
}

// tracedWith names all on which the path of a sample depends beside its bytes.
func tracedWith(s casefile.Settings) string {
	return fmt.Sprintf("%s; trust %q; forwarder %q", versionOf(), s.Trust, s.Forwarder)
}

// sampleOf traces a sample of the store.
func (w *casework) sampleOf(one *store.Sample) casefile.Sample {
	p := trace.Analyze(one.Data, header.Scan(one.Data, nil).Fields, &w.believe)
	if len(one.Origins) > 0 {
		p.Sample = one.Origins[0]
	}
	return casefile.Sample{Number: one.Number, SHA256: one.SHA256, Size: one.Size, Origins: one.Origins, Path: p}
}

// packed is a submission as it goes into the store, with what was traced in its samples.
type packed struct {
	sub    *intake.Submission
	paths  []trace.Path
	lines  []*[]byte // of samples.ndjson, one for each path; of documents
	packed *store.Packed
}

// pack traces the samples of a submission and makes it ready for the store.
func pack(sub *intake.Submission, believe *trace.Settings) packed {
	p := packed{sub: sub, paths: make([]trace.Path, len(sub.Samples)), lines: make([]*[]byte, len(sub.Samples))}
	for i := range sub.Samples {
		sub.Samples[i].Part = partOf(&sub.Samples[i])
		p.paths[i] = analyze(&sub.Samples[i], believe)
		inStore(&p.paths[i].Sample)
		p.lines[i] = documents.Get().(*[]byte)
		*p.lines[i] = appendLine((*p.lines[i])[:0], &p.paths[i])
	}
	p.packed = store.Pack(sub, p.paths)
	return p
}

// inStore makes of the place of a sample what the store gives back: else samples.ndjson would
// be another one when it is written again. File names may hold any bytes.
func inStore(s *trace.Sample) {
	for _, text := range []*string{&s.File, &s.Part, &s.By} {
		*text = strings.ToValidUTF8(*text, "\ufffd")
	}
}

// appendLine adds a path as relaytrace trace --json prints it.
func appendLine(line []byte, p *trace.Path) []byte { return append(p.AppendJSON(line), '\n') }

// read takes everything below the paths into the case. What was taken when it is
// interrupted stays: the same command goes on from there.
func (w *casework) read(ctx context.Context, paths []string) error {
	a := w.app
	bar := a.newProgress("reading samples", -1)
	defer bar.end()
	var counts intake.Counts
	work := func(_ int, sub *intake.Submission) packed { return pack(sub, &w.believe) }
	err := intake.WalkWith(ctx, w.set.sorter(), paths, a.stdin, work, func(_ *intake.Submission, p packed) error {
		bar.step()
		counts.Add(p.sub)
		if problem, bad := p.sub.Problem(); bad {
			bar.end()
			a.problem(problem)
		}
		_, err := w.take(ctx, p)
		return err
	})
	if err != nil {
		return errors.Join(err, w.keepTaken(ctx))
	}
	a.tellWrapped(counts, w.set.Domain != "")
	return nil
}

// keepTaken keeps what was taken before an interruption.
func (w *casework) keepTaken(ctx context.Context) error {
	if w.st == nil || !errors.Is(ctx.Err(), context.Canceled) || w.added == (added{}) {
		return nil
	}
	if err := w.logTaken(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	w.app.tell(fmt.Sprintf("%s: %s are in the case", w.st.Dir(), count(w.added.submissions, "submission", "submissions")),
		"run the same command again to go on")
	return nil
}

// take puts one submission into the store, which is made for the first one.
func (w *casework) take(ctx context.Context, p packed) (store.Taken, error) {
	if w.st == nil {
		if err := w.create(ctx); err != nil {
			return store.Taken{}, err
		}
	}
	taken, err := w.st.Add(ctx, p.packed)
	if err != nil {
		return taken, err
	}
	for i := range taken.Samples {
		path := &p.paths[i]
		switch {
		case taken.New[i]:
			w.added.samples++
			if _, err := w.lines.Write(*p.lines[i]); err != nil {
				return taken, err
			}
			w.g.AddSample(&casefile.Sample{
				Number: taken.Samples[i], SHA256: path.Sample.SHA256, Size: int64(len(p.sub.Samples[i].Data)), Origins: []trace.Sample{path.Sample}, Path: *path,
			})
		case taken.Found[i]:
			w.added.again++
			w.g.AddOrigin(path, path.Sample)
		}
		documents.Put(p.lines[i])
	}
	if taken.Known {
		return taken, nil
	}
	w.added.submissions++
	w.g.AddSubmission(p.packed.Submission(taken))
	return taken, nil
}

// create makes the store of a new case.
func (w *casework) create(ctx context.Context) error {
	st, err := w.place.Create(ctx)
	if err != nil {
		return err
	}
	w.st, w.fresh = st, true
	if w.lines, err = st.Begin(); err != nil {
		return err
	}
	return errors.Join(st.SetTraced(ctx, tracedWith(w.set.Settings)),
		st.Log(ctx, w.now(), w.who, versionOf(), "created"))
}

// abandon takes a new store away that holds no sample: then there is no case.
func (w *casework) abandon() error {
	if w.st == nil || !w.fresh {
		return nil
	}
	err := w.st.Close()
	w.st = nil
	return errors.Join(err, w.place.Abandon())
}

// partOf says how evidence was come by: in which part of a submission it stood, and what
// was done to get at it.
func partOf(s *intake.Sample) string {
	part := strings.Join(s.Decoded, ", ")
	switch {
	case part == "":
		return s.Part
	case s.Part == "":
		return part
	}
	return s.Part + "; " + part
}

// ask gathers what is known of every address of the case. A look-up that fails is told,
// here and in the case, and stops nothing. Offline nothing is used that another case
// learnt, so that the same samples give the same case everywhere; what this case learnt
// earlier stays.
func (w *casework) ask(ctx context.Context) (map[netip.Addr]enrich.Record, []casefile.Problem, error) {
	kept, err := w.st.Records(ctx)
	if err != nil || w.enrich == nil {
		return kept, nil, err
	}
	stated, err := w.st.Statements(ctx)
	if err != nil {
		return nil, nil, err
	}
	addrs := withStated(w.g.Addresses(), stated)
	bar := w.app.newProgress("asking registries", len(addrs))
	defer bar.end()
	records := w.enrich.LookupAll(ctx, addrs, func(enrich.Record) { bar.step() })
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	bar.end()
	problems := []casefile.Problem{}
	for _, addr := range addrs {
		r := records[addr]
		if old, ok := kept[addr]; ok && len(r.Lookups) == 0 && len(old.Lookups) > 0 {
			records[addr] = old
			continue
		}
		r.HoldAgainst(w.g.FirstSeen(addr))
		for i := range r.Lookups {
			// Each tells when it was asked, and what; that an earlier run did so is no part
			// of the case, which is the same when it is made again.
			r.Lookups[i].Kept = false
		}
		records[addr] = r
		for _, p := range lookupProblems(&r) {
			problems = append(problems, casefile.Problem{Where: addr.String(), What: p})
			w.app.tell(addr.String()+": "+p, "")
		}
	}
	return records, problems, w.st.SaveRecords(ctx, records)
}

// withStated adds the public addresses that owners named in their answers.
func withStated(addrs []netip.Addr, stated []casefile.Statement) []netip.Addr {
	for _, x := range stated {
		if _, special := enrich.SpecialOf(x.Client); !special && !slices.Contains(addrs, x.Client) {
			addrs = append(addrs, x.Client)
		}
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	return addrs
}

// logNothing notes in the custody log what an interrupted run had brought; it lasts with the
// judgement.
func (w *casework) logNothing(ctx context.Context) error {
	return w.st.LogAdded(ctx, w.now(), w.who, versionOf(), 0)
}

// logTaken notes in the custody log what came in, and makes it last.
func (w *casework) logTaken(ctx context.Context) error {
	if err := w.st.LogAdded(ctx, w.now(), w.who, versionOf(), w.added.again); err != nil {
		return err
	}
	return w.st.Commit(ctx)
}
