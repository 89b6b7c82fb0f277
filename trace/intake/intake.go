// Package intake turns what lies in an abuse mailbox into submissions and samples: mail in
// files, mboxes, Maildir and MH folders, archives and Outlook items; headers pasted into
// texts; bounces, complaints, reports and forwards, and the samples inside them.
//
// Start with [Sorter.Walk]. It hands out the bytes of every submission as they lie in the
// file and changes none; a sample that was encoded, quoted or broken says in Decoded what
// was done to get at it. Every input ends as exactly one of: samples, a submission without
// sample, or unreadable, and says why; the rest goes on. Files are opened for reading only,
// nothing is unpacked to disk, and nothing here uses the network.
package intake

import (
	"context"
	"io"

	"relaytrace/trace/header"
)

// MaxMessage is the size in bytes of the largest message that is read. A larger one is
// told as unreadable and never cut: a part of a message is no evidence of the whole.
const MaxMessage = 64 << 20

// Stdin is the name that stands for standard input, among the paths and in Sample.File.
const Stdin = "-"

// Sample is one message as evidence.
type Sample struct {
	File   string   // as the user named it, or as found below a folder that he named; a member of an archive stands after "!"
	Line   int      // line of the first byte of Data in File, from 1; of the submission when Data was decoded
	Part   string   // MIME part path when the sample was inside a message
	SHA256 [32]byte // over Data
	Data   []byte   // the message as it lies in the file; the receiver's to keep, without Sorter.Reuse

	Decoded []string // what was done to the file's bytes to get at Data, in order; none when Data lies in the file as it is
	Via     Class    // of what carried it: a bounce, a complaint; empty when the submission is the sample itself
	By      string   // who showed it that way: the mail system that returned it, or the domain of who reported it. A field on top may be theirs
	Grade   Grade    // of what use its header is
	Missing []string // what the header lacks

	fields []header.Field // of Data, while the submission is inspected and worked on
}

// Fields gives the fields of the header, as header.Scan finds them in Data. They must not be
// changed.
func (s *Sample) Fields() []header.Field {
	if s.fields != nil {
		return s.fields
	}
	return scanFields(s.Data)
}

// Sorter tells what submissions are. The zero Sorter uses the rules that come with
// relaytrace and knows of no forged domain.
type Sorter struct {
	Rules   *Rules
	Domains []string // the forged domains: what is addressed to them is more likely an answer or a complaint
	Skip    int      // so many submissions at the beginning are not looked at: they have a place and bytes, and no class
	Brief   bool     // leave out what a bare sample says of itself: Subject, Date, Time, MessageID, Forged and Recipients; and which list it came by
	Reuse   bool     // memory is used again: work keeps no bytes, which take is not even handed, and take no submissions
}

// Walk reads everything below the named paths and hands each submission to take, in the
// order of the paths and, below a folder or in an archive, in a stable order. "-" is stdin.
// take is called one at a time from the goroutine that called Walk; reading and telling
// apart run beside it, some tens of submissions ahead.
//
// A file that begins with an mbox "From " line and holds a second one is an mbox: see
// [MaxMessage] for its bound, which is for each message; the file may be of any size. The
// bytes of a submission from an mbox are those between its From_ line and the blank line
// that separates it from the next; ">From " inside stays as it is. A file with one message
// is a submission as a whole, byte for byte, its From_ line too if it has one; a file
// named *.eml always is, whatever lines its body holds.
//
// Archives (zip, tar) and compressed files (gzip, zstandard, bzip2) are known by their
// first bytes and read without unpacking to disk, to a depth of five and within bounds of
// size that no honest mailbox meets.
//
// Below a folder, hidden files and hidden folders are left out, but for the folders of a
// Maildir; symbolic links and what is no regular file are not followed and told as
// unreadable. What the user names himself is read even when it is hidden, a link or a pipe.
//
// Walk returns the error of take, or that of ctx when it is cancelled, at once; nil
// otherwise, however much was unreadable.
func (s Sorter) Walk(ctx context.Context, paths []string, stdin io.Reader, take func(*Submission) error) error {
	return s.walk(ctx, paths, stdin, func(int, *Submission) any { return nil }, func(sub *Submission, _ any) error { return take(sub) })
}

// WalkWith is [Sorter.Walk] with work done on each submission before it is handed out. work
// is called for several at once, in any order, each in the place n of its submission, from
// 0; take is given what it made. A submission on which work panics is told as unreadable,
// and given to work once more as that.
func WalkWith[T any](ctx context.Context, s Sorter, paths []string, stdin io.Reader, work func(n int, sub *Submission) T, take func(*Submission, T) error) error {
	return s.walk(ctx, paths, stdin, func(n int, sub *Submission) any { return work(n, sub) },
		func(sub *Submission, made any) error { return take(sub, made.(T)) })
}

func (s Sorter) walk(ctx context.Context, paths []string, stdin io.Reader, work worker, take func(*Submission, any) error) error {
	if s.Rules == nil {
		s.Rules = DefaultRules()
	}
	read := func(ctx context.Context, l *line) error {
		w := walker{ctx: ctx, put: l.put, skip: s.Skip}
		for _, path := range paths {
			if err := w.path(path, stdin); err != nil {
				return err
			}
		}
		return ctx.Err()
	}
	return runLine(ctx, newInspector(s), read, work, take)
}

// Walk is [Sorter.Walk] with the zero Sorter, for those who want samples only: problem is
// told what is unreadable, or carries no sample and should.
func Walk(ctx context.Context, paths []string, stdin io.Reader, take func(Sample) error, problem func(Problem)) error {
	return Sorter{}.Walk(ctx, paths, stdin, func(s *Submission) error {
		if p, bad := s.Problem(); bad {
			problem(p)
		}
		for _, one := range s.Samples {
			if err := take(one); err != nil {
				return err
			}
		}
		return nil
	})
}
