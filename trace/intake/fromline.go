package intake

import (
	"bytes"
	"strings"
)

// isFromLine tells whether a line is the envelope line of an mbox: "From ", a sender,
// which may be missing, and a date as asctime writes it, with or without seconds and
// zone. Text such as "From Monday on" has no such date.
func isFromLine(line []byte) bool {
	if len(line) > maxFromLine || !bytes.HasPrefix(line, []byte("From ")) {
		return false
	}
	words := strings.Fields(string(line[len("From "):]))
	for i := range words {
		if isDate(words[i:]) {
			return true
		}
	}
	return false
}

// isDate tells whether the words begin with a date: Thu Aug 22 13:17:22 2002, with up to
// two words of zone before the year, or as a Date field has it: Thu, 22 Aug 2002 13:17:22.
func isDate(words []string) bool {
	if len(words) >= 5 && strings.HasSuffix(words[0], ",") && oneOf(words[0][:len(words[0])-1], days) {
		return isDay(words[1]) && oneOf(words[2], months) && isYear(words[3]) && isClock(words[4])
	}
	if len(words) < 5 || !oneOf(words[0], days) || !oneOf(words[1], months) ||
		!isDay(words[2]) || !isClock(words[3]) {
		return false
	}
	for _, word := range words[4:min(len(words), 7)] {
		if isYear(word) {
			return true
		}
	}
	return false
}

func isYear(word string) bool { return len(word) == 4 && digits(word) && word[0] != '0' }

const (
	days   = "SunMonTueWedThuFriSat"
	months = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

// oneOf tells whether word is one of the names of three letters that list strings together.
func oneOf(word, list string) bool {
	if len(word) != 3 {
		return false
	}
	i := strings.Index(strings.ToLower(list), strings.ToLower(word))
	return i >= 0 && i%3 == 0
}

func isDay(word string) bool {
	return len(word) <= 2 && digits(word) && word != "0" && word != "00" && (len(word) == 1 || word <= "31")
}

// isClock tells whether word is hh:mm or hh:mm:ss.
func isClock(word string) bool {
	parts := strings.Split(word, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return false
	}
	for i, part := range parts {
		limit := "60" // a leap second
		if i == 0 {
			limit = "23"
		}
		if !digits(part) || len(part) > 2 || (len(part) == 2 && part > limit) {
			return false
		}
	}
	return true
}

func digits(word string) bool {
	for i := range len(word) {
		if word[i] < '0' || word[i] > '9' {
			return false
		}
	}
	return word != ""
}
