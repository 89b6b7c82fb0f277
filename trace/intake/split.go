package intake

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// maxFromLine bounds the From_ line: an address of RFC 5321 length and a date.
const maxFromLine = 1000

// readError marks an error of the input, to tell it from one of the receiver.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }

// splitter cuts one stream into messages. It holds one message at a time.
type splitter struct {
	w      *walker
	name   string
	single bool // the whole stream is one message
	r      *bufio.Reader
	limit  int // MaxMessage; less in tests

	buf      []byte // the message so far, with its From_ line when there is one
	from     int    // length of what stands before the message in buf: the From_ line
	start    int    // line of the message's first byte
	over     bool   // it is larger than limit; buf holds its beginning only
	line     int    // line to be read next, from 1
	messages int    // handed out before this one
	whole    bool   // the last line read had its line end: what follows begins a line
}

func newSplitter(w *walker, name string, r io.Reader) *splitter {
	return &splitter{
		w: w, name: name, single: strings.EqualFold(filepath.Ext(name), ".eml"),
		r: bufio.NewReaderSize(r, 64<<10), limit: MaxMessage, line: 1, start: 1, whole: true,
	}
}

// run reads the stream to its end.
func (s *splitter) run() error {
	blank := true // the line above is blank, or there is none
	for {
		piece, err := s.r.ReadSlice('\n')
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return &readError{err}
		}
		begins := s.whole
		s.whole = len(piece) > 0 && piece[len(piece)-1] == '\n'
		if len(piece) > 0 {
			from := begins && blank && !s.single && isFromLine(piece)
			if from && s.from > 0 {
				if e := s.emit(false); e != nil {
					return e
				}
			}
			s.add(piece)
			if from && isBlank(s.buf[:len(s.buf)-len(piece)]) {
				s.from, s.start = len(s.buf), s.line+1
			}
			blank = begins && isBlank(piece)
			if s.whole {
				s.line++
			}
		}
		if err == io.EOF {
			return s.emit(true)
		}
	}
}

// add keeps a piece of the message, up to the limit.
func (s *splitter) add(piece []byte) {
	if s.over || len(s.buf)-s.from+len(piece) > s.limit {
		s.over = true
		return
	}
	s.buf = append(s.buf, piece...)
}

// emit hands out the message that is held and makes room for the next.
func (s *splitter) emit(last bool) error {
	defer func() {
		s.buf, s.from, s.over = s.buf[:0], 0, false
		s.messages++
	}()
	if last && s.messages == 0 {
		return s.emitFile()
	}
	if s.over {
		s.tooLarge(s.start)
		return nil
	}
	return s.w.sample(s.name, s.start, bytes.Clone(withoutSeparator(s.buf[s.from:])))
}

// emitFile hands out a file that holds one message: all of it is the evidence.
func (s *splitter) emitFile() error {
	switch {
	case s.over:
		s.tooLarge(0)
		return nil
	case len(s.buf) == 0:
		s.w.tell(s.name, 0, errors.New("file is empty"), "save the message again, with its full header")
		return nil
	}
	return s.w.sample(s.name, 1, bytes.Clone(s.buf))
}

func (s *splitter) tooLarge(line int) {
	s.w.tell(s.name, line, fmt.Errorf("message is larger than %d MiB", MaxMessage>>20),
		"save the message without its attachments; the header is what counts")
}

// withoutSeparator drops the blank line that an mbox puts after every message. It is
// dropped at the end of the file too, so that a message has one digest wherever it lies.
func withoutSeparator(message []byte) []byte {
	for _, blank := range []string{"\r\n", "\n"} {
		if rest, ok := bytes.CutSuffix(message, []byte(blank)); ok {
			if len(rest) == 0 || rest[len(rest)-1] == '\n' {
				return rest
			}
			return message
		}
	}
	return message
}

// isBlank tells whether data holds line ends only.
func isBlank(data []byte) bool { return len(bytes.Trim(data, "\r\n")) == 0 }

// isFromLine tells whether a line is the envelope line of an mbox: "From ", a sender,
// which may be missing, and a date as asctime writes it, with or without seconds and
// zone. Text such as "From Monday on" has no such date.
func isFromLine(line []byte) bool {
	if len(line) > maxFromLine || !bytes.HasPrefix(line, []byte("From ")) {
		return false
	}
	words := strings.Fields(string(line[len("From "):]))
	for i := range words {
		if isDate(words[i:]) {
			return true
		}
	}
	return false
}

// isDate tells whether the words begin with a date: Thu Aug 22 13:17:22 2002, with up to
// two words of zone before the year.
func isDate(words []string) bool {
	if len(words) < 5 || !oneOf(words[0], "SunMonTueWedThuFriSat") ||
		!oneOf(words[1], "JanFebMarAprMayJunJulAugSepOctNovDec") ||
		!isDay(words[2]) || !isClock(words[3]) {
		return false
	}
	for _, word := range words[4:min(len(words), 7)] {
		if len(word) == 4 && digits(word) && word[0] != '0' {
			return true
		}
	}
	return false
}

// oneOf tells whether word is one of the names of three letters that list strings together.
func oneOf(word, list string) bool {
	if len(word) != 3 {
		return false
	}
	i := strings.Index(strings.ToLower(list), strings.ToLower(word))
	return i >= 0 && i%3 == 0
}

func isDay(word string) bool {
	return len(word) <= 2 && digits(word) && word != "0" && word != "00" && (len(word) == 1 || word <= "31")
}

// isClock tells whether word is hh:mm or hh:mm:ss.
func isClock(word string) bool {
	parts := strings.Split(word, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return false
	}
	for i, part := range parts {
		limit := "60" // a leap second
		if i == 0 {
			limit = "23"
		}
		if !digits(part) || len(part) > 2 || (len(part) == 2 && part > limit) {
			return false
		}
	}
	return true
}

func digits(word string) bool {
	for i := range len(word) {
		if word[i] < '0' || word[i] > '9' {
			return false
		}
	}
	return word != ""
}
