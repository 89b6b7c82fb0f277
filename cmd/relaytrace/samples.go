package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"relaytrace/trace"
	"relaytrace/trace/intake"
)

// eachSample has work done on every sample below the paths, whatever it came in, on several
// at once, and hands what it makes to use, in their order. What is unreadable, or carries no
// sample and should, is told; what machines and people sent without one is counted and told
// at the end. Neither work nor use may keep bytes of a sample.
func eachSample[T any](ctx context.Context, a *app, s settings, paths []string, work func(*intake.Sample) T, use func(T) error) error {
	var counts intake.Counts
	sorter := s.sorter()
	sorter.Brief, sorter.Reuse = true, true
	type worked struct {
		samples []T
		one     [1]T            // the room of samples: most have one
		problem *intake.Problem // none in most
	}
	all := func(_ int, sub *intake.Submission) *worked {
		w := &worked{}
		w.samples = w.one[:0]
		if p, bad := sub.Problem(); bad {
			w.problem = new(p)
		}
		for i := range sub.Samples {
			sub.Samples[i].Part = partOf(&sub.Samples[i])
			w.samples = append(w.samples, work(&sub.Samples[i]))
		}
		return w
	}
	err := intake.WalkWith(ctx, sorter, paths, a.stdin, all, func(sub *intake.Submission, w *worked) error {
		counts.Add(sub)
		if w.problem != nil {
			a.problem(*w.problem)
		}
		for _, x := range w.samples {
			if err := use(x); err != nil {
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

// analyze traces one sample.
func analyze(s *intake.Sample, believe *trace.Settings) trace.Path {
	p := trace.Analyze(s.Data, s.Fields(), believe)
	p.Sample = placeOf(s)
	return p
}

// placeOf says where a sample was found.
func placeOf(s *intake.Sample) trace.Sample {
	var digest [2 * len(s.SHA256)]byte
	hex.Encode(digest[:], s.SHA256[:])
	return trace.Sample{File: s.File, Line: s.Line, Part: s.Part, SHA256: string(digest[:]), Via: string(s.Via), By: s.By}
}
