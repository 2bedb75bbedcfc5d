package loss

import (
	"errors"
	"fmt"
	"slices"

	"github.com/strata-ml/strata/registry"
)

// classTargets is what losses of classes share: the weight of each class, and the target that is left out.
type classTargets struct {
	weights []float64 // [classes]
	ignored *int      // nil where every target counts
}

// newClassTargets checks the settings against the number of classes. No weights weigh all classes alike.
func newClassTargets(weights []float64, ignored *int, classes int) (classTargets, error) {
	switch len(weights) {
	case 0:
		weights = slices.Repeat([]float64{1}, classes)
	case classes:
	default:
		return classTargets{}, &registry.FieldError{Key: "class_weights", Err: fmt.Errorf("must hold one weight for each of %d classes, holds %d", classes, len(weights))}
	}
	return classTargets{weights: weights, ignored: ignored}, nil
}

// refuseForNumbers returns an error where settings that speak of classes are given to a loss whose targets are numbers.
func refuseForNumbers(weights []float64, ignored *int) error {
	switch {
	case len(weights) > 0:
		return &registry.FieldError{Key: "class_weights", Err: errors.New("needs classes as targets, has numbers")}
	case ignored != nil:
		return &registry.FieldError{Key: "ignore_index", Err: errors.New("needs classes as targets, has numbers")}
	}
	return nil
}

// ignores reports whether a target is left out of sum, weight and gradient.
func (c classTargets) ignores(k int32) bool { return c.ignored != nil && int(k) == *c.ignored }

// total returns the weight of all targets. It panics with a *TargetError for one that is neither a class nor ignored.
func (c classTargets) total(op string, targets []int32) float64 {
	total := 0.0
	for i, k := range targets {
		if !c.ignores(k) {
			checkClass(op, i, k, len(c.weights))
			total += c.weights[k]
		}
	}
	return total
}
