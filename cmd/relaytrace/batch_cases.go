package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"relaytrace/casefile"
	"relaytrace/casefile/cluster"
	"relaytrace/casefile/store"
	"relaytrace/trace/intake"
)

// remainderName is the folder of what belongs to no case.
const remainderName = "remainder"

// nameOf gives the ID that a case of these inputs has, and the number of its different samples.
func (b *batch) nameOf(inputs []int) (id string, samples int) {
	seen := map[[32]byte]bool{}
	var sums []string
	for _, i := range inputs {
		in := &b.inputs[i]
		for _, sum := range b.sums[in.sum : in.sum+in.sums] {
			if !seen[sum] {
				seen[sum] = true
				sums = append(sums, hex.EncodeToString(sum[:]))
			}
		}
	}
	return casefile.NewID(b.set.Settings, sums), len(sums)
}

// makeCases makes the remainder and the cases, several at once, the largest first, so that
// no core has long to do when the others are done. Those that an interrupted batch has
// finished with the same inputs are left as they are.
func (b *batch) makeCases(ctx context.Context, joined *cluster.Result) ([]casefile.IndexCase, error) {
	done, err := b.resume(ctx)
	if err != nil {
		return nil, err
	}
	made := make([]casefile.IndexCase, len(b.cases)+1)
	bar := &sharedBar{bar: b.app.newProgress("making cases", len(b.inputs))}
	defer bar.end()
	quiet := b.app.besides(bar)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan int)
	var wg sync.WaitGroup
	for range b.makers() {
		wg.Go(func() {
			for n := range jobs {
				x, err := b.makeCase(ctx, quiet, n, joined, done, bar)
				if err != nil {
					cancel(err)
				}
				made[n] = x
			}
		})
	}
	for n := range made {
		select {
		case jobs <- (len(b.cases) + n) % len(made): // the remainder stands last in made
		case <-ctx.Done():
		}
	}
	close(jobs)
	wg.Wait()
	b.app.incomplete = b.app.incomplete || quiet.incomplete
	return made, context.Cause(ctx)
}

// makers is how many cases are made at once. With network one after the other: the limits
// of how often a registry may be asked hold for a look-up service, and each case has one.
func (b *batch) makers() int {
	if !b.set.Offline {
		return 1
	}
	return runtime.GOMAXPROCS(0)
}

// makeCase makes case n, or the remainder behind the last.
func (b *batch) makeCase(ctx context.Context, a *app, n int, joined *cluster.Result, done map[string]casefile.IndexCase, bar *sharedBar) (casefile.IndexCase, error) {
	if n == len(b.cases) {
		return b.makeRemainder(ctx, a, done, bar)
	}
	one := &b.cases[n]
	if x, ok := done[one.id]; ok {
		bar.add(len(one.inputs))
		return x, nil
	}
	w, numbers, err := b.fill(ctx, a, one.id, one.inputs, bar)
	if err != nil {
		return casefile.IndexCase{}, err
	}
	o, err := outcome{}, w.st.SaveClusters(ctx, []store.Cluster{b.clusterFor(one, numbers, joined)})
	if err == nil {
		o, err = w.finish(ctx, one.id)
	}
	if err = errors.Join(err, w.close()); err != nil {
		return casefile.IndexCase{}, err
	}
	x := o.c.InShort()
	x.Folder = one.id
	x.SetInputs(one.told.Inputs)
	x.Subjects, x.Links, x.Joined = one.told.Subjects, one.told.Links, one.told.Joined
	return x, b.note(finishedCase{one.id, b.digestOf(one.inputs), x})
}

// clusterFor tells the store of a case why its submissions belong together. numbers are
// those that the store gave the inputs.
func (b *batch) clusterFor(one *batchCase, numbers []int, joined *cluster.Result) store.Cluster {
	x, inputs := &one.told, one.inputs
	texts := func(all []casefile.TextCount) string {
		var out []string
		for _, t := range all {
			out = append(out, fmt.Sprintf("%s (%d)", t.Text, t.Count))
		}
		return strings.Join(out, ", ")
	}
	c := store.Cluster{Name: strings.Trim(texts(x.Subjects)+"; "+texts(x.Links), "; "), Bounces: x.Bounces, Why: texts(x.Joined)}
	number := make(map[int32]int, len(inputs))
	for k, i := range inputs {
		number[int32(i)] = numbers[k]
	}
	for k, i := range inputs {
		m := store.Member{Submission: numbers[k]}
		if j, to, ok := b.joinOf(i, joined); ok {
			m.Nearest, m.Why = number[to], strings.TrimSuffix(j.Kind.String()+": "+j.What, ": ")
		}
		c.Samples += int(b.inputs[i].sums)
		c.Members = append(c.Members, m)
	}
	return c
}

// joinOf gives the join that ties an input to another, and that.
func (b *batch) joinOf(i int, joined *cluster.Result) (j cluster.Join, to int32, ok bool) {
	in := &b.inputs[i]
	for k := in.node; k < in.node+in.nodes; k++ {
		if j, ok = joined.Joined(int(k)); ok && b.inputOf(j.B) != int32(i) {
			return j, b.inputOf(j.B), true
		}
	}
	return j, 0, false
}

// inputOf gives the input that features were taken from.
func (b *batch) inputOf(node int) int32 {
	i, _ := slices.BinarySearchFunc(b.inputs, node, func(in batchInput, n int) int { return cmp.Compare(int(in.node+in.nodes-1), n) })
	return int32(i)
}

// makeRemainder keeps what belongs to no case: in a store, with its custody log, and
// unjudged. Wanted mail may be among it, so that nobody is written to.
func (b *batch) makeRemainder(ctx context.Context, a *app, done map[string]casefile.IndexCase, bar *sharedBar) (casefile.IndexCase, error) {
	var inputs []int
	for i := range b.inputs {
		if b.inputs[i].place < 0 {
			inputs = append(inputs, i)
		}
	}
	id, samples := b.nameOf(inputs)
	x := casefile.Remainder(remainderName, b.account(inputs), samples)
	if len(inputs) == 0 {
		x.Folder = ""
		return x, nil
	}
	if kept, ok := done[remainderName]; ok {
		bar.add(len(inputs))
		return kept, nil
	}
	w, _, err := b.fill(ctx, a, remainderName, inputs, bar)
	if err != nil {
		return x, err
	}
	err = w.st.SetCase(ctx, store.Case{ID: id, Created: b.now(), Status: "open", Settings: b.set.Settings})
	if err = errors.Join(err, w.logTaken(ctx), w.close()); err != nil {
		return x, err
	}
	x.Case = id
	return x, b.note(finishedCase{remainderName, b.digestOf(inputs), x})
}

// account counts inputs by class, in the order of the classes.
func (b *batch) account(inputs []int) casefile.Submissions {
	counts := map[intake.Class]*casefile.ClassCount{}
	for _, i := range inputs {
		in := &b.inputs[i]
		c := counts[in.class]
		if c == nil {
			c = &casefile.ClassCount{Class: string(in.class)}
			counts[in.class] = c
		}
		c.Count++
		if in.sums > 0 {
			c.Samples++
		}
	}
	out := casefile.Submissions{Total: len(inputs), Classes: []casefile.ClassCount{}}
	for _, class := range intake.Classes {
		if c := counts[class]; c != nil {
			out.Classes = append(out.Classes, *c)
		}
	}
	return out
}

// fill opens or makes the store of a folder below OUT and puts the inputs into it, in their
// order, and gives the numbers that it has for them. Those that an interrupted batch has put
// there are known to it.
func (b *batch) fill(ctx context.Context, a *app, folder string, inputs []int, bar *sharedBar) (w *casework, numbers []int, err error) {
	if w, err = a.openCase(ctx, filepath.Join(b.out, folder), b.set, b.look, b.now, b.who); err != nil {
		return nil, nil, err
	}
	type read struct {
		packed
		err error
	}
	work := func(i int) read {
		sub, err := b.spool.Read(i)
		if err != nil {
			return read{err: outError(b.out, err)}
		}
		return read{packed: pack(sub, &b.believe)}
	}
	use := func(r read) error {
		bar.add(1)
		if r.err != nil {
			return r.err
		}
		taken, err := w.take(ctx, r.packed)
		numbers = append(numbers, taken.Submission)
		return err
	}
	if err := inOrder(ctx, inputs, work, use); err != nil {
		return nil, nil, errors.Join(err, w.keepTaken(ctx), w.close())
	}
	return w, numbers, nil
}

// tell gives what only the comparison knows of a case.
func (b *batch) tell(inputs []int, joined *cluster.Result) casefile.IndexCase {
	var x casefile.IndexCase
	x.SetInputs(b.account(inputs))
	subjects, links, why := map[string]int{}, map[string]int{}, map[string]int{}
	for _, i := range inputs {
		in := &b.inputs[i]
		for k := in.node; k < in.node+in.nodes; k++ {
			f := b.nodes[k]
			if j, ok := joined.Joined(int(k)); ok {
				why[j.Kind.String()]++
			}
			if f.About {
				continue
			}
			if f.Subject != "" {
				subjects[f.Subject]++
			}
			for _, l := range f.Links {
				links[l]++
			}
		}
	}
	x.Subjects, x.Links, x.Joined = most(subjects, 3), most(links, 5), most(why, len(why))
	return x
}

// most gives the n texts with the highest counts.
func most(counts map[string]int, n int) []casefile.TextCount {
	all := []casefile.TextCount{}
	for text, k := range counts {
		all = append(all, casefile.TextCount{Text: text, Count: k})
	}
	slices.SortFunc(all, func(a, b casefile.TextCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text))
	})
	return all[:min(n, len(all))]
}

// writePlacements writes where each input went, and why.
func (b *batch) writePlacements(joined *cluster.Result) error {
	name := filepath.Join(b.out, "placement.ndjson")
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return outError(b.out, err)
	}
	w := bufio.NewWriterSize(f, 1<<18)
	for i := range b.inputs {
		if err := b.writePlacement(w, i, joined); err != nil {
			return errors.Join(outError(b.out, err), f.Close())
		}
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return outError(b.out, err)
	}
	return nil
}

func (b *batch) writePlacement(w *bufio.Writer, i int, joined *cluster.Result) error {
	in := &b.inputs[i]
	p := casefile.Placement{
		Schema: casefile.PlacementSchema, File: in.file, Line: int(in.line), Class: string(in.class), Folder: b.folderOf(i),
	}
	if in.place >= 0 {
		if j, to, ok := b.joinOf(i, joined); ok {
			other := &b.inputs[to]
			p.Why, p.What, p.To = j.Kind.String(), j.What, fmt.Sprintf("%s:%d", other.file, other.line)
		}
	}
	doc, err := casefile.EncodeJSON(p, "")
	if err != nil {
		return err
	}
	_, err = w.Write(doc)
	return err
}

// sharedBar is a progress bar that several goroutines move.
type sharedBar struct {
	mu  sync.Mutex
	bar *progress
}

func (s *sharedBar) add(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.bar.step()
	}
}

func (s *sharedBar) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bar.end()
}

// Write clears the bar before a line is told.
func (s *sharedBar) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bar.end()
	return s.bar.app.stderr.Write(p)
}

// besides gives an app whose words and bars do not get into those of the shared bar.
func (a *app) besides(bar *sharedBar) *app {
	return &app{env: a.env, stdin: a.stdin, stdout: a.stdout, stderr: bar}
}
