package render

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"strconv"
	"testing"

	"github.com/jung-kurt/gofpdf"
)

// plainDocument is a document of so many pages as the backend writes it.
func plainDocument(t *testing.T, pages int) []byte {
	t.Helper()
	pdf := gofpdf.New("P", "mm", "A4", "")
	pdf.SetCompression(false)
	pdf.SetFont("Helvetica", "", 9)
	for p := range pages {
		pdf.AddPage()
		pdf.Bookmark("Page "+strconv.Itoa(p), 0, 0)
		pdf.Text(20, 20, "endobj <</Length 3>> stream, page "+strconv.Itoa(p))
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestPackStreams holds that packing changes nothing but how streams are written: each
// object stands where the table says, and is what it was.
func TestPackStreams(t *testing.T) {
	plain := plainDocument(t, 30)
	packed, err := packStreams(plain)
	if err != nil {
		t.Fatal(err)
	}
	if len(packed) >= len(plain) {
		t.Errorf("packed to %d bytes from %d", len(packed), len(plain))
	}
	was, is := objectsOf(t, plain), objectsOf(t, packed)
	if len(was) != len(is) {
		t.Fatalf("%d objects, were %d", len(is), len(was))
	}
	streams := 0
	for n := range was {
		if bytes.Equal(was[n], is[n]) {
			continue
		}
		streams++
		_, before, _ := bytes.Cut(was[n], []byte(">>\nstream\n"))
		_, after, ok := bytes.Cut(is[n], []byte(">>\nstream\n"))
		if !ok || !bytes.Contains(is[n], []byte("/FlateDecode")) {
			t.Fatalf("object %d has become %.80q", n+1, is[n])
		}
		z, err := zlib.NewReader(bytes.NewReader(after))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if want := before[:len(got)]; !bytes.Equal(got, want) || !bytes.HasPrefix(before[len(got):], []byte("\nendstream\nendobj\n")) {
			t.Errorf("object %d: the stream is another", n+1)
		}
	}
	if streams != 30 {
		t.Errorf("%d streams packed, want those of 30 pages", streams)
	}
}

// objectsOf gives each object of a document, by the places that its table names.
func objectsOf(t *testing.T, pdf []byte) [][]byte {
	t.Helper()
	_, offsets, _, err := readXref(pdf)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for i, off := range offsets {
		head := strconv.Itoa(i+1) + " 0 obj\n"
		if !bytes.HasPrefix(pdf[off:], []byte(head)) {
			t.Fatalf("object %d is not at %d", i+1, off)
		}
		object, _, _ := bytes.Cut(pdf[off:], []byte("\nendobj\n"))
		out = append(out, append(bytes.Clone(object), "\nendobj\n"...))
	}
	return out
}

func TestPackStreamsOther(t *testing.T) {
	plain := plainDocument(t, 1)
	for name, pdf := range map[string][]byte{
		"empty":         nil,
		"no table":      []byte("%PDF-1.3\n"),
		"cut":           plain[:len(plain)/2],
		"table outside": bytes.Replace(plain, []byte("\nstartxref\n"), []byte("\nstartxref\n9"), 1),
		"bad entry":     bytes.Replace(plain, []byte("\n0000000009 "), []byte("\n000000000x "), 1),
		"long stream":   bytes.Replace(plain, []byte("<</Length "), []byte("<</Length 99999"), 1),
	} {
		if got, err := packStreams(pdf); !errors.Is(err, errPDF) {
			t.Errorf("%s: %d bytes, error %v", name, len(got), err)
		}
	}
}
