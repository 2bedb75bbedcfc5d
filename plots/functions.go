package plots

import (
	"errors"
	"fmt"
	"image/color"
	"strings"
)

// A Function is a function of one number, such as an activation, with its derivative: Y[i] and Slope[i] at X[i].
type Function struct {
	Name string // of the curve, and of the file
	X    []float64
	Y    []float64
	// Slope is the derivative. Where it jumps, the curve is drawn upright.
	Slope []float64
}

// WriteFunctions draws functions and, dashed in the same colour, their derivatives on one figure, and writes it into
// dir, which it creates where it is missing. It returns the paths of the files. The scale is linear.
func WriteFunctions(functions []Function, dir string, o Options) ([]string, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(functions) == 0 {
		return nil, errors.New("plots: there are no functions to draw")
	}
	f := &figure{title: "activations", xlabel: "x", ylabel: "f(x)", scale: LinearScale}
	file := "activations"
	if len(functions) == 1 {
		f.title, file = functions[0].Name, "activation_"+functions[0].Name
	}
	for i, g := range functions {
		if len(g.X) == 0 || len(g.X) != len(g.Y) || len(g.X) != len(g.Slope) {
			return nil, fmt.Errorf("plots: function %q has %d x, %d y and %d slopes", g.Name, len(g.X), len(g.Y), len(g.Slope))
		}
		if strings.ContainsAny(g.Name, `/\`) {
			return nil, fmt.Errorf("plots: the name of a function names a file: %q", g.Name)
		}
		value := line{name: g.Name, color: palette[i%len(palette)], width: lineWidth}
		slope := value
		slope.name, slope.width, slope.dashes = "", thinWidth, dashed
		for j, x := range g.X {
			value.points = append(value.points, point{x, g.Y[j]})
			slope.points = append(slope.points, point{x, g.Slope[j]})
		}
		f.lines = append(f.lines, slope, value)
	}
	f.keys = []legendEntry{derivativeEntry(f.lines[0].color, len(functions) == 1)}
	return writeAll([]named{{file, f}}, dir, o)
}

// derivativeEntry says what the dashed curves are. Those of several functions have no colour in common.
func derivativeEntry(c color.NRGBA, alone bool) legendEntry {
	if !alone {
		c = labelColor
	}
	return legendEntry{"derivative", lineThumb, line{color: c, width: thinWidth, dashes: dashed}.thumbnail}
}
