package cmd

import (
	"fmt"
	"slices"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/plots"
	"github.com/strata-ml/strata/tensor"
)

// plotActivations draws activations with their derivatives.
func (p *program) plotActivations(names []string, output string, o plots.Options) error {
	var functions []plots.Function
	for _, name := range names {
		f, err := sampleActivation(name)
		if err != nil {
			return usage("--activation: %w", err)
		}
		functions = append(functions, f)
	}
	if output == "" {
		output = experiment.PlotDir
	}
	files, err := plots.WriteFunctions(functions, output, o)
	for _, f := range files {
		fmt.Fprintln(p.stdout, f)
	}
	return err
}

const (
	activationRange  = 5   // activations are drawn from -5 to 5
	activationPoints = 100 // for each unit of x
)

// sampleActivation evaluates a layer with its default settings and first parameters as a function of one number. It
// refuses a layer that needs a setting, or that is no such function.
func sampleActivation(name string) (plots.Function, error) {
	f := plots.Function{Name: name}
	d, err := layers.Registry.Describe(name)
	if err != nil {
		return f, err
	}
	for _, field := range d.Fields {
		if field.Default == "" {
			return f, fmt.Errorf("%s has no curve without a setting: %s is required", name, field.Key)
		}
	}
	part, err := layers.Registry.Build(name, nil)
	if err != nil {
		return f, err
	}
	for i := -activationRange * activationPoints; i <= activationRange*activationPoints; i++ {
		f.X = append(f.X, float64(i)/activationPoints)
	}
	l := layers.Make[float64](part)
	pair, err := layers.Declare(l, tensor.Spec{Shape: tensor.Shape{2}})
	if err != nil || !pair.Out.Equal(tensor.Shape{2}) || pair.RowsDepend {
		return f, fmt.Errorf("%s is no function of one number, as tanh is", name)
	}
	f.Y, f.Slope = sampleAt(l, pair, f.X, 0)
	if y, _ := sampleAt(l, pair, f.X, 1); !slices.Equal(y, f.Y) {
		return f, fmt.Errorf("%s is no function of one number: it looks at the numbers beside it", name)
	}
	return f, nil
}

// sampleAt returns the first output of a layer on pairs (x, beside), and its derivative.
func sampleAt(l layers.Layer[float64], d *layers.Declaration, x []float64, beside float64) (y, slope []float64) {
	b := layers.Allocate[float64](d, len(x))
	for i, p := range d.Params {
		if !p.Init.IsZero() {
			p.Init.New().Fill(b.Param[i], p.Shape, tensor.NewRandom(0))
		}
	}
	for i, v := range x {
		b.In[0][2*i], b.In[0][2*i+1] = v, beside
		b.DOut[2*i] = 1
	}
	f := layers.NewFrame(d, b)
	f.Begin(len(x), 0, false, tensor.NewRandom(0))
	l.Forward(f)
	l.Backward(f)
	for i := range x {
		y, slope = append(y, f.Out()[2*i]), append(slope, f.DIn(0)[2*i])
	}
	return y, slope
}
