package model

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/tensor"
)

// GradientTolerance is the largest error of a gradient that passes the check.
const GradientTolerance = 1e-6

// A GradientReport compares backpropagation with the numeric gradient.
type GradientReport struct {
	Params []ParamGradient // every parameter that trains
}

// A ParamGradient is the worst of the elements of a parameter that were checked.
type ParamGradient struct {
	Path     string
	Checked  int     // elements
	Index    int     // of the worst one
	Backprop float64 // its gradient by backpropagation
	Numeric  float64 // its gradient by differences of the loss
	Error    float64 // |Backprop − Numeric| / max(1, |Backprop|, |Numeric|)
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

// CheckGradients compares the gradients of the mean loss of a batch with (L(w+h) − L(w−h)) / 2h, for up to samples
// elements of each parameter, on a copy of the model. Random numbers are those of key in every evaluation, so dropout
// is checked as well. Where the loss has a kink between w−h and w+h, any slope between the two one-sided ones is right.
func CheckGradients(m *Model[float64], l loss.Loss[float64], b *tensor.Batch[float64], key Key, samples int) (*GradientReport, error) {
	m = m.Clone()
	e := NewExec(m, b.Rows, true)
	objective := func() (float64, error) {
		pred, err := e.Forward(b, true, key, 0)
		if err != nil {
			return 0, err
		}
		sum, weight := l.Eval(pred, b.Target, b.Rows, e.DOut())
		return sum / weight, nil
	}
	center, err := objective()
	if err != nil {
		return nil, err
	}
	if err := e.Backward(); err != nil {
		return nil, err
	}
	if math.IsNaN(center) || math.IsInf(center, 0) {
		return nil, fmt.Errorf("model: gradient check: the loss is %v", center)
	}
	report := &GradientReport{}
	for _, p := range m.params {
		if p.Frozen {
			continue
		}
		g, err := checkParam(p, e.grads[p.Offset:p.Offset+len(p.Data)], samples, key, center, objective)
		if err != nil {
			return nil, err
		}
		report.Params = append(report.Params, g)
	}
	return report, nil
}

func checkParam(p Param[float64], grad []float64, samples int, key Key, center float64, objective func() (float64, error)) (ParamGradient, error) {
	worst := ParamGradient{Path: p.Path, Checked: min(samples, len(p.Data)), Error: -1}
	random := tensor.NewRandom(key.Seed).WithName("gradient check").WithName(p.Path)
	for i := range worst.Checked {
		if samples < len(p.Data) {
			i = random.IntN(i, len(p.Data))
		}
		w := p.Data[i]
		h := 1e-5 * max(1, math.Abs(w))
		p.Data[i] = w + h
		up, err := objective()
		if err != nil {
			return worst, err
		}
		p.Data[i] = w - h
		down, err := objective()
		if err != nil {
			return worst, err
		}
		p.Data[i] = w
		numeric := nearestSlope(grad[i], (up-center)/h, (center-down)/h, (up-down)/(2*h))
		scaled := math.Abs(grad[i]-numeric) / max(1, math.Abs(grad[i]), math.Abs(numeric))
		if scaled > worst.Error || math.IsNaN(scaled) {
			worst.Index, worst.Backprop, worst.Numeric, worst.Error = i, grad[i], numeric, scaled
		}
	}
	return worst, nil
}

// nearestSlope returns the numeric slope that a gradient is compared with: the central one, unless the one-sided slopes
// differ so much that there is a kink between them; then the gradient itself where it lies between them.
func nearestSlope(gradient, right, left, central float64) float64 {
	lo, hi := min(left, right), max(left, right)
	if hi-lo > 1e-3*max(1, math.Abs(central)) && gradient >= lo && gradient <= hi {
		return gradient
	}
	return central
}
