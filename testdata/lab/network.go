package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// lab is the laboratory while it runs. lab.sh has made the outer namespaces: nothing
// done here is seen outside, and all of it ends with this process.
type lab struct {
	servers, cache string
	byName         map[string]*host
}

// nameServer is the address of the laboratory's DNS.
const nameServer = "192.0.2.53"

func command(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// network gives the bridge the addresses of the name server and of every client that is
// no server; those send from here.
func (l *lab) network() error {
	for _, a := range []string{nameServer + "/24"} {
		if err := command("ip", "addr", "add", a, "dev", "lab"); err != nil {
			return err
		}
	}
	for _, c := range clients {
		bits := "/32"
		if strings.Contains(c.Addr, ":") {
			bits = "/128"
		}
		args := []string{"addr", "add", c.Addr + bits, "dev", "lab"}
		if bits == "/128" {
			args = append(args, "nodad")
		}
		if err := command("ip", args...); err != nil {
			return err
		}
	}
	for _, p := range []string{"198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"} {
		if err := command("ip", "route", "add", p, "dev", "lab"); err != nil {
			return err
		}
	}
	return nil
}

// start makes the host's network namespace, joins it to the bridge and starts the
// host's server in it.
func (l *lab) start(h *host) error {
	steps := [][]string{
		{"netns", "add", h.id},
		{"link", "add", "v" + h.id, "type", "veth", "peer", "name", "eth0", "netns", h.id},
		{"link", "set", "v" + h.id, "master", "lab", "up"},
		{"-n", h.id, "link", "set", "lo", "up"},
		{"-n", h.id, "link", "set", "eth0", "addrgenmode", "none"},
		{"-n", h.id, "addr", "add", h.Addr + "/32", "dev", "eth0"},
		{"-n", h.id, "link", "set", "eth0", "up"},
		{"-n", h.id, "route", "add", "192.0.2.0/24", "dev", "eth0", "src", h.Addr},
		{"-n", h.id, "route", "add", "198.51.100.0/24", "dev", "eth0", "src", h.Addr},
		{"-n", h.id, "route", "add", "203.0.113.0/24", "dev", "eth0", "src", h.Addr},
	}
	if h.Addr6 != "" {
		steps = append(steps,
			[]string{"-n", h.id, "addr", "add", h.Addr6 + "/128", "dev", "eth0", "nodad"},
			[]string{"-n", h.id, "route", "add", "2001:db8::/32", "dev", "eth0", "src", h.Addr6},
			[]string{"-n", h.id, "route", "add", "3fff::/20", "dev", "eth0", "src", h.Addr6})
	}
	for _, s := range steps {
		if err := command("ip", s...); err != nil {
			return err
		}
	}
	var layers []string
	for _, s := range h.layers() {
		layers = append(layers, filepath.Join("/mnt/layer", s))
		if err := l.unpack(s); err != nil {
			return err
		}
	}
	c := exec.Command("ip", "netns", "exec", h.id, "unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child",
		"sh", filepath.Join(l.servers, "enter.sh"))
	c.Env = append(os.Environ(), "ID="+h.id, "NAME="+h.Name, "LAYERS="+strings.Join(layers, ":"), "SERVER="+h.Server,
		"MODE="+h.Mode, "SERVERS="+l.servers, "ZONE="+h.zone(), "CLOCK="+h.Clock, "DOMAIN="+h.Domain,
		"ROUTE="+h.Route, "CLIENTS="+h.Clients, "LONGID="+h.LongID, "POPHOST="+h.PopHost, "NPM="+l.cache+"/npm", "TZ=")
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		return err
	}
	h.pid = c.Process.Pid
	return nil
}

// unpack copies a layer next to the hosts' own layers: an overlay takes no layer that
// lies within another.
func (l *lab) unpack(layer string) error {
	to := filepath.Join("/mnt/layer", layer)
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	return command("cp", "-a", filepath.Join(l.cache, "layer", layer), to)
}

// awaitServers waits until every server takes connections.
func (l *lab) awaitServers(need map[string]bool) {
	end := time.Now().Add(4 * time.Minute) // on a busy machine some take their time
	for i := range cast {
		h := &cast[i]
		if !need[h.Name] {
			continue
		}
		if h.Server == "dma" || h.Server == "nullmailer" || h.Server == "getmail" {
			h.answers = true // these take no connections
			continue
		}
		for ; ; time.Sleep(300 * time.Millisecond) {
			c, err := net.DialTimeout("tcp", net.JoinHostPort(h.Addr, "25"), time.Second)
			if err == nil {
				c.Close()
				h.answers = true
				break
			}
			if time.Now().After(end) {
				fmt.Fprintf(os.Stderr, "lab: %s (%s %s) does not answer: %v\n", h.Name, h.Server, h.Mode, err)
				break
			}
		}
	}
}

// up is the layer that holds what a host wrote.
func (h *host) up(path string) string { return filepath.Join("/mnt", h.id, "up", path) }

// keepLogs copies what servers logged.
func (l *lab) keepLogs(dir string) {
	for i := range cast {
		h := &cast[i]
		files, _ := filepath.Glob(h.up("var/log/*"))
		more, _ := filepath.Glob(h.up("var/log/*/*"))
		for _, f := range append(append(files, more...), filepath.Join("/mnt", h.id, "start.log")) {
			if b, err := os.ReadFile(f); err == nil && len(b) > 0 {
				os.MkdirAll(dir, 0o755)
				os.WriteFile(filepath.Join(dir, h.Name+"."+filepath.Base(f)), b, 0o644)
			}
		}
	}
}

// inside runs a command on a host, as its user would.
func (h *host) inside(input io.Reader, args ...string) error {
	c := exec.Command("nsenter", append([]string{"-t", fmt.Sprint(h.pid), "-m", "-n", "-u", "chroot", "/mnt/" + h.id + "/root"}, args...)...)
	c.Stdin = input
	c.Env = []string{"PATH=/usr/sbin:/usr/bin", "HOME=/"}
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w: %s", args, err, out)
	}
	return nil
}
