package intake

import "relaytrace/trace/header"

// space is the memory in which one worker inspects message after message: what is needed
// for each is the same, and nothing of it is left when the next one comes.
type space struct {
	fields  []header.Field
	part    part
	mail    mail
	cargo   cargo
	guessed int64 // as in builder, of the messages that are attached as files, in one another perhaps
	texts   *room // none where bytes are kept
}

// The bounds of what is kept from one message for the next.
const (
	keptFields = 256
	roomBytes  = 256 << 10
)

// clear makes room for the next message. What a hostile one made large is let go.
func (s *space) clear() {
	if cap(s.fields) > keptFields {
		s.fields = nil
	}
	s.mail.hits.empty()
	s.mail.signs = signs{}
	s.part, s.guessed = part{}, 0
	if s.texts != nil {
		s.texts.used = 0
	}
}

// room is memory for the texts that are made of a message, one behind the other.
type room struct {
	buf  []byte
	used int
}

// take gives room for a text of size bytes, or new memory where there is none.
func (r *room) take(size int) []byte {
	if r == nil || size > len(r.buf)-r.used {
		return make([]byte, 0, size)
	}
	begin := r.used
	r.used += size
	return r.buf[begin:begin:r.used]
}
