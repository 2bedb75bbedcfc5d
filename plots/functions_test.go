package plots

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rectifier samples max(x, 0) and its derivative.
func rectifier(name string) Function {
	return Function{Name: name, X: []float64{-1, -0.5, 0, 0.5, 1}, Y: []float64{0, 0, 0, 0.5, 1}, Slope: []float64{0, 0, 0, 1, 1}}
}

func TestWriteFunctions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	files, err := WriteFunctions([]Function{rectifier("relu")}, dir, Options{})
	if want := []string{filepath.Join(dir, "activation_relu.png"), filepath.Join(dir, "activation_relu.svg")}; err != nil || !slices.Equal(files, want) {
		t.Fatalf("%v, %v, want %v", files, err, want)
	}
	svg := readSVG(t, files[1])
	for _, text := range []string{">relu<", ">derivative<", ">x<", ">f(x)<"} {
		if !strings.Contains(svg, text) {
			t.Errorf("the figure of one function does not say %s", text)
		}
	}
	if n := strings.Count(svg, "stroke-dasharray:4,3"); n != 2 { // the derivative and its entry in the legend
		t.Errorf("%d lines are dashed, want 2", n)
	}

	files, err = WriteFunctions([]Function{rectifier("relu"), rectifier("ramp")}, dir, Options{Formats: []string{SVG}})
	if want := []string{filepath.Join(dir, "activations.svg")}; err != nil || !slices.Equal(files, want) {
		t.Fatalf("%v, %v, want %v", files, err, want)
	}
	svg = readSVG(t, files[0])
	for _, text := range []string{">activations<", ">relu<", ">ramp<", ">derivative<"} {
		if !strings.Contains(svg, text) {
			t.Errorf("the figure of two functions does not say %s", text)
		}
	}
}

func readSVG(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A function that grows without bounds has a gap where it has no place.
func TestWriteFunctionsBeyondTheAxis(t *testing.T) {
	g := rectifier("relu")
	g.Y[4] = math.Inf(1)
	files, err := WriteFunctions([]Function{g}, t.TempDir(), Options{Formats: []string{SVG}})
	if err != nil {
		t.Fatal(err)
	}
	if svg := readSVG(t, files[0]); !strings.Contains(svg, ">not drawn: 1 Inf<") {
		t.Error("the figure does not say that a value is missing")
	}
}

func TestWriteFunctionsErrors(t *testing.T) {
	short, path := rectifier("relu"), rectifier("../relu")
	short.Slope = short.Slope[1:]
	for _, test := range []struct {
		functions []Function
		o         Options
		want      string
	}{
		{nil, Options{}, "plots: there are no functions to draw"},
		{[]Function{short}, Options{}, `plots: function "relu" has 5 x, 5 y and 4 slopes`},
		{[]Function{{Name: "none"}}, Options{}, `plots: function "none" has 0 x, 0 y and 0 slopes`},
		{[]Function{path}, Options{}, `plots: the name of a function names a file: "../relu"`},
		{[]Function{rectifier("relu")}, Options{Formats: []string{"gif"}}, `plots: format is not "png" or "svg": "gif"`},
	} {
		if _, err := WriteFunctions(test.functions, t.TempDir(), test.o); err == nil || err.Error() != test.want {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}
