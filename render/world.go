package render

import (
	_ "embed"
	"fmt"
	"math"
	"strings"
	"sync"
)

// worldText is the outline of the land and the middle of each country; its head says
// where both come from.
//
//go:embed data/world.txt
var worldText string

// place is a point on the Earth in degrees, east and north.
type place struct{ lon, lat float64 }

// country is where the middle of a country's largest part lies.
type country struct {
	name string
	at   place
}

type worldData struct {
	land      [][]place
	countries map[string]country
}

// world reads the table once.
var world = sync.OnceValue(func() worldData {
	w := worldData{countries: make(map[string]country)}
	for n, line := range strings.Split(strings.TrimSpace(worldText), "\n") {
		if err := w.line(line); err != nil {
			panic(fmt.Sprintf("world.txt:%d: %v", n+1, err)) // the table is ours: a fault is one of the build
		}
	}
	return w
})

func (w *worldData) line(line string) error {
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case "L":
		var ring []place
		for _, pair := range strings.Fields(rest) {
			var lon, lat int
			if _, err := fmt.Sscanf(pair, "%d,%d", &lon, &lat); err != nil {
				return err
			}
			ring = append(ring, place{float64(lon) / 10, float64(lat) / 10})
		}
		w.land = append(w.land, ring)
	case "C":
		parts := strings.SplitN(rest, " ", 4)
		var lon, lat int
		if _, err := fmt.Sscanf(parts[1]+","+parts[2], "%d,%d", &lon, &lat); err != nil {
			return err
		}
		w.countries[parts[0]] = country{parts[3], place{float64(lon) / 10, float64(lat) / 10}}
	}
	return nil
}

// countryName is the English name of a country, or its code where that names none.
func countryName(code string) string {
	if c, ok := world().countries[strings.ToUpper(code)]; ok {
		return c.name
	}
	return code
}

// projected puts a place on a map of the width 2 and the height about 1, its middle at 0,
// by the projection of Natural Earth, in its polynomials.
func (p place) projected() (x, y float64) {
	lon, lat := p.lon*math.Pi/180, p.lat*math.Pi/180
	q := lat * lat
	r := q * q
	x = lon * (0.8707 - 0.131979*q + r*(-0.013791+r*(0.003971*q-0.001529*r)))
	y = lat * (1.007226 + q*(0.015085+r*(-0.044475+0.028874*q-0.005916*r)))
	const widest = math.Pi * 0.8707
	return x / widest, -y / widest
}
