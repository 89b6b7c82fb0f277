// Package desk is what the forged organisation does beside the tracing: who is answered
// and how ([Triage]), which of the forged addresses are real and what to do about them
// ([Forged]), what a relay owner's answer discloses ([ReadAnswer]), and whether a domain is
// ready for an incident at all ([Prepare]).
//
// It decides and explains; it reads no case folder, asks no network and writes nothing.
// Everything in it depends on its arguments alone and is safe for concurrent use.
package desk
