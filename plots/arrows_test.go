package plots

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestArrows(t *testing.T) {
	arrows := []Arrow{{"good", 0, 0, 2, 1}, {"bad", 1, 1, -1, -2}, {"still", 0.5, 0.5, 0.5, 0.5}, {"lost", 0, 0, math.NaN(), 1}}
	paths, err := Arrows(filepath.Join(t.TempDir(), "a"), "Words", "x", "y", arrows, Options{})
	if err != nil || len(paths) != 2 {
		t.Fatalf("got %v, %v", paths, err)
	}
	svg, err := os.ReadFile(paths[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">good<", ">bad<", ">still<", "not drawn: 1 NaN"} {
		if !bytes.Contains(svg, []byte(want)) {
			t.Errorf("the figure lacks %s", want)
		}
	}
	if strings.Contains(string(svg), ">lost<") {
		t.Error("an arrow that ends nowhere has a label")
	}
	if _, err := Arrows(filepath.Join(t.TempDir(), "a"), "Words", "x", "y", nil, Options{}); err == nil {
		t.Error("a figure without arrows is drawn")
	}
}

// An arrow keeps its direction, which curves, sorted by x, have not.
func TestArrowKeepsItsDirection(t *testing.T) {
	l := arrowFigure("", "", "", []Arrow{{"back", 1, 0, -1, 0}}).layout()
	if s := l.segments[0][0]; s[0].x != 1 || s[1].x != -1 {
		t.Errorf("it goes from %v to %v", s[0], s[1])
	}
	for _, v := range []float64{-1, 1} {
		if !(l.x.min < v && v < l.x.max) {
			t.Errorf("the axis from %v to %v has no room around %v", l.x.min, l.x.max, v)
		}
	}
}
