package enrich

import (
	"bufio"
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func openCache(t testing.TB, dir string) *Cache {
	t.Helper()
	c, err := OpenCache(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// entryFor is a record with an answer of some size about the n-th /24 of 10/8, which no
// look-up would ever put there.
func entryFor(n int) (Record, netip.Prefix) {
	p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(n >> 8), byte(n), 0}), 24)
	r := newRecord(p.Addr())
	r.Network = &Network{Name: fmt.Sprintf("NET-%d", n), First: p.Addr(), Last: lastOf(p), Prefixes: []netip.Prefix{p}}
	l := Lookup{Kind: "rdap", Server: "https://rdap.example/", Outcome: OutcomeOK}
	l.keepRaw(bytes.Repeat([]byte{byte(n)}, 3000))
	r.Lookups = append(r.Lookups, l)
	return r, p
}

func TestCacheKeeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a folder with ?% in it")
	c := openCache(t, dir)
	now := time.Now()
	wide, p := entryFor(1)
	c.put("via", []netip.Prefix{p}, &wide, now, now.Add(time.Hour))
	narrow, _ := entryFor(2)
	inner := netip.MustParsePrefix("10.0.1.128/25")
	c.put("via", []netip.Prefix{inner}, &narrow, now, now.Add(time.Minute))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = openCache(t, dir)
	defer c.Close()
	for _, test := range []struct {
		via, addr string
		at        time.Time
		want      string
	}{
		{"via", "10.0.1.5", now, "NET-1"}, {"via", "10.0.1.200", now, "NET-2"}, {"other", "10.0.1.5", now, ""}, {"via", "10.0.2.1", now, ""},
		{"via", "10.0.1.200", now.Add(2 * time.Minute), "NET-1"}, {"via", "10.0.1.5", now.Add(2 * time.Hour), ""}, {"via", "::1", now, ""},
	} {
		r, _, _, ok := c.get(test.via, netip.MustParseAddr(test.addr), test.at)
		if ok != (test.want != "") || ok && (r.Network.Name != test.want || len(r.Lookups[0].Raw) != 3000) {
			t.Errorf("%s %s: %+v, %v, want %q", test.via, test.addr, r.Network, ok, test.want)
		}
	}
	s, err := c.Stats(now.Add(2 * time.Minute))
	if err != nil || s.Entries != 1 || s.Expired != 1 || s.Answers != 2 || s.AnswerBytes != 6000 || s.Oldest.IsZero() {
		t.Errorf("stats %+v, %v", s, err)
	}
	if n, err := c.Clear(); err != nil || n != 2 {
		t.Errorf("cleared %d, %v", n, err)
	}
	if s, err := c.Stats(now); err != nil || s != (CacheStats{}) {
		t.Errorf("stats %+v, %v", s, err)
	}
}

// TestCacheDamaged sets a damaged file aside, byte for byte, and begins anew.
func TestCacheDamaged(t *testing.T) {
	for name, damage := range map[string]func(*testing.T, string){
		"not a database": func(t *testing.T, path string) { write(t, path, []byte(strings.Repeat("nonsense ", 1000))) },
		"cut short": func(t *testing.T, path string) {
			data, _ := os.ReadFile(path)
			write(t, path, data[:len(data)/2+100])
		},
		"overwritten": func(t *testing.T, path string) {
			data, _ := os.ReadFile(path)
			for i := 4096; i < len(data)-100; i += 100 {
				copy(data[i:], "damage damage damage")
			}
			write(t, path, data)
		},
	} {
		dir := t.TempDir()
		c := openCache(t, dir)
		for n := range 200 {
			r, p := entryFor(n)
			c.put("via", []netip.Prefix{p}, &r, time.Now(), time.Now().Add(time.Hour))
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		damage(t, c.Path)
		before, _ := os.ReadFile(c.Path)
		var wg sync.WaitGroup
		var mu sync.Mutex
		aside := 0
		for range 4 { // several at once: one of them sets it aside
			wg.Go(func() {
				c, err := OpenCache(dir)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				defer c.Close()
				if c.SetAside == "" {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				aside++
				if after, err := os.ReadFile(c.SetAside); err != nil || !bytes.Equal(before, after) {
					t.Errorf("%s: the damaged file was changed, %v", name, err)
				}
			})
		}
		wg.Wait()
		if aside != 1 {
			t.Errorf("%s: set aside %d times, want 1", name, aside)
		}
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestCacheAltered refuses an answer that is not the one whose digest is kept, and goes on
// without.
func TestCacheAltered(t *testing.T) {
	c := openCache(t, t.TempDir())
	r, p := entryFor(1)
	c.put("via", []netip.Prefix{p}, &r, time.Now(), time.Now().Add(time.Hour))
	if _, err := c.db.Exec("UPDATE answer SET raw = 'another'"); err != nil {
		t.Fatal(err)
	}
	if _, _, _, ok := c.get("via", p.Addr(), time.Now()); ok {
		t.Error("an altered answer is believed")
	}
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "not the one that was kept") {
		t.Errorf("closing tells %v", err)
	}
}

func TestCacheCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, []byte("x"))
	if _, err := OpenCache(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file as folder: %v", err)
	}
}

// cacheWriter, set to a folder, makes the test binary a process that writes the cache there:
// entries from _FROM to _TO, each told when it is finished.
const cacheWriter = "RELAYTRACE_TEST_CACHE_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(cacheWriter); dir != "" {
		writeCache(dir)
		return
	}
	os.Exit(m.Run())
}

func writeCache(dir string) {
	c, err := OpenCache(dir)
	if err != nil {
		fmt.Println("failed", err)
		return
	}
	from, to := 0, 60000
	fmt.Sscan(os.Getenv(cacheWriter+"_FROM"), &from)
	fmt.Sscan(os.Getenv(cacheWriter+"_TO"), &to)
	for n := from; n < to; n++ {
		r, p := entryFor(n)
		if err := c.write("via", []netip.Prefix{p}, &r, time.Now(), time.Now().Add(time.Hour)); err != nil {
			fmt.Println("failed", err)
			return
		}
		fmt.Println("done", n)
	}
}

// TestCacheOfManyProcesses has four processes write at once, while this one reads: nothing
// is lost and nobody fails.
func TestCacheOfManyProcesses(t *testing.T) {
	dir := t.TempDir()
	const each = 100
	reader := openCache(t, dir)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), cacheWriter+"="+dir, fmt.Sprintf("%s_FROM=%d", cacheWriter, i*each), fmt.Sprintf("%s_TO=%d", cacheWriter, (i+1)*each))
			if out, err := cmd.CombinedOutput(); err != nil || strings.Count(string(out), "done ") != each {
				t.Errorf("process %d: %v\n%.500s", i, err, out)
			}
		})
	}
	for n := range 100 {
		reader.get("via", netip.AddrFrom4([4]byte{10, 0, byte(n), 0}), time.Now())
	}
	wg.Wait()
	for n := range 4 * each {
		_, p := entryFor(n)
		if _, _, _, ok := reader.get("via", p.Addr(), time.Now()); !ok {
			t.Fatalf("entry %d is lost", n)
		}
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
}

// TestCacheKilled kills a writing process fifty times with SIGKILL: the cache is never
// damaged and no entry that was finished is lost.
func TestCacheKilled(t *testing.T) {
	dir := t.TempDir()
	done := -1
	for i := range 50 {
		before := done
		done = killWriter(t, dir, done+1, i)
		checkKilled(t, dir, before+1, done, i)
	}
	checkKilled(t, dir, 0, done, 49)
	t.Logf("%d entries after 50 kills", done+1)
}

// killWriter has a process write entries from a number on, kills it in the middle of one, and
// gives the last that it had finished.
func killWriter(t *testing.T, dir string, from, i int) (done int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), cacheWriter+"="+dir, fmt.Sprintf("%s_FROM=%d", cacheWriter, from))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done = from - 1
	lines := bufio.NewScanner(out)
	seen := 0
	for lines.Scan() {
		var n int
		if _, err := fmt.Sscanf(lines.Text(), "done %d", &n); err != nil {
			t.Fatal(lines.Text())
		}
		done = max(done, n)
		if seen++; seen == 3+i%7 {
			time.Sleep(time.Duration(i*37%1000) * time.Microsecond)
			cmd.Process.Kill()
		}
	}
	cmd.Wait()
	return done
}

// checkKilled opens the cache after a kill: it is undamaged, and has the entries from one
// number to another whole.
func checkKilled(t *testing.T, dir string, from, to, i int) {
	t.Helper()
	c := openCache(t, dir)
	defer c.Close()
	if c.SetAside != "" {
		t.Fatalf("kill %d damaged the cache", i)
	}
	for n := from; n <= to; n++ {
		r, p := entryFor(n)
		if got, _, _, ok := c.get("via", p.Addr(), time.Now()); !ok || got.Network.Name != r.Network.Name || len(got.Lookups[0].Raw) != 3000 {
			t.Fatalf("kill %d lost entry %d", i, n)
		}
	}
}
