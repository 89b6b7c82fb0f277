package enrich

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// whoisBench is a client that asks one registry at an address of the test's choice.
func whoisBench(t *testing.T, dial string, addrs ...string) (*whoisClient, whoisServer) {
	t.Helper()
	keeper := newGatekeeper(Limits{PerSecond: 1000, Connections: 1, Tries: 1, Deadline: time.Minute}.withDefaults(), time.Now)
	override := map[string]string{}
	if dial != "" {
		override["RIPE NCC"] = dial
	}
	c, err := newWHOISClient(override, nil, keeper, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	c.lookup = func(_ context.Context, _, host string) ([]netip.Addr, error) {
		var out []netip.Addr
		for _, a := range addrs {
			out = append(out, netip.MustParseAddr(a))
		}
		return out, nil
	}
	return c, c.servers["RIPE NCC"]
}

// listen accepts connections on loopback and hands each to serve.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// TestWHOISTargets never connects to an address inside: a registry's name that leads there was
// tampered with.
func TestWHOISTargets(t *testing.T) {
	for _, addrs := range [][]string{{"127.0.0.1"}, {"10.0.0.1", "192.168.1.1"}, {"::1"}, {"::ffff:127.0.0.1"}, {"fe80::1"}, {"169.254.169.254"}, {}} {
		c, s := whoisBench(t, "", addrs...)
		l := c.ask(context.Background(), s, "193.0.0.1", func(string) error { t.Errorf("%v: an answer came", addrs); return nil })
		if l.Outcome != OutcomeFailed || !strings.Contains(l.Error, "leads to no public address") {
			t.Errorf("%v: %+v", addrs, l)
		}
	}
}

// TestWHOISQuestions refuses a question of more than one line: the library would send it.
func TestWHOISQuestions(t *testing.T) {
	c, s := whoisBench(t, listen(t, func(net.Conn) { t.Error("the server was asked") }))
	for _, question := range []string{"193.0.0.1\r\nquit", "193.0.0.1\n", "\r193.0.0.1"} {
		l := c.ask(context.Background(), s, question, func(string) error { return nil })
		if l.Outcome != OutcomeFailed || !strings.Contains(l.Error, "more than one line") {
			t.Errorf("%q: %+v", question, l)
		}
	}
}

// TestWHOISPanics turns a panic below the library into an error.
func TestWHOISPanics(t *testing.T) {
	c, s := whoisBench(t, "")
	c.lookup = func(context.Context, string, string) ([]netip.Addr, error) {
		panic("as the library's referral parser does")
	}
	for range 2 { // the gate is free again
		if l := c.ask(context.Background(), s, "193.0.0.1", func(string) error { return nil }); l.Outcome != OutcomeFailed || !strings.Contains(l.Error, "could not be read") {
			t.Errorf("%+v", l)
		}
	}
}

// TestWHOISHangs ends at once with its context, be it while connecting or while reading.
func TestWHOISHangs(t *testing.T) {
	hung := listen(t, func(conn net.Conn) {
		io.WriteString(conn, "inetnum: 193.0.0.0 - 193.0.7.255\n")
		conn.Read(make([]byte, 100)) // the question
		conn.Read(make([]byte, 1))   // until it is closed
	})
	c, s := whoisBench(t, hung)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	begun := time.Now()
	l := c.ask(ctx, s, "193.0.0.1", func(string) error { return nil })
	if l.Outcome != OutcomeFailed || !strings.Contains(l.Error, "cancelled") || time.Since(begun) > whoisTimeout/2 {
		t.Errorf("%+v after %v", l, time.Since(begun))
	}
}

// TestWHOISNoReferral does not go where a text points, whatever the text says.
func TestWHOISNoReferral(t *testing.T) {
	strange := listen(t, func(net.Conn) { t.Error("the server that a text names was asked") })
	text := "refer: " + strange + "\nwhois: " + strange + "\nReferralServer: whois://" + strange
	c, s := whoisBench(t, listen(t, func(conn net.Conn) {
		conn.Read(make([]byte, 100))
		io.WriteString(conn, text) // ends with a token and no line end, on which the library's parser panics
	}))
	got := ""
	if l := c.ask(context.Background(), s, "193.0.0.1", func(s string) error { got = s; return nil }); l.Outcome != OutcomeOK || got != text {
		t.Errorf("%+v, text %q", l, got)
	}
}
