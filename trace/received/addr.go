package received

import "net/netip"

// parseAddr reads an IPv4 or IPv6 address that fills b, with an optional "IPv6:" tag
// (RFC 5321 section 4.1.3). Unlike netip.ParseAddr it makes no error value, so that
// hostile input costs no allocation. Zones and leading zeros in IPv4 are refused:
// 010.0.0.1 means different hosts to different readers.
func parseAddr(b []byte) (netip.Addr, bool) {
	if len(b) < 2 || classOf[b[0]]&addrBegin == 0 || classOf[b[len(b)-1]]&addrEnd == 0 {
		return netip.Addr{}, false // most are names
	}
	return parseLiteral(b)
}

func parseLiteral(b []byte) (netip.Addr, bool) {
	if len(b) > 5 && b[4] == ':' && hasPrefixFold(b, "ipv6") {
		b = b[5:]
	}
	if len(b) < 2 || len(b) > 45 {
		return netip.Addr{}, false
	}
	if v4, ok := parseIPv4(b); ok {
		return netip.AddrFrom4(v4), true
	}
	return parseIPv6(b)
}

func parseIPv4(b []byte) (a [4]byte, ok bool) {
	i := 0
	for n := range a {
		if n > 0 {
			if i == len(b) || b[i] != '.' {
				return a, false
			}
			i++
		}
		start, val := i, 0
		for i < len(b) && isDigit(b[i]) {
			val = val*10 + int(b[i]-'0')
			i++
		}
		if digits := i - start; digits == 0 || digits > 3 || val > 255 || digits > 1 && b[start] == '0' {
			return a, false
		}
		a[n] = byte(val)
	}
	return a, i == len(b)
}

func parseIPv6(b []byte) (netip.Addr, bool) {
	var a [16]byte
	n, gap := 0, -1 // bytes written; where "::" stood
	i := 0
	if len(b) >= 2 && b[0] == ':' {
		if b[1] != ':' {
			return netip.Addr{}, false
		}
		gap, i = 0, 2
	}
	for i < len(b) {
		if n == 16 {
			return netip.Addr{}, false
		}
		val, digits, start := 0, 0, i
		for i < len(b) && digits < 5 && isHex(b[i]) {
			val = val<<4 | hexVal(b[i])
			digits++
			i++
		}
		if digits == 0 || digits > 4 {
			return netip.Addr{}, false
		}
		if i < len(b) && b[i] == '.' { // ::ffff:192.0.2.1
			v4, ok := parseIPv4(b[start:])
			if !ok || n > 12 {
				return netip.Addr{}, false
			}
			n += copy(a[n:], v4[:])
			break
		}
		a[n], a[n+1] = byte(val>>8), byte(val)
		n += 2
		if i == len(b) {
			break
		}
		if b[i] != ':' || i+1 == len(b) {
			return netip.Addr{}, false
		}
		i++
		if b[i] == ':' {
			if gap >= 0 {
				return netip.Addr{}, false
			}
			gap = n
			i++
		}
	}
	if gap < 0 {
		return netip.AddrFrom16(a).Unmap(), n == 16
	}
	if n == 16 {
		return netip.Addr{}, false
	}
	copy(a[16-(n-gap):], a[gap:n])
	clear(a[gap : 16-(n-gap)])
	return netip.AddrFrom16(a).Unmap(), true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

func hexVal(c byte) int {
	if c <= '9' {
		return int(c - '0')
	}
	return int(c|0x20-'a') + 10
}
