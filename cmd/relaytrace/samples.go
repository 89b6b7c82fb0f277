package main

import (
	"context"
	"encoding/hex"

	"relaytrace/casefile"
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
		p := analyze(got, believe)
		digest := p.Sample.SHA256
		if i, ok := known[digest]; ok {
			in.samples[i].Origins = append(in.samples[i].Origins, p.Sample)
			return nil
		}
		known[digest] = len(in.samples)
		in.data[digest] = got.Data
		in.samples = append(in.samples, casefile.Sample{
			Number: len(in.samples) + 1, SHA256: digest, Size: int64(len(got.Data)),
			Origins: []trace.Sample{p.Sample}, Path: p,
		})
		bar.step()
		return nil
	}
	problem := func(p intake.Problem) {
		bar.end()
		a.problem(p)
		in.problems = append(in.problems, casefile.Problem{Where: p.Place(), What: p.Err.Error()})
	}
	if err := intake.Walk(ctx, paths, a.stdin, take, problem); err != nil {
		return in, err
	}
	if len(in.samples) == 0 {
		return in, errNoSample
	}
	return in, nil
}

// analyze traces one sample.
func analyze(s intake.Sample, believe trace.Settings) trace.Path {
	h := header.Scan(s.Data, nil)
	p := trace.Analyze(s.Data, h.Fields, &believe)
	p.Sample = trace.Sample{File: s.File, Line: s.Line, Part: s.Part, SHA256: hex.EncodeToString(s.SHA256[:])}
	return p
}

// caseFiles makes the files of the case folder: evidence, letters and the PDF.
func caseFiles(c *casefile.Case, in input) ([]casefile.NamedBytes, error) {
	var files []casefile.NamedBytes
	for _, s := range c.Samples {
		files = append(files, casefile.NamedBytes{Path: s.Evidence, Data: in.data[s.SHA256]})
	}
	for _, l := range c.Letters {
		d, err := render.Letter(c, l)
		if err != nil {
			return nil, err
		}
		files = append(files,
			casefile.NamedBytes{Path: "letters/" + d.Name + ".eml", Data: d.EML},
			casefile.NamedBytes{Path: "letters/" + d.Name + ".txt", Data: d.TXT})
	}
	pdf, err := render.PDF(c)
	if err != nil {
		return nil, err
	}
	return append(files, casefile.NamedBytes{Path: "case.pdf", Data: pdf}), nil
}
