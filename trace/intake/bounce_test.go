package intake

import (
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestCodes holds that codes and hosts are found as expressions would find them.
func TestCodes(t *testing.T) {
	reply := regexp.MustCompile(`\b[45][0-5]\d[ -]`)
	status := regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	pieces := []string{
		"5", "4", "2", "1", "55", "550", "450", "569", ".", ".", "-", " ", "_", "x", "é", "\xff", "5.1.1", "4.22.333", "5.1.1234", "5.1.", "mx1.a.example", "<", "[",
		"host ", "HOST ", "ho\u017ft ", "while talking to ", "while tal\u212aing to ", "Remote host said ", "reporting-mta: dns; ", "dns;", "SERVER ", "server", "said ",
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		var b strings.Builder
		for range 1 + r.IntN(8) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		text := []byte(b.String())
		want := 0
		if m := reply.Find(text); m != nil {
			want, _ = strconv.Atoi(string(m[:3]))
		}
		if got := replyIn(text); got != want {
			t.Fatalf("%q: reply %d, want %d", text, got, want)
		}
		if got, want := string(statusIn(text)), string(status.Find(text)); got != want {
			t.Fatalf("%q: status %q, want %q", text, got, want)
		}
		host := ""
		if m := remoteHost().FindSubmatch(text); m != nil {
			host = string(m[1])
		}
		if got := remoteIn(text); got != host {
			t.Fatalf("%q: host %q, want %q", text, got, host)
		}
	}
}
