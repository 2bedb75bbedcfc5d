package model

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/tensor"
)

// GradientTolerance is the largest error of a gradient that passes the check. Differences of a correct gradient stay a
// factor of ten or more below it.
const GradientTolerance = 1e-5

// gradientFloor is the size, relative to the loss where that exceeds 1, below which gradients are compared by their
// absolute difference: what is left of a difference of losses after rounding has no relative precision there. Mean
// losses have gradients of 1e-4 and less, which must not drown in a larger floor.
const gradientFloor = 1e-3

// gradientSteps are the sizes of h. The first balances what rounding and curvature take from a difference; the others
// are for kinks, and lose digits to rounding that GradientTolerance allows for.
var gradientSteps = []float64{1e-5, 1e-6, 1e-7}

// A GradientReport compares backpropagation with the numeric gradient.
type GradientReport struct {
	Loss   float64         // the mean loss of the batch, plus the penalties on outputs
	Params []ParamGradient // every parameter that trains
	Fault  *GradientFault  // where a gradient is wrong, who is to blame for it; nil where that could not be found
}

// A ParamGradient is the worst of the elements of a parameter that were checked.
type ParamGradient struct {
	Path     string
	Checked  int     // elements
	Index    int     // of the worst one
	Backprop float64 // its gradient by backpropagation
	Numeric  float64 // its gradient by differences of the loss
	Error    float64 // |Backprop − Numeric| / max(|Backprop|, |Numeric|, 10⁻³·max(1, loss))
}

// Worst returns the parameter with the largest error. It panics when there is none.
func (r *GradientReport) Worst() ParamGradient {
	worst := r.Params[0]
	for _, p := range r.Params[1:] {
		if p.Error > worst.Error || math.IsNaN(p.Error) {
			worst = p
		}
	}
	return worst
}

// OK reports whether every gradient passes.
func (r *GradientReport) OK() bool { return len(r.Params) == 0 || r.Worst().Error <= GradientTolerance }

// Err returns nil where every gradient passes, else a *GradientError.
func (r *GradientReport) Err() error {
	if r.OK() {
		return nil
	}
	return &GradientError{r.Worst(), r.Fault}
}

// A GradientError is a gradient that differs from the numeric one.
type GradientError struct {
	Worst ParamGradient
	Fault *GradientFault // nil where no node is wrong by itself
}

func (e *GradientError) Error() string {
	message := fmt.Sprintf("the gradient of %s is wrong at element %d: backpropagation says %v, differences of the loss %v",
		e.Worst.Path, e.Worst.Index, e.Worst.Backprop, e.Worst.Numeric)
	if e.Fault != nil {
		message += "; " + e.Fault.String()
	}
	return message
}

// ErrNonFiniteLoss says that there is no gradient to check, because the loss is NaN or infinite.
var ErrNonFiniteLoss = errors.New("the loss is not finite")

// CheckGradients compares the gradients of the mean loss of a batch, plus the penalties on outputs, with (L(w+h) − L(w−h)) / 2h, for up to samples
// elements of each parameter, on a copy of the model: which ones depends on key. The loss must have been built on the model's output. Random
// numbers are those of key in every evaluation, so dropout is checked as well. Where a gradient disagrees, h is made
// smaller, until a kink of the loss that lies between w−h and w+h is left outside; where w is on the kink, any slope
// between the two one-sided ones is right.
func CheckGradients(m *Model[float64], l loss.Loss[float64], b *tensor.Batch[float64], key Key, samples int, penalties ...OutputPenalty[float64]) (*GradientReport, error) {
	m = m.Clone()
	e := NewExec(m, b.Rows, true)
	if err := e.SetPenalties(penalties); err != nil {
		return nil, err
	}
	objective := func() (float64, error) {
		pred, err := e.Forward(b, true, key, 0)
		if err != nil {
			return 0, err
		}
		sum, weight := loss.Eval(l, pred, b, e.DOut())
		return sum/weight + e.Penalty(), nil
	}
	center, err := objective()
	if err != nil {
		return nil, err
	}
	if err := e.Backward(); err != nil {
		return nil, err
	}
	if math.IsNaN(center) || math.IsInf(center, 0) {
		return nil, fmt.Errorf("model: gradient check: %w: it is %v", ErrNonFiniteLoss, center)
	}
	report := &GradientReport{Loss: center}
	c := newGradientCheck(objective, center)
	for i, p := range m.params {
		if p.Frozen {
			continue
		}
		c.touched = nil
		if p.IsTable() {
			c.touched = slices.Clone(e.rowGrads[i].Rows())
		}
		g, err := c.param(p, e.fullGradient(i), samples, key)
		if err != nil {
			return nil, err
		}
		report.Params = append(report.Params, g)
	}
	if !report.OK() {
		report.Fault, err = findFault(m, l, b, key, faultSamples)
	}
	return report, err
}

// faultSamples is how many elements of each tensor of a node are looked at to find who is to blame.
const faultSamples = 50

// gradientCheck is what the elements of all parameters are checked with.
type gradientCheck struct {
	objective     func() (float64, error) // the loss with the parameters as they are
	center, floor float64                 // the loss before any parameter is changed
	touched       []int32                 // the rows of a table that have a gradient; nil for other parameters
}

func newGradientCheck(objective func() (float64, error), center float64) gradientCheck {
	return gradientCheck{objective: objective, center: center, floor: gradientFloor * max(1, math.Abs(center))}
}

func (c *gradientCheck) param(p Param[float64], grad []float64, samples int, key Key) (ParamGradient, error) {
	worst := ParamGradient{Path: p.Path, Checked: min(samples, len(p.Data)), Error: -1}
	random := tensor.NewRandom(key.Seed).WithName("gradient check").WithName(p.Path).With(uint64(key.Step))
	for i := range worst.Checked {
		if samples < len(p.Data) {
			i = c.draw(p, random, i)
		}
		numeric, scaled, err := c.element(&p.Data[i], grad[i])
		if err != nil {
			return worst, err
		}
		if scaled > worst.Error || math.IsNaN(scaled) {
			worst.Index, worst.Backprop, worst.Numeric, worst.Error = i, grad[i], numeric, scaled
		}
	}
	return worst, nil
}

// draw returns a random element. Of a table, whose rows are mostly without a gradient, every other element is of a row
// that has one.
func (c *gradientCheck) draw(p Param[float64], random tensor.Random, i int) int {
	if len(c.touched) == 0 || i%2 == 1 {
		return random.IntN(i, len(p.Data))
	}
	width := p.Shape[1]
	k := random.IntN(i, len(c.touched)*width)
	return int(c.touched[k/width])*width + k%width
}

// element returns the numeric gradient with respect to w that comes nearest to the given one, and their error.
func (c *gradientCheck) element(w *float64, gradient float64) (numeric, scaled float64, err error) {
	value := *w
	defer func() { *w = value }()
	var left, right float64
	scaled = math.Inf(1)
	for _, step := range gradientSteps {
		h := step * max(1, math.Abs(value))
		*w = value + h
		up, err := c.objective()
		if err != nil {
			return 0, 0, err
		}
		*w = value - h
		down, err := c.objective()
		if err != nil {
			return 0, 0, err
		}
		central := (up - down) / (2 * h)
		left, right = (c.center-down)/h, (up-c.center)/h
		d := math.Abs(gradient-central) / max(c.floor, math.Abs(gradient), math.Abs(central))
		if d < scaled || math.IsNaN(d) {
			numeric, scaled = central, d
		}
		if !(scaled > GradientTolerance) {
			return numeric, scaled, nil
		}
	}
	if gradient >= min(left, right) && gradient <= max(left, right) {
		return gradient, 0, nil
	}
	return numeric, scaled, nil
}
