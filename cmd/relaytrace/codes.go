package main

// explanations are those of the codes, in any order. A code that was ever printed stays.
var explanations = []explanation{
	// The ends of a trail.
	{
		"origin-recorded",
		"A field that may be believed records the address of the host where the mail came from, as far down as the header can be believed.",
		"As sure as the field: recorded by the recipient's own side, or according to the relay that wrote it.",
		"It does not name a person. The host may be broken into, may be a proxy, or may pass on mail of its customers.",
	},
	{
		"previous-hop-withheld",
		"A relay wrote its own field and left out the address of the host that had connected to it. The relay's log is the only way on.",
		"Sure: it is a fact about the text of the field. Why the address is missing is not known; some servers are set so, some cannot do otherwise.",
		"It does not mean that the relay is open, that it sent the mail, or that it hides anything on purpose. RFC 2505 lets a gateway hide its inside when it answers for the mail.",
	},
	{
		"no-field-added",
		"The host that handed the mail to the recipient's side added no field of its own.",
		"Sure that there is none. Which of two things follows cannot be told from one sample: the host is the source itself, or it is a relay that hides all.",
		"It does not mean that the host is a relay, and it does not mean that it is the source.",
	},
	{
		"chain-unexplained",
		"The fields below this point cannot be linked to what is believed: the host that says it wrote the field is not known to be the host that handed the mail on.",
		"Sure that the link is missing. Honest hosts often receive and send under different names.",
		"It does not mean that the fields are forged. Nobody is written to on the strength of an unexplained field.",
	},
	{
		"boundary-unknown",
		"No field tells which host handed the mail to the recipient's side, so nothing can be believed below.",
		"Sure for the settings in use. Naming the recipients' own hosts with --trust may change it.",
		"It does not mean that the header is forged; most often an inside hop records a private address only.",
	},
	{
		"local-submission",
		"The mail began on the host itself: it was submitted there by a user or a program, and came over no network.",
		"As sure as the field that says so.",
		"It does not say who submitted it, nor that the owner of the host knows of it.",
	},
	{
		"no-trace",
		"The sample has no Received: field.",
		"Sure. It may have been saved without its full header, or never have left the machine.",
		"It does not mean that the mail is forged. Ask for the sample again with its full header.",
	},
}
