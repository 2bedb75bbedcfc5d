// Package report holds what paired runs measured, and how it is told: ratios, tables and files.
package report

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// A Sample is what one side took for its runs in one round.
type Sample struct {
	Runs      int      `json:"steps"`
	Min       float64  `json:"min_ms"`
	P10       float64  `json:"p10_ms"`
	Median    float64  `json:"median_ms"`
	Mean      float64  `json:"mean_ms"`
	GFLOP     float64  `json:"gflop_step,omitempty"`
	LossFirst *float64 `json:"loss_first,omitempty"`
	LossLast  *float64 `json:"loss_last,omitempty"`
	Allocs    *float64 `json:"allocs_step,omitempty"`
	Others    float64  `json:"others"` // CPUs that other processes took meanwhile
	Steal     float64  `json:"steal"`  // CPUs that the hypervisor withheld
}

// A Round is one turn of all sides, ours first.
type Round struct {
	Ours  Sample            `json:"ours"`
	Peers map[string]Sample `json:"peers"`
	Roof  float64           `json:"roof_gflops,omitempty"` // of fused multiply-adds, on as many threads
}

// A Comparison is one piece of work on both sides.
type Comparison struct {
	Case    string  `json:"case"`
	Threads int     `json:"threads"`
	Peer    string  `json:"peer"`      // the one with the lowest median, of which the rest speaks
	Ours    float64 `json:"ours_ms"`   // median of the rounds
	Theirs  float64 `json:"theirs_ms"` // likewise
	Ratio   float64 `json:"ratio"`     // median of the rounds' ratios, theirs through ours: above 1 ours is faster
	Low     float64 `json:"ratio_min"`
	High    float64 `json:"ratio_max"`
	Roof    float64 `json:"roof_share,omitempty"` // our products' part of the roof: median over the rounds
	Rounds  []Round `json:"rounds"`
}

// Compare sums up the rounds of one piece of work, in each of which a side counts with its least time.
func Compare(name string, threads int, rounds []Round) Comparison {
	c := Comparison{Case: name, Threads: threads, Rounds: rounds}
	c.Ours = median(rounds, func(r Round) float64 { return r.Ours.Min })
	for peer := range rounds[0].Peers {
		m := median(rounds, func(r Round) float64 { return r.Peers[peer].Min })
		if c.Peer == "" || m < c.Theirs || m == c.Theirs && peer < c.Peer {
			c.Peer, c.Theirs = peer, m
		}
	}
	var ratios []float64
	for _, r := range rounds {
		ratios = append(ratios, r.Peers[c.Peer].Min/r.Ours.Min)
	}
	c.Ratio, c.Low, c.High = Median(ratios), slices.Min(ratios), slices.Max(ratios)
	if rounds[0].Roof > 0 && rounds[0].Ours.GFLOP > 0 {
		c.Roof = median(rounds, func(r Round) float64 { return r.Ours.GFLOP / r.Ours.Min * 1e3 / r.Roof })
	}
	return c
}

func median(rounds []Round, value func(Round) float64) float64 {
	var values []float64
	for _, r := range rounds {
		values = append(values, value(r))
	}
	return Median(values)
}

// Median returns the middle of the values, or the mean of the two in the middle.
func Median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// A Document is the result of one command.
type Document struct {
	Name        string            `json:"name"` // of its files
	Title       string            `json:"title"`
	Unit        string            `json:"unit"` // of the table: ms, µs or GFLOP/s
	Date        string            `json:"date"`
	Machine     map[string]string `json:"machine"`
	Notes       []string          `json:"notes,omitempty"`
	Comparisons []Comparison      `json:"comparisons"`
}

// Mean says what the ratios are on the average.
func (d *Document) Mean() string {
	sum, least := 0.0, math.Inf(1)
	for _, c := range d.Comparisons {
		sum += math.Log(c.Ratio)
		least = min(least, c.Ratio)
	}
	return fmt.Sprintf("geometric mean %.3f, least %.3f", math.Exp(sum/float64(len(d.Comparisons))), least)
}

// Write writes the document to dir: its figures as JSON, its table as Markdown, and its chart as PNG and SVG.
func (d *Document) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	b, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return err
	}
	base := filepath.Join(dir, d.Name)
	if err := os.WriteFile(base+".json", append(b, '\n'), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(base+".md", []byte(d.Markdown()), 0o644); err != nil {
		return err
	}
	if err := d.draw(base); err != nil {
		return fmt.Errorf("draw %s: %w", base, err)
	}
	return nil
}
