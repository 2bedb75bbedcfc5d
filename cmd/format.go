package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// A table is text in aligned columns.
type table struct {
	align string // per column: l or r
	rows  [][]string
}

func (t *table) add(cells ...string) {
	for i, cell := range cells {
		cells[i] = quoteUnprintable(cell)
	}
	t.rows = append(t.rows, cells)
}

// quoteUnprintable quotes a text from a checkpoint, which may come from anywhere, where a terminal would obey it.
func quoteUnprintable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

// withoutControls replaces in a message what a terminal would obey, but for the ends of lines and tabs.
func withoutControls(message string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, message)
}

// write prints the table with two blanks between columns and none at the end of a line.
func (t *table) write(w io.Writer) {
	widths := make([]int, len(t.align))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			blanks := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if t.align[i] == 'r' {
				line.WriteString(blanks + cell + "  ")
			} else {
				line.WriteString(cell + blanks + "  ")
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// writeJSON prints one indented JSON document.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// formatCount groups the digits of a whole number: 12,345.
func formatCount[N int | int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func formatBytes[N int | int64](n N) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n)/1024, 0
	for v >= 999.5 && unit < len(units)-1 {
		v /= 1024
		unit++
	}
	return fmt.Sprintf("%.3g %ciB", v, units[unit])
}

// formatValue rounds a loss or a metric to four significant digits.
func formatValue(v train.Number) string {
	f := float64(v)
	if a := math.Abs(f); a >= 0.001 && a < 10 {
		return strconv.FormatFloat(f, 'f', 4, 64)
	}
	return strconv.FormatFloat(f, 'g', 4, 64)
}

// formatScores lists the loss and the metrics of a record, the metrics by their names.
func formatScores(r *train.Record) string {
	parts := []string{"loss " + formatValue(r.Loss)}
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		parts = append(parts, name+" "+formatValue(r.Metrics[name]))
	}
	return strings.Join(parts, "  ")
}

// forever is a time longer than a time.Duration can say.
const forever = time.Duration(math.MaxInt64)

// formatDuration writes minutes and seconds, and hours and days where there are some: 1:05, 2:00:09, 3 days 2:00:09.
func formatDuration(d time.Duration) string {
	if d == forever {
		return "—"
	}
	const hour, day = 3600, 24 * 3600
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s >= day:
		return fmt.Sprintf("%s %d:%02d:%02d", plural(s/day, "day"), s/hour%24, s/60%60, s%60)
	case s >= hour:
		return fmt.Sprintf("%d:%02d:%02d", s/hour, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// formatShape writes the axes of a shape: 28×28; a single number has none.
func formatShape(s tensor.Shape) string {
	if len(s) == 0 {
		return "scalar"
	}
	axes := make([]string, len(s))
	for i, n := range s {
		axes[i] = strconv.Itoa(n)
	}
	return strings.Join(axes, "×")
}

// plural writes a number of things: 1 row, 2 rows.
func plural[N int | int64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return formatCount(n) + " " + thing + "s"
}

// formatEpoch writes a number of epochs, with two decimals where it is not whole.
func formatEpoch(n train.Number) string {
	if f := float64(n); f != math.Trunc(f) {
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
	return formatCount(int64(n))
}

func formatEpochs(n train.Number) string {
	if n == 1 {
		return "1 epoch"
	}
	return formatEpoch(n) + " epochs"
}

// textWidth is how many characters a line of running text has at most.
const textWidth = 100

// wrap breaks a text into lines, all but the first of which begin with indent blanks; the caller has written as many in
// front of the first.
func wrap(text string, indent int) string {
	var b strings.Builder
	column := indent
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > textWidth:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}
