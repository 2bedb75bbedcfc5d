package model

import (
	"fmt"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/tensor"
)

// A GradientFault is a gradient that one node, or the loss, computes wrong by itself.
type GradientFault struct {
	Node     string // "" for the loss
	Tensor   string // "input 0", "parameter w", "the predictions"
	Index    int    // of an element that is wrong
	Backprop float64
	Numeric  float64
}

func (f *GradientFault) String() string {
	who := "the loss"
	if f.Node != "" {
		who = fmt.Sprintf("node %q", f.Node)
	}
	return fmt.Sprintf("%s is at fault: its gradient with respect to %s is wrong at element %d, %v by Backward and %v by differences",
		who, f.Tensor, f.Index, f.Backprop, f.Numeric)
}

// findFault looks at the loss, and then at the nodes in the order of Backward, each by itself: it compares Jᵀ·dy for a
// random dy with differences of dy·y. It returns nil where all are right, as where a layer goes wrong only in the company
// of others.
func findFault(m *Model[float64], l loss.Loss[float64], b *tensor.Batch[float64], key Key, samples int) (*GradientFault, error) {
	s, err := isolate(m, b, key)
	if err != nil {
		return nil, err
	}
	random := tensor.NewRandom(key.Seed).WithName("gradient fault")
	if f, err := s.lossFault(l, random, samples); f != nil || err != nil {
		return f, err
	}
	for i := len(m.nodes) - 1; i >= 0; i-- {
		if f, err := s.nodeFault(i, random.WithName(m.nodes[i].name), samples); f != nil || err != nil {
			return f, err
		}
	}
	return nil, nil
}

// lossFault checks the gradient of the loss with respect to the predictions.
func (s *isolated) lossFault(l loss.Loss[float64], random tensor.Random, samples int) (*GradientFault, error) {
	pred := append([]float64{}, s.frames[s.m.output].Out()...)
	dpred := make([]float64, len(pred))
	objective := func() (float64, error) {
		sum, weight := loss.Eval(l, pred, s.batch, nil)
		return sum / weight, nil
	}
	sum, weight := loss.Eval(l, pred, s.batch, dpred)
	return faultOf(objective, sum/weight, GradientFault{Tensor: "the predictions"}, pred, dpred, random, samples)
}

// nodeFault checks the gradients of a node with respect to the outputs that it reads and its parameters. What it reads of
// the batch has no gradient that matters.
func (s *isolated) nodeFault(i int, random tensor.Random, samples int) (*GradientFault, error) {
	nd, f := &s.m.nodes[i], s.frames[i]
	dy := make([]float64, len(f.Out()))
	for k := range dy {
		dy[k] = random.Normal(k)
	}
	objective := func() (float64, error) {
		if err := s.forward(i); err != nil {
			return 0, err
		}
		return tensor.Dot(dy, f.Out()), nil
	}
	grads, err := s.backward(i, dy)
	if err != nil {
		return nil, err
	}
	center, err := objective()
	if err != nil {
		return nil, err
	}
	for j, g := range grads {
		at := GradientFault{Node: nd.name, Tensor: fmt.Sprintf("input %d", j)}
		var x []float64
		switch {
		case j >= len(nd.from):
			p := s.m.params[nd.params[j-len(nd.from)]]
			at.Tensor, x = "parameter "+nd.decl.Params[j-len(nd.from)].Name, p.Data
		case g == nil || nd.from[j].node < 0:
			continue
		default:
			x = f.In(j)
		}
		if fault, err := faultOf(objective, center, at, x, g, random.WithName(at.Tensor), samples); fault != nil || err != nil {
			return fault, err
		}
	}
	return nil, nil
}

// faultOf compares elements of a gradient with differences, and returns the first that is wrong.
func faultOf(objective func() (float64, error), center float64, at GradientFault, x, grad []float64, random tensor.Random, samples int) (*GradientFault, error) {
	c := newGradientCheck(objective, center)
	var touched []int // most of a table has no gradient, and most mistakes are where there is one
	for i, g := range grad {
		if g != 0 {
			touched = append(touched, i)
		}
	}
	for i := range min(samples, len(x)) {
		switch {
		case samples >= len(x):
		case i%2 == 0 && len(touched) > 0:
			i = touched[random.IntN(i, len(touched))]
		default:
			i = random.IntN(i, len(x))
		}
		numeric, scaled, err := c.element(&x[i], grad[i])
		if err != nil {
			return nil, err
		}
		if !(scaled <= GradientTolerance) {
			at.Index, at.Backprop, at.Numeric = i, grad[i], numeric
			return &at, nil
		}
	}
	return nil, nil
}
