package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"relaytrace/casefile"
	"relaytrace/casefile/store"
)

// finishedCase is one line of the list of what is finished. The last line of a folder
// holds; one without a digest says that the folder is finished no more.
type finishedCase struct {
	Case   string             `json:"case"`   // its folder
	Inputs string             `json:"inputs"` // digest of them, see digestOf
	Entry  casefile.IndexCase `json:"entry"`
}

func (b *batch) doneName() string { return filepath.Join(b.workDir(), "finished.ndjson") }

// resume gives what an interrupted batch finished and what holds still. The input may be
// another now: a folder whose inputs are others than it was finished with is done again, and
// one with a submission that does not belong into it any more is set aside, whole, before
// anything is made. So every input is in one of the cases, and in no second one.
func (b *batch) resume(ctx context.Context) (map[string]casefile.IndexCase, error) {
	noted, err := b.finished()
	if err != nil {
		return nil, err
	}
	plan := map[string][]int{}
	for i := range b.inputs {
		name := b.folderOf(i)
		plan[name] = append(plan[name], i)
	}
	done := map[string]casefile.IndexCase{}
	for name, x := range noted {
		switch {
		case x.Inputs == "":
		case x.Inputs == b.digestOf(plan[name]) && store.Exists(filepath.Join(b.out, name)):
			done[name] = x.Entry
		default: // before its store changes: the input may change back
			if err := b.note(finishedCase{Case: name}); err != nil {
				return nil, err
			}
		}
	}
	entries, err := os.ReadDir(b.out)
	if err != nil {
		return nil, outError(b.out, err)
	}
	for _, e := range entries {
		name := e.Name()
		dir := filepath.Join(b.out, name)
		if _, ok := done[name]; ok || !store.Exists(dir) {
			continue
		}
		stale, err := b.stale(ctx, dir, plan[name])
		if err == nil && stale {
			err = b.setAside(name)
		}
		if err != nil {
			return nil, err
		}
	}
	return done, nil
}

// folderOf names the folder that an input belongs into.
func (b *batch) folderOf(i int) string {
	if n := b.inputs[i].place; n >= 0 {
		return b.cases[n].id
	}
	return remainderName
}

// digestOf is a digest over where inputs stand and what they are, in their order.
func (b *batch) digestOf(inputs []int) string {
	h := sha256.New()
	for _, i := range inputs {
		in := &b.inputs[i]
		fmt.Fprintf(h, "%q %d %x\n", in.file, in.line, in.digest)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// stale tells whether a store holds what does not belong into it.
func (b *batch) stale(ctx context.Context, dir string, inputs []int) (bool, error) {
	if len(inputs) == 0 {
		return true, nil
	}
	type input struct {
		file, sum string
		line      int
	}
	belongs := map[input]bool{}
	for _, i := range inputs {
		in := &b.inputs[i]
		x := input{file: strings.ToValidUTF8(in.file, "\ufffd"), line: int(in.line)} // as a store writes it
		if in.digest != ([sha256.Size]byte{}) {
			x.sum = hex.EncodeToString(in.digest[:])
		}
		belongs[x] = true
	}
	st, err := store.Open(ctx, dir)
	if err != nil {
		return false, err
	}
	stale := false
	err = st.Submissions(ctx, func(x *casefile.Submission) error {
		stale = stale || !belongs[input{x.File, x.SHA256, x.Line}]
		return nil
	})
	return stale, errors.Join(err, st.Close())
}

// asideName is the folder below OUT of what an interrupted batch made and the input has
// overtaken. It is never deleted: a letter of it may have been sent.
const asideName = "superseded"

// setAside moves a folder out of the way as it is.
func (b *batch) setAside(name string) error {
	from := filepath.Join(b.out, name)
	aside := filepath.Join(b.out, asideName)
	if err := os.Mkdir(aside, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return outError(b.out, err)
	}
	to := filepath.Join(aside, name)
	for n := 2; ; n++ {
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			break
		}
		to = filepath.Join(aside, fmt.Sprintf("%s-%d", name, n))
	}
	if err := os.Rename(from, to); err != nil {
		return outError(b.out, err)
	}
	b.app.tell(fmt.Sprintf("%s: the input has changed since it was made; it is set aside as %s, and its inputs go where they belong now", from, to),
		"see whether a letter of it was sent; else it may be deleted")
	return nil
}

// finished reads what an interrupted batch noted of each folder.
func (b *batch) finished() (map[string]finishedCase, error) {
	noted := map[string]finishedCase{}
	data, err := os.ReadFile(b.doneName())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, outError(b.out, err)
	}
	for line := range bytes.Lines(data) {
		var x finishedCase
		if json.Unmarshal(line, &x) == nil { // the last may be half written
			noted[x.Case] = x
		}
	}
	return noted, nil
}

// note puts a line on the list of what is finished, and on the disk.
func (b *batch) note(x finishedCase) error {
	doc, err := casefile.EncodeJSON(x, "")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(b.doneName(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return outError(b.out, err)
	}
	_, err = f.Write(append([]byte("\n"), doc...))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return outError(b.out, err)
	}
	return nil
}
