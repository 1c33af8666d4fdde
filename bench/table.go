package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// table collects figures: for each case and server a row with one measurement
// per round. It prints medians, and ratios to the reference servers.
type table struct {
	title   string
	cases   []string // headings of what a case is
	figures []figure
	against []string // servers that ratios are taken against
	rows    []*row
}

// figure is a column, with ratios if they say something.
type figure struct {
	name   string
	ratios bool
}

type row struct {
	name   string // of the case, its parts joined by " | "
	server string
	rounds [][]float64 // a figure each
}

// add puts one round's figures into the row of this case and server. NaN stands
// for a figure that there is not, and infinity for what never came.
func (t *table) add(name, server string, figures ...float64) {
	r := t.row(name, server)
	if r == nil {
		r = &row{name: name, server: server}
		t.rows = append(t.rows, r)
	}
	r.rounds = append(r.rounds, figures)
}

// row is nil if there is none.
func (t *table) row(name, server string) *row {
	i := slices.IndexFunc(t.rows, func(r *row) bool { return r.name == name && r.server == server })
	if i < 0 {
		return nil
	}
	return t.rows[i]
}

// median is over the rounds.
func (r *row) median(figure int) float64 {
	var all []float64
	for _, round := range r.rounds {
		all = append(all, round[figure])
	}
	return median(all)
}

// ratio is the median of the ratios that each round had. A round's figures were
// measured one right after the other, so that they suffered the same neighbours.
func (r *row) ratio(figure int, to *row) float64 {
	if to == nil {
		return math.NaN()
	}
	var all []float64
	for i, round := range r.rounds {
		all = append(all, round[figure]/to.rounds[i][figure])
	}
	return median(all)
}

// print writes the table as Markdown, if there is anything in it.
func (t *table) print(out io.Writer) {
	if len(t.rows) == 0 {
		return
	}
	head := append(slices.Clone(t.cases), "server")
	for _, f := range t.figures {
		head = append(head, f.name)
		for _, to := range t.against {
			if f.ratios {
				head = append(head, "× "+to)
			}
		}
	}
	rule := strings.Repeat("---|", len(t.cases)+1) + strings.Repeat("---:|", len(head)-len(t.cases)-1)
	fmt.Fprintf(out, "\n%s\n\n| %s |\n|%s\n", t.title, strings.Join(head, " | "), rule)
	for _, r := range t.rows {
		cells := []string{r.server}
		if len(t.cases) > 0 {
			cells = []string{r.name, r.server}
		}
		for i, f := range t.figures {
			cells = append(cells, show(r.median(i)))
			for _, to := range t.against {
				if f.ratios {
					cells = append(cells, show(r.ratio(i, t.row(r.name, to))))
				}
			}
		}
		fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
	}
}

// show writes three digits that count.
func show(v float64) string {
	digits := 3
	for limit := 1.0; limit <= 100 && math.Abs(v) >= limit; limit *= 10 {
		digits--
	}
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 0):
		return "never"
	case v == math.Trunc(v):
		digits = 0
	}
	return fmt.Sprintf("%.*f", digits, v)
}

// median is the middle one, or between the two of them, of the figures that
// there are; NaN of none.
func median(v []float64) float64 {
	v = slices.DeleteFunc(slices.Sorted(slices.Values(v)), math.IsNaN)
	if len(v) == 0 {
		return math.NaN()
	}
	return (v[len(v)/2] + v[(len(v)-1)/2]) / 2
}

// percentile is the value that p percent of sorted do not exceed.
func percentile[T any](sorted []T, p float64) (v T) {
	if len(sorted) == 0 {
		return v
	}
	return sorted[max(0, int(math.Ceil(p/100*float64(len(sorted))))-1)]
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
