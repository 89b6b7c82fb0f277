package render

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"relaytrace/casefile"
	"relaytrace/enrich"
	"relaytrace/trace"
)

// fullCase is pdfCase with all that a case can tell beside its samples.
func fullCase() *casefile.Case {
	c := pdfCase()
	c.Status, c.SampleCount, c.Settings.TLP = "open", 112, "TLP:AMBER+STRICT"
	c.Paths = nil
	for i := range c.Samples {
		c.Paths = append(c.Paths, casefile.PathGroup{Exemplar: i + 1, Samples: 60 >> i})
	}
	c.Relays[0].Samples = 97
	c.Submissions = casefile.Submissions{Total: 431, Classes: []casefile.ClassCount{
		{Class: "sample", Count: 20, Samples: 20, Reporters: 3}, {Class: "bounce", Count: 377, Samples: 80, Reporters: 120}, {Class: "complaint", Count: 34, Samples: 12, Reporters: 34},
	}}
	c.Incident = incidentOf(time.Date(2002, 8, 22, 17, 0, 0, 0, time.UTC), 9*24)
	c.Incident.Domains = []casefile.ForgedDomain{
		{Domain: "dept.college.example", Organisation: "college.example", Samples: 90, Bounces: 350, Ours: true},
		{Domain: "chem.other.example", Organisation: "other.example", Samples: 22, Bounces: 27},
	}
	c.Incident.Addresses = casefile.ForgedAddresses{Distinct: 88, Pattern: "8 random letters", Most: []casefile.AddressCount{{Address: "qwtzplmk@dept.college.example", Count: 9}, {Address: "j.doe@dept.college.example", Count: 4}}}
	c.Incident.Recipients = []casefile.CountryCount{{Country: "DE", Count: 210}, {Country: "", Count: 160}, {Country: "JP", Count: 61}}
	c.Incident.Estimates = []casefile.Estimate{
		{Low: 40_000, High: 70_000, Method: "By the share of dead addresses that bounces show."},
		{IP: netip.MustParseAddr(relayIP), Low: 9_000, High: 15_000, Method: "By the numbers in its queue IDs."},
	}
	c.Elsewhere = []casefile.Elsewhere{{Case: "RT-OLDER123", What: "relay", Name: relayIP}}
	r := &c.Relays[0].Record
	r.Network = &enrich.Network{Handle: "NET-EXAMPLE", Name: "EXAMPLE-NET", Holder: "Example Factory B.V.", First: netip.MustParseAddr("198.51.100.0"), Last: netip.MustParseAddr("198.51.100.255"), Source: "RIPE NCC (RDAP)", Asked: "2002-09-03T09:29:00Z"}
	r.Contacts = []enrich.Contact{{Email: "abuse@factory.example", Role: "abuse", Name: "Abuse desk", Scope: "198.51.100.0 - 198.51.100.255", Source: "RIPE NCC (RDAP)", Asked: "2002-09-03T09:29:00Z", Rule: 1, Why: "the abuse contact of the narrowest network"}}
	for i, action := range []string{"created", "samples-added", "judged", "letters-drafted", "letter-sent"} {
		c.Custody = append(c.Custody, casefile.Event{
			Number: i + 1, Time: fmt.Sprintf("2002-09-03T09:%02d:00Z", 30+i), Actor: "robin@desk", Action: action, Detail: []string{"samples=112", "version=0.1.0"},
			Version: "0.1.0", Prev: fmt.Sprintf("%064x", i*77), Hash: fmt.Sprintf("%064x", (i+1)*77),
		})
	}
	return c
}

// incidentOf is a run of so many hours with a peak.
func incidentOf(first time.Time, hours int) casefile.Incident {
	in := casefile.Incident{First: first.Format(time.RFC3339), Last: first.Add(time.Duration(hours) * time.Hour).Format(time.RFC3339), Hours: []casefile.Hour{}}
	for i := range hours {
		if i%7 == 3 {
			continue
		}
		at := first.Add(time.Duration(i) * time.Hour)
		in.Hours = append(in.Hours, casefile.Hour{Start: at.Format(time.RFC3339), Samples: (i*i)%11 + max(0, 30-i/2), Bounces: (i * 5) % 13,
			Weekend: at.Weekday() == time.Saturday || at.Weekday() == time.Sunday})
	}
	return in
}

// largeCase is a case of a hundred thousand samples, as it comes from a batch: exemplars
// alone, many relays, many letters.
func largeCase() *casefile.Case {
	c := fullCase()
	c.Samples, c.Paths, c.Relays, c.Letters = nil, nil, nil, nil
	for len(c.Samples) < casefile.MaxShown {
		p := withheldPath()
		ip := netip.AddrFrom4([4]byte{198, 51, byte(len(c.Samples) / 250), byte(len(c.Samples)%250 + 1)})
		p.Boundary.IP, p.Origin.IP, p.Relays[0].IP, p.Hops[1].From.IP = ip, ip, ip, ip
		p.Hops[1].Raw = strings.ReplaceAll(p.Hops[1].Raw, relayIP, ip.String())
		addSample(c, p)
		n := len(c.Samples)
		c.Paths = append(c.Paths, casefile.PathGroup{Exemplar: n, Samples: max(1, 30_000/n)})
		r := pdfRelay()
		r.IP, r.Samples = ip, max(1, 30_000/n)
		r.Seen = []casefile.Seen{{Sample: n, Hop: 1, Own: 2}}
		r.Record.Countries[0].Code = []string{"NL", "US", "CN", "KR", "BR", "DE", "JP", "GB", "FR", "ZA", "XX"}[n%11]
		r.Letter = fmt.Sprintf("%04d-log-request", n)
		c.Relays = append(c.Relays, r)
		c.Letters = append(c.Letters, casefile.Letter{Name: r.Letter, Kind: casefile.LetterLogRequest, To: []string{"abuse@holder.example"}, Relays: []netip.Addr{ip}, Contacts: []string{}})
	}
	c.SampleCount = 100_000
	c.TrailEnds = []casefile.TrailEnd{{End: trace.EndWithheld, Samples: 100_000}}
	return c
}

// scriptsCase has text in many scripts where samples put it.
func scriptsCase() *casefile.Case {
	c := fullCase()
	for i, s := range []string{
		"請多多指教 免費 中文 简体字", "無料でお試しください ひらがな カタカナ", "무료 체험 한국어", "עברית שלום 123", "العربية مرحبا ١٢٣",
		"Бесплатно Ελληνικά Größe naïve ½ €", "emoji 😀 👩‍👩‍👧 ﷽", "ไทย हिन्दी தமிழ் ქართული Հայերեն",
	} {
		c.Samples[i].Path.Message.Subject = s
		c.Samples[i].Path.Hops = append([]trace.Hop{}, c.Samples[i].Path.Hops...)
		if len(c.Samples[i].Path.Hops) > 0 {
			h := &c.Samples[i].Path.Hops[len(c.Samples[i].Path.Hops)-1]
			h.From.HELO = s
			h.Raw = " from " + s + " (unknown [192.0.2.1])\r\n\tby mx.example; x"
		}
	}
	c.Settings.Organisation = "国立大学 Université Пример"
	c.Relays[0].HELOs = []string{"測試.example", "שלום.example"}
	return c
}
