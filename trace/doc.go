// Package trace reads the relay path out of the header of one message and says of every
// field how far it may be believed. It knows nothing of networks or files.
//
// # What a header proves
//
// A mail server writes a Received: field on top of what it was handed (RFC 5321 section
// 4.4). So the topmost field was written by the last system, and everything below the
// point where the mail came from outside was handed in by a stranger, who may have
// written any of it. From:, To: and Subject: prove nothing.
//
// [Analyze] goes down from the top.
//
// First through the recipient's own side. The top field is believed. Trust goes on as
// long as a field says that it took the mail from within: from a host declared in
// [Settings], from itself, from a mailbox that was fetched, from a private address whose
// recorded name wrote the next field. The machines of Google and of Microsoft's mail
// service, which name each other by addresses that nobody else can have or not at all,
// are known as such. What was inferred and not declared is told as the
// finding trust-inferred. The first field that records a public address outside is the
// boundary: that address certainly connected.
//
// Then along the chain. The next field should have been written by the host that the
// boundary recorded. It is tied to it by its address, by its looked-up name, by that
// name's registrable domain, or merely by what the host called itself. The last proves
// nothing: anybody can say HELO in an innocent's name and write a field under it. So a
// field is [Corroborated] only when every link up to the boundary is by address or
// looked-up name, when something shows that a genuine server wrote it (the form of its
// software, a queue ID whose time agrees with the stamp), and when nothing speaks
// against. All others are [Unverified]: unexplained, not forged. Even a corroborated
// field is only as good as the host that wrote it, and is told as "according to" it.
//
// A field is [Contradicted] on positive evidence alone: the signature of a bulk mailer
// that invents fields, an address from which nobody can connect, a queue ID made days
// away from the stamp, the recipient's own name over a form it never writes. That counts
// against nobody, least of all the host above it. A clock that runs backwards is a
// notice and proves nothing.
//
// # What follows
//
// [Path].Origin is the deepest address with a link of some strength, and its certainty
// says which: recorded, corroborated, or claimed. [Path].Ends says why the trail ends
// there. [Path].Relays are hosts that passed the mail between strangers, as far as one
// sample suggests it; whether they are open relays is for package judge, which sees all
// samples and knows who holds the networks. A relay whose own field leaves the previous
// hop's address out is marked: only its log knows more. [Path].Bystanders are named in
// the header and must not be accused: owners of names that a client merely said, hosts
// in invented fields, the sender's own provider, forwarders and lists.
//
// A server that passes on mail from its own customers looks the same as an open relay.
// So a relay is suggested only where something shows that its client was a stranger: a
// name that it said and that is not its own, or the marks of a bulk mailing program;
// otherwise the host is a bystander, with the reason. Where one header shows two readings
// both are told, as findings: a host that adds no field is the source or a silent relay
// (no-field-added, source-or-silent-relay), a client at an address inside with a foreign
// name is a machine or site that the host serves, or a stranger behind its wall
// (strange-name-inside).
package trace
