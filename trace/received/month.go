package received

var longWeekdays = [...]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "tues", "wednes", "thur", "thurs"}

var longMonths = [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "sept"}

// weekdayOf returns 1 for Monday to 7 for Sunday, or 0. It takes three letters or the whole name.
func weekdayOf(w []byte) int {
	return shortWeekdays.number(w, longWeekdays[:])
}

// monthOf returns 1 to 12, or 0. It takes three letters or the whole name, in English.
func monthOf(w []byte) int {
	return shortMonths.number(w, longMonths[:])
}

// shortNames are names of three letters, of which no two agree in the second and third: by
// these their numbers are found without a comparison with each.
type shortNames struct {
	letters [16]uint32 // by number
	at      [1 << 10]uint8
}

var (
	shortWeekdays = newShortNames(longWeekdays[:7])
	shortMonths   = newShortNames(longMonths[:12])
)

func newShortNames(names []string) *shortNames {
	s := new(shortNames)
	for i, name := range names {
		s.letters[i+1] = letters3([]byte(name))
		s.at[twoLetters(name[1], name[2])] = uint8(i + 1)
	}
	return s
}

// number returns the number of a name, from 1, or 0. What is longer than three letters must
// be one of the long names.
func (s *shortNames) number(w []byte, long []string) int {
	if len(w) < 3 {
		return 0
	}
	n := int(s.at[twoLetters(w[1], w[2])]) & 15
	if n == 0 || s.letters[n] != letters3(w) || len(w) > 3 && !isOneOf(w, long) {
		return 0
	}
	return n
}

// letters3 returns the first three letters of a word in lower case, as one number.
func letters3(w []byte) uint32 {
	if len(w) < 3 {
		return 0
	}
	return uint32(w[0]|0x20)<<16 | uint32(w[1]|0x20)<<8 | uint32(w[2]|0x20)
}

func isOneOf(w []byte, names []string) bool {
	for _, name := range names {
		if isWord(w, name) {
			return true
		}
	}
	return false
}

// localMonths are names of months that differ from the English ones in their first three
// letters, as servers set to another language stamp them. They stand in UTF-8 and in the
// older character sets; where two languages share a form, they mean the same month.
var localMonths = [...]struct {
	name  string
	month int
}{
	{"ene", 1}, {"gen", 1}, {"sty", 1}, {"led", 1}, {"oca", 1}, {"tam", 1},
	{"fév", 2}, {"f\xe9v", 2}, {"févr", 2}, {"f\xe9vr", 2}, {"fev", 2}, {"lut", 2}, {"şub", 2}, {"\xfeub", 2}, {"hel", 2},
	{"mär", 3}, {"m\xe4r", 3}, {"märz", 3}, {"m\xe4rz", 3}, {"mars", 3}, {"mrt", 3}, {"maa", 3},
	{"avr", 4}, {"abr", 4}, {"kwi", 4}, {"nis", 4}, {"huh", 4},
	{"mai", 5}, {"maj", 5}, {"mag", 5}, {"mei", 5}, {"tou", 5},
	{"juin", 6}, {"giu", 6}, {"cze", 6}, {"haz", 6}, {"kes", 6}, {"juni", 6},
	{"juil", 7}, {"lug", 7}, {"lip", 7}, {"tem", 7}, {"juli", 7},
	{"août", 8}, {"ao\xfbt", 8}, {"ago", 8}, {"sie", 8}, {"ağu", 8}, {"elo", 8},
	{"set", 9}, {"wrz", 9}, {"eyl", 9}, {"syy", 9},
	{"okt", 10}, {"out", 10}, {"ott", 10}, {"paź", 10}, {"pa\xbc", 10}, {"eki", 10}, {"lok", 10},
	{"lis", 11}, {"kas", 11}, {"mar\xe7o", 3},
	{"dez", 12}, {"déc", 12}, {"d\xe9c", 12}, {"dic", 12}, {"gru", 12}, {"ara", 12}, {"jou", 12},
	// Chinese numerals and the sign for month: UTF-8, GB 2312, Big5.
	{"一月", 1}, {"\xd2\xbb\xd4\xc2", 1}, {"\xa4\x40\xa4\xeb", 1},
	{"二月", 2}, {"\xb6\xfe\xd4\xc2", 2}, {"\xa4\x47\xa4\xeb", 2},
	{"三月", 3}, {"\xc8\xfd\xd4\xc2", 3}, {"\xa4\x54\xa4\xeb", 3},
	{"四月", 4}, {"\xcb\xc4\xd4\xc2", 4}, {"\xa5\x7c\xa4\xeb", 4},
	{"五月", 5}, {"\xce\xe5\xd4\xc2", 5}, {"\xa4\xad\xa4\xeb", 5},
	{"六月", 6}, {"\xc1\xf9\xd4\xc2", 6}, {"\xa4\xbb\xa4\xeb", 6},
	{"七月", 7}, {"\xc6\xdf\xd4\xc2", 7}, {"\xa4\x43\xa4\xeb", 7},
	{"八月", 8}, {"\xb0\xcb\xd4\xc2", 8}, {"\xa4\x4b\xa4\xeb", 8},
	{"九月", 9}, {"\xbe\xc5\xd4\xc2", 9}, {"\xa4\x45\xa4\xeb", 9},
	{"十月", 10}, {"\xca\xae\xd4\xc2", 10}, {"\xa4\x51\xa4\xeb", 10},
	{"十一月", 11}, {"\xca\xae\xd2\xbb\xd4\xc2", 11}, {"\xa4\x51\xa4\x40\xa4\xeb", 11},
	{"十二月", 12}, {"\xca\xae\xb6\xfe\xd4\xc2", 12}, {"\xa4\x51\xa4\x47\xa4\xeb", 12},
}

func localMonth(w []byte) int {
	for i := range localMonths {
		if equalLatin(w, localMonths[i].name) {
			return localMonths[i].month
		}
	}
	return 0
}

// equalLatin compares with ASCII letters folded and all other bytes as they are.
func equalLatin(w []byte, lower string) bool {
	if len(w) != len(lower) {
		return false
	}
	for i := range w {
		c := w[i]
		if c != lower[i] && (c < 'A' || c > 'Z' || c|0x20 != lower[i]) {
			return false
		}
	}
	return true
}
