package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"relaytrace/casefile"
	"relaytrace/casefile/cluster"
	"relaytrace/casefile/spool"
	"relaytrace/trace"
	"relaytrace/trace/intake"
)

// read sorts everything below the paths, puts it into the spool, and takes out what
// compares it. What an interrupted batch has in the spool is not sorted again: it is held
// against the input, and where that has changed, sorting begins at the change.
func (b *batch) read(ctx context.Context, paths []string) error {
	for {
		known := b.spool.Len()
		err := b.pass(ctx, paths, known)
		var other *changedInput
		if errors.As(err, &other) {
			err = b.spool.Cut(other.at)
			if err == nil {
				continue
			}
		}
		if err == nil && len(b.inputs) < b.spool.Len() {
			err = b.spool.Cut(len(b.inputs)) // the input has become shorter
		}
		if e := b.spool.Flush(); err == nil && e != nil {
			err = outError(b.out, e)
		}
		return err
	}
}

// changedInput says that the input is another than the spool holds.
type changedInput struct{ at int }

func (e *changedInput) Error() string { return fmt.Sprintf("input %d has changed", e.at+1) }

// compared is one input with its record for the spool and its features.
type compared struct {
	sub    *intake.Submission
	digest [sha256.Size]byte // of its bytes; zero when it has none
	record spool.Record
	nodes  []*cluster.Features
	err    error
}

// pass walks over the input once. The first known submissions stand in the spool.
func (b *batch) pass(ctx context.Context, paths []string, known int) error {
	b.inputs, b.nodes, b.sums, b.counts, b.texts = nil, nil, nil, intake.Counts{}, map[string]string{}
	bar := b.app.newProgress("sorting", -1)
	defer bar.end()
	sorter := b.set.sorter()
	sorter.Skip = known
	work := func(n int, sub *intake.Submission) compared {
		if n >= known {
			return b.compare(sub, true)
		}
		kept, err := b.spool.Read(n)
		if err != nil || !sameInput(kept, sub) {
			return compared{err: &changedInput{n}}
		}
		return b.compare(kept, false)
	}
	n := 0
	return intake.WalkWith(ctx, sorter, paths, b.app.stdin, work, func(_ *intake.Submission, x compared) error {
		bar.step()
		if x.err != nil {
			return x.err
		}
		if n++; n > known {
			if err := b.spool.Append(x.record); err != nil {
				return outError(b.out, err)
			}
		}
		b.take(x, bar)
		return nil
	})
}

// sameInput tells whether what was read again is what the spool holds.
func sameInput(kept, now *intake.Submission) bool {
	return kept.File == now.File && kept.Line == now.Line && kept.Offset == now.Offset && bytes.Equal(kept.Data, now.Data) &&
		(now.Err == nil || kept.Err != nil && kept.Err.Error() == now.Err.Error())
}

// compare makes the features of a submission and, for a new one, its record.
func (b *batch) compare(sub *intake.Submission, fresh bool) compared {
	x := compared{sub: sub}
	if sub.Data != nil {
		x.digest = sub.Digest()
	}
	for i := range sub.Samples {
		one := &sub.Samples[i]
		fields := one.Fields()
		p := trace.Analyze(one.Data, fields, &b.believe)
		f := cluster.Read(one.Data, fields, one.SHA256, &p)
		x.nodes = append(x.nodes, &f)
	}
	if len(sub.Samples) == 0 && isAbout(sub.Class) {
		forged := ""
		switch {
		case sub.Bounce != nil && sub.Bounce.Forged != "":
			forged = sub.Bounce.Forged
		case len(sub.Forged) == 1:
			forged = sub.Forged[0]
		}
		f := cluster.ReadAbout(sub.Data, x.digest, forged)
		x.nodes = append(x.nodes, &f)
	}
	if fresh {
		x.record, x.err = spool.Encode(sub)
	}
	return x
}

// isAbout tells the classes of what somebody wrote because of a sample.
func isAbout(c intake.Class) bool {
	switch c {
	case intake.ClassBounce, intake.ClassDeliveryNotice, intake.ClassComplaint, intake.ClassProviderReport,
		intake.ClassAutoReply, intake.ClassReply, intake.ClassPartialSample:
		return true
	}
	return false
}

// take keeps what is needed of an input until the cases are made.
func (b *batch) take(x compared, bar *progress) {
	b.counts.Add(x.sub)
	if x.sub.Err != nil {
		bar.end()
		b.app.problem(intake.Problem{File: x.sub.File, Line: x.sub.Line, Err: x.sub.Err, Hint: x.sub.Hint})
	}
	in := batchInput{
		file: x.sub.File, line: int32(x.sub.Line), class: x.sub.Class, digest: x.digest, node: int32(len(b.nodes)), nodes: int32(len(x.nodes)),
		sum: int32(len(b.sums)), sums: int32(len(x.sub.Samples)), place: -1,
	}
	if n := len(b.inputs); n > 0 && b.inputs[n-1].file == in.file {
		in.file = b.inputs[n-1].file // one string for all of a mailbox
	}
	b.inputs = append(b.inputs, in)
	b.room()
	for _, f := range x.nodes {
		f.Shape, f.IDShape, f.Subject = b.text(f.Shape), b.text(f.IDShape), b.text(f.Subject)
		for i := range f.Links {
			f.Links[i] = b.text(f.Links[i])
		}
	}
	b.nodes = append(b.nodes, x.nodes...)
	for i := range x.sub.Samples {
		b.sums = append(b.sums, x.sub.Samples[i].SHA256)
	}
}

// text gives one string for all that are the same.
func (b *batch) text(s string) string {
	if one, ok := b.texts[s]; ok {
		return one
	}
	b.texts[s] = s
	return s
}

// batchCase is an incident that becomes a case.
type batchCase struct {
	id      string
	inputs  []int
	samples int                // different ones
	told    casefile.IndexCase // what only the comparison knows of it
}

// place puts each input into a case or the remainder: with its first sample that belongs to
// an incident that is large enough.
func (b *batch) place(joined *cluster.Result) {
	size := make([]int, len(joined.Clusters))
	for i := range b.inputs {
		if c := b.clusterOf(&b.inputs[i], joined, nil); c >= 0 {
			size[c]++
		}
	}
	chosen := make([]bool, len(size))
	for c := range size {
		chosen[c] = size[c] >= b.least && joined.Clusters[c].Samples > 0
	}
	at := map[int]int{}
	for i := range b.inputs {
		c := b.clusterOf(&b.inputs[i], joined, chosen)
		if c < 0 {
			continue
		}
		n, ok := at[c]
		if !ok {
			n = len(b.cases)
			at[c] = n
			b.cases = append(b.cases, batchCase{})
		}
		b.cases[n].inputs = append(b.cases[n].inputs, i)
	}
	slices.SortStableFunc(b.cases, func(x, y batchCase) int { return len(y.inputs) - len(x.inputs) })
	for n := range b.cases {
		x := &b.cases[n]
		for _, i := range x.inputs {
			b.inputs[i].place = int32(n)
		}
		x.id, x.samples = b.nameOf(x.inputs)
	}
}

// clusterOf gives the cluster of the first of an input's features that is in a chosen one.
func (b *batch) clusterOf(in *batchInput, joined *cluster.Result, chosen []bool) int {
	for k := in.node; k < in.node+in.nodes; k++ {
		if c := joined.Of[k]; c >= 0 && (chosen == nil || chosen[c]) {
			return c
		}
	}
	return -1
}
