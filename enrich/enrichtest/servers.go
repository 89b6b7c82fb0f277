package enrichtest

import (
	"bufio"
	"bytes"
	"embed"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"text/template"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

//go:embed shapes
var shapeFiles embed.FS

var shapes = template.Must(template.ParseFS(shapeFiles, "shapes/*"))

// shapeOf names the template of a registry's answers.
var shapeOf = map[string]string{
	"RIPE NCC": "ripe", "ARIN": "arin", "APNIC": "apnic", "LACNIC": "lacnic", "AFRINIC": "afrinic",
	"KRNIC": "krnic", "JPNIC": "jpnic", "TWNIC": "twnic", "IDNIC": "idnic", "NIC.br": "nicbr",
}

// view is what a template sees.
type view struct {
	Net
	RDAPAbuse string
	// Source is the database in which RPSL objects say they are.
	Source string
	// English answers are what JPNIC gives to a question that ends in "/e".
	English bool
}

// Database is the view of the objects in the database of their registry.
func (v view) Database() view {
	v.Source = "APNIC"
	if v.Registry == "IDNIC" {
		v.Source = "IDNIC"
	}
	return v
}

// JPHandle is JPNIC's key for the technical contact.
func (v view) JPHandle() string { return jpHandle(v.Net) }

func jpHandle(n Net) string {
	b := n.First.As16()
	return fmt.Sprintf("JP%08X", b[12:])
}

// ShortPrefix leaves out the octets at the end that are zero, as LACNIC does.
func (v view) ShortPrefix() string {
	ip, bits, _ := strings.Cut(v.Prefix(), "/")
	for v.First.Is4() && strings.HasSuffix(ip, ".0") {
		ip = strings.TrimSuffix(ip, ".0")
	}
	return ip + "/" + bits
}

func (v view) Handle() string            { return strings.ReplaceAll(v.First.String(), ".", "-") }
func (v view) Prefix() string            { return prefixOf(v.Net) }
func (v view) RegisteredDigits() string  { return strings.ReplaceAll(v.Registered, "-", "") }
func (v view) ChangedDigits() string     { return strings.ReplaceAll(v.Changed, "-", "") }
func (v view) RegisteredSlashes() string { return strings.ReplaceAll(v.Registered, "-", "/") }
func (v view) ChangedSlashes() string    { return strings.ReplaceAll(v.Changed, "-", "/") }

// RPSLClass is the class of the object.
func (v view) RPSLClass() string {
	if v.First.Is6() {
		return "inet6num"
	}
	return "inetnum"
}

// Wide is the range of the provider above, as ARIN lists it.
func (v view) Wide() string {
	p, _ := v.First.Prefix(max(8, v.First.BitLen()/4))
	return fmt.Sprintf("%s - %s", p.Addr(), last(p))
}

// answer writes what a registry says over a protocol, and in which shape.
func (w *World) answer(protocol, registry string, addr netip.Addr, english bool) (body []byte, shape string) {
	n, ok := w.find(registry, addr)
	if !ok {
		return nil, ""
	}
	v := view{Net: n, English: english}
	if own := ownContact[n.Registry]; own != "" && registry != n.Registry {
		v.Abuse, v.OnlyWHOIS = own, false
	}
	if n.Registry == "JPNIC" && registry != n.Registry {
		v.Tech = ownContact["JPNIC"]
	}
	if !v.OnlyWHOIS {
		v.RDAPAbuse = v.Abuse
	}
	shape = shapeOf[registry]
	if protocol == "whois" && n.Registry == "NIC.br" {
		shape = "nicbr" // LACNIC hands NIC.br's text on
	}
	ending := map[string]string{"rdap": ".json", "whois": ".txt"}[protocol]
	return v.write(protocol + "-" + shape + ending), shape
}

func (v view) write(shape string) []byte {
	var b bytes.Buffer
	if err := shapes.ExecuteTemplate(&b, shape, v); err != nil {
		panic(err) // a fault of a template of this package
	}
	return b.Bytes()
}

// contact writes what JPNIC says of a contact, nil if it knows none by the key.
func (w *World) contact(key string) []byte {
	for _, n := range w.nets {
		if n.Registry == "JPNIC" && jpHandle(n) == key {
			return view{Net: n}.write("whois-jpnic-contact.txt")
		}
	}
	return nil
}

func (w *World) startRDAP(t testing.TB, registry string) string {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		f, end := w.begin("rdap "+registry, req.URL.Path, "")
		defer end()
		status, kind := http.StatusOK, "application/rdap+json"
		addr, _ := netip.ParseAddr(req.URL.Path[strings.LastIndexByte(req.URL.Path, '/')+1:])
		body, shape := w.answer("rdap", registry, addr, true)
		if shape == "" {
			status, body = http.StatusNotFound, []byte(`{"errorCode":404,"title":"not found","rdapConformance":["rdap_level_0"]}`)
		}
		wait(req.Context().Done(), f.Delay)
		if f.Drop {
			panic(http.ErrAbortHandler)
		}
		if f.Status != 0 {
			status, body, kind = f.Status, f.Body, "text/plain"
		} else if f.Body != nil {
			body, kind = f.Body, f.ContentType
		}
		if f.RetryAfter > 0 {
			rw.Header().Set("Retry-After", fmt.Sprint(f.RetryAfter))
		}
		if f.Location != "" {
			rw.Header().Set("Location", f.Location)
		}
		rw.Header().Set("Content-Type", kind)
		if f.Cut || f.Hang {
			rw.Header().Set("Content-Length", fmt.Sprint(len(body)))
			body = body[:len(body)/2]
		}
		rw.WriteHeader(status)
		rw.Write(body)
		if f.Hang {
			rw.(http.Flusher).Flush()
			<-req.Context().Done()
		}
		if f.Giant {
			io.Copy(rw, io.LimitReader(spaces{}, 8<<20))
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/" + strings.ToLower(strings.Fields(registry)[0])
}

// spaces reads as white space without end.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func wait(done <-chan struct{}, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-done:
	}
}

func (w *World) startWHOIS(t testing.TB, registry string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { w.serveWHOIS(conn, registry, done) })
		}
	})
	t.Cleanup(func() {
		close(done)
		l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

func (w *World) serveWHOIS(conn net.Conn, registry string, done <-chan struct{}) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	line, err := bufio.NewReader(io.LimitReader(conn, 1000)).ReadString('\n')
	if err != nil {
		return
	}
	line = strings.TrimSpace(line)
	f, end := w.begin("whois "+registry, line, "")
	defer end()
	body := w.whoisAnswer(registry, line)
	wait(done, f.Delay)
	if f.Body != nil {
		body = f.Body
	}
	switch {
	case f.Drop:
		if tcp, ok := conn.(*net.TCPConn); ok {
			tcp.SetLinger(0) // a reset, not an end
		}
		return
	case f.Cut:
		conn.Write(body[:len(body)/2])
		if tcp, ok := conn.(*net.TCPConn); ok {
			time.Sleep(20 * time.Millisecond) // let what was sent arrive
			tcp.SetLinger(0)
		}
		return
	case f.Hang:
		conn.Write(body[:len(body)/2])
		one := make([]byte, 1)
		conn.Read(one) // until the asker or the deadline ends it
		return
	}
	conn.Write(bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n")))
	if f.Giant {
		io.Copy(conn, io.LimitReader(spaces{}, 8<<20))
	}
}

// whoisAnswer is the answer to a line, in the charset that the registry uses.
func (w *World) whoisAnswer(registry, line string) []byte {
	subject, english := strings.CutSuffix(line, "/e")
	body, shape := w.answer("whois", registry, questionAddr(line), english)
	if shape == "" && registry == "JPNIC" {
		if body = w.contact(subject); body == nil {
			return []byte("No match!!\n")
		}
		return body
	}
	switch {
	case shape == "":
		return []byte("%ERROR:101: no entries found\n")
	case shape == "jpnic" && !english:
		return encode(japanese.ISO2022JP.NewEncoder(), body)
	case shape == "nicbr", shape == "ripe":
		return encode(encoding.ReplaceUnsupported(charmap.ISO8859_1.NewEncoder()), body)
	}
	return body
}

func encode(to *encoding.Encoder, text []byte) []byte {
	out, err := to.Bytes(text)
	if err != nil {
		panic(err) // a fault of a template of this package
	}
	return out
}

// questionAddr takes the address out of "-B 192.0.2.1", "n + 192.0.2.1" or "192.0.2.1/e".
func questionAddr(line string) netip.Addr {
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return netip.Addr{}
	}
	addr, _ := netip.ParseAddr(strings.TrimSuffix(fields[len(fields)-1], "/e"))
	return addr
}

func (w *World) startDNS(t testing.TB) string {
	packet, stream := listenBoth(t)
	for _, s := range []*dns.Server{{PacketConn: packet}, {Listener: stream}} {
		s.Handler = dns.HandlerFunc(w.serveDNS)
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go s.ActivateAndServe()
		<-started
		t.Cleanup(func() { s.Shutdown() })
	}
	return packet.LocalAddr().String()
}

// listenBoth finds a port that is free for UDP and TCP alike.
func listenBoth(t testing.TB) (net.PacketConn, net.Listener) {
	var err error
	for range 50 {
		var packet net.PacketConn
		if packet, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			break
		}
		stream, e := net.Listen("tcp", packet.LocalAddr().String())
		if e == nil {
			return packet, stream
		}
		err = e
		packet.Close()
	}
	t.Fatal(err)
	return nil, nil
}

func (w *World) serveDNS(rw dns.ResponseWriter, req *dns.Msg) {
	q := req.Question[0]
	key := dns.TypeToString[q.Qtype] + " " + strings.ToLower(q.Name)
	connection := rw.LocalAddr().Network()
	f, end := w.begin("dns", key, connection)
	defer end()
	time.Sleep(f.Delay)
	if f.Drop {
		return
	}
	resp := new(dns.Msg)
	resp.SetReply(req)
	resp.RecursionAvailable = true
	if f.Cut && connection == "udp" {
		resp.Truncated = true
		rw.WriteMsg(resp)
		return
	}
	records, exists := w.records(dns.TypeToString[q.Qtype], strings.ToLower(q.Name))
	for _, data := range records {
		rr, err := dns.NewRR(fmt.Sprintf("%s 60 IN %s %s", q.Name, dns.TypeToString[q.Qtype], data))
		if err != nil {
			panic(err) // a fault of the test
		}
		resp.Answer = append(resp.Answer, rr)
	}
	if !exists {
		resp.Rcode = dns.RcodeNameError
	}
	if zone, data := w.zoneOf(strings.ToLower(q.Name)); len(records) == 0 && zone != "" {
		if rr, err := dns.NewRR(zone + " 60 IN SOA " + data); err == nil {
			resp.Ns = append(resp.Ns, rr)
		}
	}
	if f.Status != 0 {
		resp.Rcode, resp.Answer = f.Status, nil
	}
	rw.WriteMsg(resp)
}
