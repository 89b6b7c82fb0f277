package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"relaytrace/trace"
	"relaytrace/trace/header"
	"relaytrace/trace/intake"
)

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
			sample.Part = partOf(&sample)
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

// analyze traces one sample.
func analyze(s intake.Sample, believe trace.Settings) trace.Path {
	var room [64]header.Field
	h := header.Scan(s.Data, room[:0])
	p := trace.Analyze(s.Data, h.Fields, &believe)
	p.Sample = trace.Sample{File: s.File, Line: s.Line, Part: s.Part, SHA256: hex.EncodeToString(s.SHA256[:]), Via: string(s.Via), By: s.By}
	return p
}
