package main

import (
	"slices"
	"strings"
	"sync"

	"relaytrace/trace"
)

// allCodes are the pages of every code that relaytrace writes, by code: those of one
// sample, which package trace keeps, and those of the case and of the look-ups.
var allCodes = sync.OnceValue(func() []trace.Code {
	all := slices.Concat(trace.Codes(), judgeCodes, lookupCodes)
	slices.SortFunc(all, func(x, y trace.Code) int { return strings.Compare(x.Code, y.Code) })
	return all
})

// explanation returns the page of a code.
func explanation(code string) (trace.Code, bool) {
	i, ok := slices.BinarySearchFunc(allCodes(), code, func(c trace.Code, code string) int { return strings.Compare(c.Code, code) })
	if !ok {
		return trace.Code{}, false
	}
	return allCodes()[i], true
}

// judgeCodes are the verdicts on relays and the reasons for them, over all samples of a case.
var judgeCodes = []trace.Code{
	{
		Code:    "suspected-open-relay",
		Means:   "Verdict: over the samples of the case, the host took mail from a network of another holder for an unrelated recipient, and nothing clears it.",
		Sure:    "A suspicion with reasons, which the case lists. The registries were asked who holds both networks.",
		Not:     "It is not proven. Mail of a customer by POP-before-SMTP or under contract looks the same from outside; only the owner can tell. It does not mean that the owner knows.",
		Example: "198.51.100.7  relay.example.net  3 samples  recorded  suspected open relay",
	},
	{
		Code:    "previous-hop-undisclosed",
		Means:   "Verdict: the host's own field leaves out the address of the host from which it took the mail, so only its owner can tell.",
		Sure:    "Sure that the address is missing. Whether the host serves strangers is not known.",
		Not:     "It does not mean that the host is open, nor that it hides anything on purpose.",
		Example: "198.51.100.7  relay.example.net  1 sample  withheld  previous hop undisclosed",
	},
	{
		Code:    "source-or-relay",
		Means:   "Verdict: the host handed the mail in, but the field that would be its own could not be verified. So it passed the mail on, or the mail began there.",
		Sure:    "Sure that the host connected. Which of the two it is cannot be told from the header.",
		Not:     "It does not mean that the host is an open relay, nor that it is the source.",
		Example: "198.51.100.7  relay.example.net  2 samples  unverified  source or relay",
	},
	{
		Code:    "provisional",
		Means:   "Verdict: the host looks like a relay, but who holds its network, or its client's, is not known, or only fields that could not be verified name it.",
		Sure:    "Open, until the registries are asked or better samples come in. Its letters are on hold.",
		Not:     "It is no accusation, and no ground to write to anybody yet.",
		Example: "198.51.100.7  relay.example.net  1 sample  recorded  provisional",
	},
	{
		Code:    "withdrawn",
		Means:   "Verdict: the host is shown innocent of relaying for strangers. The reason is kept.",
		Sure:    "As sure as the reason that is given with it.",
		Not:     "It does not mean that the mail did not pass through the host.",
		Example: "Its client belongs to the same network: a provider or an organisation with its own mail.",
	},
	{
		Code:    "unrelated-client",
		Means:   "For the verdict: the host took mail from a network that somebody else holds, as the registries have it.",
		Sure:    "As sure as the host's own field and the registries' records of today.",
		Not:     "It does not mean that the client was a stranger: a customer may connect from anywhere.",
		Example: "In one sample its own field says that it took mail from a network of another holder.",
	},
	{
		Code:    "several-unrelated-clients",
		Means:   "For the verdict “relay or provider”: no sample shows by itself that a client was a stranger to the host, but over the samples it served three and more networks that have no tie to it, nor to each other.",
		Sure:    "As sure as the host's own fields and the registries' records of today.",
		Not:     "It does not mean that the host is open. A provider whose customers connect from elsewhere, or whose users' passwords were stolen, looks the same. A letter to its owner is held until you have looked.",
		Example: "It took mail from several networks of different holders, none of them its own.",
	},
	{
		Code:    "client-of-the-same-holder",
		Means:   "Against the verdict: the client belongs to the host's own network, holder or autonomous system. It is a provider, or an organisation with its own mail.",
		Sure:    "Good: it rests on the registries' records.",
		Not:     "It does not clear the client. The provider can tell which customer it was.",
		Example: "In one sample its client belongs to the same network (holder Example Networks): a provider or an organisation with its own mail.",
	},
	{
		Code:    "holders-not-known",
		Means:   "Against the verdict: it is not known who holds the networks of the host and of its client, so a tie between them is not excluded.",
		Sure:    "Sure that it is not known. Run the case again with look-ups.",
		Not:     "It does not mean that there is a tie, nor that there is none.",
		Example: "In one sample it is not known who holds the networks of the relay and of its client, so a tie between them is not excluded.",
	},
	{
		Code:    "as-not-known",
		Means:   "Against the verdict: it is not known whether one provider announces the networks of the host and of its client, whose customer the client would be.",
		Sure:    "Sure that it is not known. A GeoIP file with autonomous systems may tell.",
		Not:     "It does not mean that there is a tie, nor that there is none.",
		Example: "In one sample it is not known whether the two networks are announced by one provider, whose customer the client would be.",
	},
	{
		Code:    "own-field-unverified",
		Means:   "Against the verdict: the field that would be the host's own could not be verified. The mail may have begun on this host, under an invented field.",
		Sure:    "Sure that the field is not verified.",
		Not:     "It does not mean that the field is invented: many honest servers can be tied no better.",
		Example: "In one sample the field that would be its own could not be verified: the mail may also have begun on this host.",
	},
	{
		Code:    "relay-only-claimed",
		Means:   "Against the verdict: only fields that could not be verified name this address.",
		Sure:    "Sure: no believed field of the case records it.",
		Not:     "It does not mean that the fields are forged. But nobody is written to on that ground.",
		Example: "Only fields that could not be verified name this address.",
	}, {
		Code:    "one-witness",
		Means:   "Only one host, not the recipient's own, says that it took mail from this address. Whoever runs that host can name whom he likes.",
		Sure:    "Sure, for the samples at hand.",
		Not:     "It does not mean that the host lied. A second sample that came in through an unrelated host, or one that the recipient's own side took from the address, settles it.",
		Example: "Received: from mail.relay.example (mail.relay.example [203.0.113.9]) by mail.witness.example (Postfix) with ESMTP id 1C2D3E4F56; Mon, 23 Nov 2026 16:54:17 +0000 (GMT)",
	},
	{
		Code:    "several-reporters",
		Means:   "For the verdict: independent reporters show the host in fields that may be believed. A reporter is the domain of who complained, the system that returned the mail, or else the side that took delivery.",
		Sure:    "As sure as the fields that they show.",
		Not:     "It does not mean that each of them judged the host, and one person can write under two domains.",
		Example: "3 independent reporters show it, in 12 samples.",
	}, {
		Code:    "one-reporter",
		Means:   "Against the verdict: all that is known of the host comes from one person or system, and could be made up by whoever that is.",
		Sure:    "Sure, for the samples at hand.",
		Not:     "It does not mean that the reporter is wrong. A second, independent reporter, or a sample that a server of one's own took, settles it.",
		Example: "It is told as reported: one person or system alone shows it, in one sample.",
	}, {
		Code:    "own-server",
		Means:   "For the verdict: a server that the settings trust, or one of the forged domain itself, took the mail and shows the host.",
		Sure:    "As sure as the setting.",
		Not:     "It does not mean that what stands below that server's field is its word.",
		Example: "A mail server of the user's own side shows it.",
	}, {
		Code:    "analyst",
		Means:   "The analyst's own verdict, with the reason given. It stands over that of the tool, which is kept beside it.",
		Sure:    "As sure as the analyst.",
		Not:     "It does not change what the samples show.",
		Example: "Ann judged it innocent on 2026-06-30: their postmaster showed us the contract.",
	},

	{
		Code:    "looks-open-from-outside",
		Means:   "Against the verdict, always: mail relayed for a customer, by POP-before-SMTP or under contract, looks the same from outside.",
		Sure:    "Sure: it is a limit of every header.",
		Not:     "It does not mean that the host serves customers only.",
		Example: "Mail relayed for a customer, by POP-before-SMTP or under contract, looks the same from outside; only the owner can tell.",
	},
}
