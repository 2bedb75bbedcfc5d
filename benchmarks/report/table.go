package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Markdown returns the document as a table, with the machine below it.
func (d *Document) Markdown() string {
	var b strings.Builder
	withRoof := slices.ContainsFunc(d.Comparisons, func(c Comparison) bool { return c.Roof > 0 })
	fmt.Fprintf(&b, "| case | threads | ours, %s | theirs, %[1]s | ratio | rounds | peer |", d.Unit)
	if withRoof {
		b.WriteString(" of the FMA roof |")
	}
	b.WriteString("\n|---|---|---|---|---|---|---|")
	if withRoof {
		b.WriteString("---|")
	}
	b.WriteString("\n")
	for _, c := range d.Comparisons {
		fmt.Fprintf(&b, "| %s | %d | %s | %s | **%.2f** | %.2f–%.2f | %s |", c.Case, c.Threads,
			d.value(c, c.Ours), d.value(c, c.Theirs), c.Ratio, c.Low, c.High, c.Peer)
		if withRoof {
			fmt.Fprintf(&b, " %s |", percent(c.Roof))
		}
		b.WriteString("\n")
	}
	if len(d.Comparisons) > 0 {
		fmt.Fprintf(&b, "\n%s, %d rounds.", d.Date, len(d.Comparisons[0].Rounds))
	}
	for _, key := range slices.Sorted(maps.Keys(d.Machine)) {
		fmt.Fprintf(&b, " %s: %s.", key, d.Machine[key])
	}
	b.WriteString("\n")
	for _, note := range d.Notes {
		fmt.Fprintf(&b, "\n%s\n", note)
	}
	return b.String()
}

// value formats a time of a comparison in the unit of the document.
func (d *Document) value(c Comparison, ms float64) string {
	switch d.Unit {
	case "µs":
		ms *= 1e3
	case "GFLOP/s":
		ms = c.Rounds[0].Ours.GFLOP / ms * 1e3
	}
	return significant(ms)
}

func percent(share float64) string {
	if share == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// significant formats v with three digits, or all of its whole part.
func significant(v float64) string {
	if v >= 1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
