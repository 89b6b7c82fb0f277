package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"relaytrace/enrich/enrichtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"relaytrace": main})
}

// TestScripts runs the command from outside, as a user does. SAMPLES is the folder of
// real mail, ESC the character that begins a terminal's control sequence. servers.toml has
// the settings that lead to registries and a resolver on loopback, mine.toml those and who writes.
func TestScripts(t *testing.T) {
	samples, err := filepath.Abs("../../testdata/samples")
	if err != nil {
		t.Fatal(err)
	}
	servers := serversFor(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SAMPLES", samples)
			e.Setenv("ESC", "\x1b")
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "nothing"))
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, "kept"))
			mine := append([]byte("organisation = \"Example College\"\nreply_to = \"abuse@college.example\"\ncare_contact = \"Pat Example, telephone 100\"\njanet_member = true\n"), servers...)
			return errors.Join(os.WriteFile(filepath.Join(e.WorkDir, "servers.toml"), servers, 0o600), os.WriteFile(filepath.Join(e.WorkDir, "mine.toml"), mine, 0o600))
		},
		Condition: func(cond string) (bool, error) {
			return cond == "root" && os.Geteuid() == 0, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "nul": nul},
	})
}

// serversFor starts registries and a resolver for the scripts and gives the settings that
// lead to them. Nobody answers for 193.1.0.1 over RDAP.
func serversFor(t *testing.T) []byte {
	hosting := enrichtest.Prefix("RIPE NCC", "193.0.0.0/21", "hosting", "NL")
	hosting.Type, hosting.Holder = "ASSIGNED PA", "Example \u202eHosting"
	relay := enrichtest.Prefix("ARIN", "216.207.32.0/24", "relaynet", "US")
	w := enrichtest.Start(t, hosting, relay)
	w.SetZones(map[string][]string{
		"PTR 1.0.0.193.in-addr.arpa.": {"mail.hosting.example."},
		"A mail.hosting.example.":     {"193.0.0.1"},
		"MX college.example.":         {"10 mx.college.example."},
		"A mx.college.example.":       {"193.0.0.1"},
		"TXT college.example.":        {"\"v=spf1 mx ~all\""},
		"TXT _dmarc.college.example.": {"\"v=DMARC1; p=none; sp=reject\""},
		"A dept.college.example.":     {"193.0.0.2"},
		"SOA college.example.":        {"ns.college.example. hostmaster.college.example. 1 2 3 4 5"},
		"A 2.0.0.127.bl.example.":     {"127.0.0.2"},
		"A 1.0.0.193.bl.example.":     {"127.0.0.4"},
	})
	w.SetRegistered(enrichtest.Registered{
		Domain: "college.example", Holder: "Example College", Registrant: "it@college.example", Registrar: "Example Registrar",
		RegistrarAbuse: "abuse@registrar.example", Created: "1996-08-01", Changed: "2024-01-02", Expires: "2027-08-01",
	})
	w.SetFiles(map[string]string{"/.well-known/security.txt": "Contact: mailto:security@college.example\nExpires: 2099-01-01T00:00:00Z\n"})
	w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
		if strings.HasSuffix(q.Text, "/193.1.0.1") {
			return enrichtest.Fault{Status: 403}
		}
		return enrichtest.Fault{}
	})
	var b strings.Builder
	fmt.Fprintf(&b, "resolver = %q\n", w.Resolver())
	for table, servers := range map[string]map[string]string{
		"rdap": w.RDAP(), "whois": w.WHOIS(), "rdap_domains": w.RDAPDomains(),
		"security_txt": {"college.example": w.Web() + "/.well-known/security.txt"},
	} {
		fmt.Fprintf(&b, "[%s]\n", table)
		for name, to := range servers {
			fmt.Fprintf(&b, "%q = %q\n", name, to)
		}
	}
	b.WriteString("[blocklists]\naddresses = [\"bl.example\"]\n")
	return []byte(b.String())
}

// exits N PROGRAM ARG... runs a program that must end with exit code N.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if e, ok := err.(interface{ ExitCode() int }); ok {
		got = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// nul FILE adds a NUL byte to a file, which an archive of text cannot hold.
func nul(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: nul FILE")
	}
	name := ts.MkAbs(args[0])
	data, err := os.ReadFile(name)
	ts.Check(err)
	ts.Check(os.WriteFile(name, append(data, 0), 0o600))
}
