package loss

import (
	"fmt"

	"github.com/strata-ml/strata/tensor"
)

// MatchClasses returns an error, with the remedy, unless predictions of shape pred hold one score for each class of
// each integer target: pred [… classes] for targets of shape […]. The shapes [] and [1] are the same here.
func MatchClasses(pred tensor.Shape, target tensor.Spec) error {
	if !target.IsIndex() {
		return fmt.Errorf("needs classes as targets, has numbers of shape %v", target.Shape)
	}
	want := tensor.Shape{target.Classes}
	if target.Shape.Size() > 1 {
		want = append(append(tensor.Shape{}, target.Shape...), target.Classes)
	}
	axes := max(len(pred)-1, 0)
	switch fits := len(pred) > 0 && sameShape(pred[:axes], target.Shape); {
	case fits && pred[axes] == target.Classes:
		return nil
	case fits && axes == 0:
		return fmt.Errorf("needs predictions of %d classes, the last layer gives %d: set its units to %d",
			target.Classes, pred[0], target.Classes)
	case fits:
		return fmt.Errorf("needs predictions of shape %v, the last layer gives %v: set its units to %d",
			want, pred, target.Classes)
	case len(want) == 1:
		return fmt.Errorf("needs predictions of shape %v, the last layer gives %v: flatten them and end with %d units",
			want, pred, target.Classes)
	}
	return fmt.Errorf("needs predictions of shape %v, %d classes for each target of shape %v, the last layer gives %v",
		want, target.Classes, target.Shape, pred)
}

// MatchNumbers returns an error, with the remedy, unless targets are numbers of the shape of the predictions. The
// shapes [] and [1] are the same here.
func MatchNumbers(pred tensor.Shape, target tensor.Spec) error {
	switch {
	case target.IsIndex():
		return fmt.Errorf("needs numbers as targets, has one of %d classes: score classes with softmax_cross_entropy and accuracy",
			target.Classes)
	case sameShape(pred, target.Shape):
		return nil
	case len(pred) == 1 && len(target.Shape) <= 1:
		return fmt.Errorf("needs predictions of shape %v, that of the targets, the last layer gives %v: set its units to %d",
			target.Shape, pred, target.Shape.Size())
	}
	return fmt.Errorf("needs predictions of shape %v, that of the targets, the last layer gives %v", target.Shape, pred)
}

func sameShape(a, b tensor.Shape) bool { return a.Equal(b) || a.Size() == 1 && b.Size() == 1 }

// A TargetError is the panic of a loss or metric that meets a target outside of its range: data that break their Spec.
type TargetError struct {
	Op     string // the name of the loss or metric
	Index  int    // which target of the batch
	Want   string // "a class in [0, 10)"
	Target float64
}

func (e *TargetError) Error() string {
	return fmt.Sprintf("%s: target %d of the batch must be %s, is %v", e.Op, e.Index, e.Want, e.Target)
}

// CheckClasses panics with a *TargetError unless every target is a class of its spec or ignored. op names the loss or
// metric.
func CheckClasses(op string, targets []int32, spec tensor.Spec) {
	for i, t := range targets {
		if !spec.Ignores(t) {
			checkClass(op, i, t, spec.Classes)
		}
	}
}

func checkClass(op string, i int, target int32, classes int) {
	if target < 0 || int(target) >= classes {
		panic(&TargetError{Op: op, Index: i, Want: fmt.Sprintf("a class in [0, %d)", classes), Target: float64(target)})
	}
}

// CheckProbabilities panics with a *TargetError when a target is below 0 or above 1. It lets NaN pass, which the loss
// shows. op names the loss or metric.
func CheckProbabilities[T tensor.Float](op string, targets []T) {
	for i, t := range targets {
		if t < 0 || t > 1 {
			panic(&TargetError{Op: op, Index: i, Want: "in [0, 1]", Target: float64(t)})
		}
	}
}

// CheckLen panics with a *tensor.ShapeError unless a slice has the length that its rows need. op names the loss or
// metric, what the slice.
func CheckLen(op, what string, got, want int) {
	if got != want {
		panic(&tensor.ShapeError{Op: op, Detail: fmt.Sprintf("%s have %d elements, need %d", what, got, want)})
	}
}

// checkLens checks predictions, and gradients where they are wanted.
func checkLens[T tensor.Float](op string, pred, dpred []T, n int) {
	CheckLen(op, "predictions", len(pred), n)
	if dpred != nil {
		CheckLen(op, "gradients", len(dpred), n)
	}
}

// checkNumbers checks predictions, their gradients, and targets that are numbers of their shape.
func checkNumbers[T tensor.Float](op string, pred, targets, dpred []T, n int) {
	checkLens(op, pred, dpred, n)
	CheckLen(op, "targets", len(targets), n)
}
