// Command lab runs a laboratory of real mail servers, each in a network namespace of its
// own, sends messages through chains of them and writes down what arrives together with
// the truth about it. lab.sh prepares what it needs and starts it.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 3 && args[0] == "syslog" {
		return syslog(args[1], args[2])
	}
	if len(args) == 0 || args[0] != "run" {
		return fmt.Errorf("usage: lab run [-servers DIR] [-captures DIR] [-keep] [NAME...]")
	}
	set := flag.NewFlagSet("lab run", flag.ContinueOnError)
	servers := set.String("servers", "servers", "folder of the servers' scripts")
	captures := set.String("captures", "captures", "folder for what arrives")
	logs := set.String("logs", "", "folder for the servers' logs, when something went wrong")
	wait := set.Duration("wait", 90*time.Second, "how long to wait for the last message")
	if err := set.Parse(args[1:]); err != nil {
		return err
	}
	l := &lab{servers: *servers, cache: os.Getenv("LAB_CACHE"), byName: map[string]*host{}}
	messages := pick(allMessages(), set.Args())
	need := needed(messages)
	for i := range cast {
		h := &cast[i]
		h.id = fmt.Sprintf("h%02d", i)
		l.byName[h.Name] = h
	}
	if err := l.network(); err != nil {
		return err
	}
	go l.serveDNS(messages)
	for i := range cast {
		if h := &cast[i]; need[h.Name] {
			if err := l.start(h); err != nil {
				return fmt.Errorf("%s: %w", h.Name, err)
			}
		}
	}
	l.awaitServers(need)
	l.sendAll(messages)
	missing := l.collect(messages, *captures, *wait)
	if *logs != "" {
		l.keepLogs(*logs)
	}
	if missing > 0 {
		return fmt.Errorf("%d of %d messages did not arrive", missing, len(messages))
	}
	return nil
}

// syslog writes what programs of one host log to a file; they expect such a socket.
func syslog(socket, file string) error {
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	if err := os.Chmod(socket, 0o666); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	for buf := make([]byte, 8192); ; {
		n, err := c.Read(buf)
		if err != nil {
			return err
		}
		if _, err := f.Write(append(buf[:n:n], '\n')); err != nil {
			return err
		}
	}
}
