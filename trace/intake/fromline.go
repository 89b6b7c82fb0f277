package intake

import "bytes"

// isFromLine tells whether a line is the envelope line of an mbox: "From ", a sender,
// which may be missing, and a date as asctime writes it, with or without seconds and
// zone. Text such as "From Monday on" has no such date.
func isFromLine(line []byte) bool {
	if len(line) > maxFromLine || !bytes.HasPrefix(line, []byte("From ")) {
		return false
	}
	var words [maxDateWords][]byte // the first of those that stand in rest
	rest, n := line[len("From "):], 0
	for {
		for n < len(words) {
			word, behind := cutWord(rest)
			if word == nil {
				break
			}
			words[n], rest = word, behind
			n++
		}
		if n == 0 {
			return false
		}
		if isDate(words[:n]) {
			return true
		}
		copy(words[:], words[1:n])
		n--
	}
}

// maxDateWords is the number of words of the longest date.
const maxDateWords = 7

// cutWord gives the first word of a line and what stands behind it; nil when there is none.
func cutWord(line []byte) (word, behind []byte) {
	begin := 0
	for begin < len(line) && isSpace(line[begin]) {
		begin++
	}
	end := begin
	for end < len(line) && !isSpace(line[end]) {
		end++
	}
	if begin == end {
		return nil, nil
	}
	return line[begin:end], line[end:]
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// isDate tells whether the words begin with a date: Thu Aug 22 13:17:22 2002, with up to
// two words of zone before the year, or as a Date field has it: Thu, 22 Aug 2002 13:17:22.
func isDate(words [][]byte) bool {
	if len(words) < 5 || len(words[0]) < 3 {
		return false
	}
	if day := words[0]; len(day) == 4 && day[3] == ',' {
		return oneOf(day[:3], days) && isDay(words[1]) && oneOf(words[2], months) && isYear(words[3]) && isClock(words[4])
	}
	if !oneOf(words[0], days) || !oneOf(words[1], months) || !isDay(words[2]) || !isClock(words[3]) {
		return false
	}
	for _, word := range words[4:] {
		if isYear(word) {
			return true
		}
	}
	return false
}

func isYear(word []byte) bool { return len(word) == 4 && digits(word) && word[0] != '0' }

const (
	days   = "SunMonTueWedThuFriSat"
	months = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

// oneOf tells whether word is one of the names of three letters that list strings together.
func oneOf(word []byte, list string) bool {
	if len(word) != 3 {
		return false
	}
	for i := 0; i < len(list); i += 3 {
		if word[0]|0x20 == list[i]|0x20 && word[1]|0x20 == list[i+1] && word[2]|0x20 == list[i+2] {
			return true
		}
	}
	return false
}

func isDay(word []byte) bool {
	switch len(word) {
	case 1:
		return word[0] >= '1' && word[0] <= '9'
	case 2:
		n := int(word[0]-'0')*10 + int(word[1]-'0')
		return digits(word) && n >= 1 && n <= 31
	}
	return false
}

// isClock tells whether word is hh:mm or hh:mm:ss.
func isClock(word []byte) bool {
	for i := range 3 {
		n := 0
		for n < len(word) && n < 2 && word[n] >= '0' && word[n] <= '9' {
			n++
		}
		limit := "60" // a leap second
		if i == 0 {
			limit = "23"
		}
		if n == 0 || n == 2 && string(word[:2]) > limit {
			return false
		}
		if word = word[n:]; len(word) == 0 {
			return i > 0
		}
		if word[0] != ':' {
			return false
		}
		word = word[1:]
	}
	return false
}

func digits(word []byte) bool {
	for _, c := range word {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(word) > 0
}
