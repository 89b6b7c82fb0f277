package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"relaytrace/casefile"
	"relaytrace/enrich"
	"relaytrace/render"
	"relaytrace/trace"
	"relaytrace/trace/header"
	"relaytrace/trace/intake"
)

// input is what was read for a case.
type input struct {
	samples  []casefile.Sample // in the order read, each digest once
	data     map[string][]byte // digest -> bytes
	problems []casefile.Problem
}

// readSamples reads and traces all samples. One that is found twice is one sample with
// two origins.
func (a *app) readSamples(ctx context.Context, s settings, paths []string) (input, error) {
	in := input{data: map[string][]byte{}}
	believe, err := s.believe()
	if err != nil {
		return in, err
	}
	bar := a.newProgress("reading samples", -1)
	defer bar.end()
	known := map[string]int{} // digest -> index in samples
	take := func(got intake.Sample) error {
		bar.step()
		p := analyze(got, believe)
		digest := p.Sample.SHA256
		if i, ok := known[digest]; ok {
			in.samples[i].Origins = append(in.samples[i].Origins, p.Sample)
			return nil
		}
		known[digest] = len(in.samples)
		in.data[digest] = got.Data
		in.samples = append(in.samples, casefile.Sample{
			SHA256: digest, Size: int64(len(got.Data)), Origins: []trace.Sample{p.Sample}, Path: p,
		})
		return nil
	}
	problem := func(p intake.Problem) {
		bar.end()
		a.problem(p)
		in.problems = append(in.problems, casefile.Problem{Where: p.Place(), What: p.Err.Error()})
	}
	if err := a.eachSample(ctx, s, paths, take, problem); err != nil {
		return in, err
	}
	if len(in.samples) == 0 {
		return in, errNoSample
	}
	return in, nil
}

// eachSample hands every sample below the paths to take, whatever it came in. What is
// unreadable, or carries no sample and should, goes to problem; what machines and people
// sent without one is counted and told at the end.
func (a *app) eachSample(ctx context.Context, s settings, paths []string, take func(intake.Sample) error, problem func(intake.Problem)) error {
	var counts intake.Counts
	sorter := s.sorter()
	sorter.Brief = true
	err := sorter.Walk(ctx, paths, a.stdin, func(sub *intake.Submission) error {
		counts.Add(sub)
		if p, bad := sub.Problem(); bad {
			problem(p)
		}
		for _, sample := range sub.Samples {
			part := strings.Join(sample.Decoded, ", ")
			if sample.Part != "" && part != "" {
				part = sample.Part + "; " + part
			}
			if part != "" {
				sample.Part = part // a case says how its evidence was come by
			}
			if err := take(sample); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		a.tellWrapped(counts, s.Domain != "")
	}
	return err
}

// tellWrapped tells what else than spam was found; domain says whether the forged one is known.
func (a *app) tellWrapped(counts intake.Counts, domain bool) {
	var found []string
	for _, class := range []intake.Class{
		intake.ClassBounce, intake.ClassDeliveryNotice, intake.ClassComplaint, intake.ClassProviderReport, intake.ClassAutoReply, intake.ClassReply,
	} {
		if n := counts.Classes[class]; n > 0 {
			found = append(found, fmt.Sprintf("%s %d", strings.ReplaceAll(string(class), "-", " "), n))
		}
	}
	if len(found) == 0 {
		return
	}
	hint := "relaytrace sort tells what each is"
	if !domain {
		hint += "; give the forged domain in the settings, or answers to it may pass for spam"
	}
	a.tell(fmt.Sprintf("of %d inputs, some only carry samples or have none: %s", counts.Inputs, strings.Join(found, ", ")),
		hint)
}

// askRegistries gathers what is known of every address of the case. A look-up that fails
// is told, here and in the case, and stops nothing. Offline nothing that an earlier run
// kept is used either: the same samples then give the same case everywhere.
func (a *app) askRegistries(ctx context.Context, s settings, in *input, now func() time.Time) (map[netip.Addr]enrich.Record, error) {
	e, done, err := a.enricher(s, now, !s.Offline)
	if err != nil {
		return nil, err
	}
	defer done()
	gathered := casefile.NewGatherer(s.Settings)
	for i := range in.samples {
		gathered.AddSample(&in.samples[i])
	}
	addrs := gathered.Addresses()
	bar := a.newProgress("asking registries", len(addrs))
	defer bar.end()
	records := e.LookupAll(ctx, addrs, func(enrich.Record) { bar.step() })
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	bar.end()
	for _, addr := range addrs {
		r := records[addr]
		r.HoldAgainst(gathered.FirstSeen(addr))
		for i := range r.Lookups {
			// Each tells when it was asked, and what; that an earlier run did so is no part
			// of the case, which is the same when it is made again.
			r.Lookups[i].Kept = false
		}
		records[addr] = r
		for _, p := range lookupProblems(&r) {
			in.problems = append(in.problems, casefile.Problem{Where: addr.String(), What: p})
			a.tell(addr.String()+": "+p, "")
		}
	}
	return records, nil
}

// analyze traces one sample.
func analyze(s intake.Sample, believe trace.Settings) trace.Path {
	var room [64]header.Field
	h := header.Scan(s.Data, room[:0])
	p := trace.Analyze(s.Data, h.Fields, &believe)
	p.Sample = trace.Sample{File: s.File, Line: s.Line, Part: s.Part, SHA256: hex.EncodeToString(s.SHA256[:]), Via: string(s.Via), By: s.By}
	return p
}

// answerFiles keeps the answers on which the records of the case rest, as the servers sent
// them, under their digests.
func answerFiles(c *casefile.Case) []casefile.NamedBytes {
	var files []casefile.NamedBytes
	known := make(map[string]bool)
	add := func(r *enrich.Record) {
		for _, l := range r.Lookups {
			if len(l.Raw) > 0 && !known[l.RawSHA256] {
				known[l.RawSHA256] = true
				files = append(files, casefile.NamedBytes{Path: "answers/" + l.RawSHA256 + "." + l.Kind, Data: l.Raw})
			}
		}
	}
	for i := range c.Relays {
		add(&c.Relays[i].Record)
	}
	for i := range c.Sources {
		add(&c.Sources[i].Record)
	}
	return files
}

// caseFiles makes the files of the case folder: evidence, answers, letters, the case
// file and the exports.
func caseFiles(c *casefile.Case, in input, with look) ([]casefile.NamedBytes, error) {
	var files []casefile.NamedBytes
	for _, s := range c.Samples {
		files = append(files, casefile.NamedBytes{Path: s.Evidence, Data: in.data[s.SHA256]})
	}
	for _, l := range c.Letters {
		d, err := with.letters.Letter(c, l)
		if err != nil {
			return nil, err
		}
		files = append(files,
			casefile.NamedBytes{Path: "letters/" + d.Name + ".eml", Data: d.EML},
			casefile.NamedBytes{Path: "letters/" + d.Name + ".txt", Data: d.TXT})
	}
	files = append(files, answerFiles(c)...)
	documents, err := documentFiles(c, with.font)
	return append(files, documents...), err
}

// documentFiles makes what is drawn from a case alone: the case file on paper and as a
// page, and the exports. more is a font for what the built-in ones lack; it may be nil.
func documentFiles(c *casefile.Case, more *render.Font) ([]casefile.NamedBytes, error) {
	pdf, err := render.PDF(c, more)
	if err != nil {
		return nil, err
	}
	page, err := render.HTML(c)
	if err != nil {
		return nil, err
	}
	exports, err := exportFiles(c)
	if err != nil {
		return nil, err
	}
	return append(exports, casefile.NamedBytes{Path: "case.pdf", Data: pdf}, casefile.NamedBytes{Path: "case.html", Data: page}), nil
}

// exportFiles makes what other programs read: tables, a MISP event and a STIX bundle.
func exportFiles(c *casefile.Case) ([]casefile.NamedBytes, error) {
	files, err := render.CSV(c)
	if err != nil {
		return nil, err
	}
	misp, err := render.MISP(c)
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
