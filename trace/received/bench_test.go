package received

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkFamilies reads the first labelled line of each family.
func BenchmarkFamilies(b *testing.B) {
	seen := ""
	for _, e := range loadTable(b) {
		if e.file == seen {
			continue
		}
		seen = e.file
		b.Run(strings.TrimSuffix(filepath.Base(e.file), ".txt"), func(b *testing.B) {
			b.SetBytes(int64(len(e.body)))
			b.ReportAllocs()
			for b.Loop() {
				Parse(e.body)
			}
		})
	}
}

// BenchmarkTable reads all labelled lines; ns/op is per line.
func BenchmarkTable(b *testing.B) {
	all := loadTable(b)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		Parse(all[i%len(all)].body)
		i++
	}
}

// BenchmarkHostile reads the inputs of hostile at two lengths: MB/s must not fall with
// the length.
func BenchmarkHostile(b *testing.B) {
	for _, n := range []int{64 << 10, 1 << 20} {
		for name, body := range hostile(n) {
			b.Run(fmt.Sprintf("%q/%d", name, n), func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					Parse(body)
				}
			})
		}
	}
}
