package losstest_test

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/loss/losstest"
	"github.com/strata-ml/strata/tensor"
)

// squares is the squared error with a flaw, none where Flaw is empty. It scores one number for each row.
type squares[T tensor.Float] struct {
	squaresConfig
	calls  int
	memory []float64
}

type squaresConfig struct {
	_      struct{} `doc:"the squared error with a flaw"`
	Flaw   string   `doc:"what is wrong with it"`
	hidden float64
}

func newSquares[T tensor.Float](c squaresConfig) loss.Loss[T] {
	return &squares[T]{squaresConfig: c, memory: make([]float64, 100)}
}

func init() { loss.Register("squares", squaresConfig{}, newSquares[float32], newSquares[float64]) }

func (l *squares[T]) Build(pred tensor.Shape, target tensor.Spec) error {
	return loss.MatchNumbers(pred, target)
}

func (l *squares[T]) Eval(pred []T, target tensor.Values[T], rows int, dpred []T) (sum, weight float64) {
	if l.Flaw != "lengths are not checked" {
		loss.CheckLen("squares", "predictions", len(pred), rows)
		loss.CheckLen("squares", "targets", len(target.Floats), rows)
		if dpred != nil {
			loss.CheckLen("squares", "gradients", len(dpred), rows)
		}
	}
	weight = float64(rows)
	for i, x := range pred {
		sum += l.row(i, float64(x)-float64(target.Floats[i]))
	}
	for i := range dpred {
		dpred[i] = T(2 * (1 + l.hidden) * (float64(pred[i]) - float64(target.Floats[i])) / weight)
	}
	return l.spoil(pred, target, sum, weight, dpred)
}

// row returns the square of d.
func (l *squares[T]) row(i int, d float64) float64 {
	switch {
	case l.Flaw == "a NaN is left out" && d != d:
		return 0
	case l.Flaw == "memory in the struct":
		l.memory[i] = d
		runtime.Gosched()
		d = l.memory[i]
	}
	return d * d * (1 + l.hidden)
}

// spoil adds the flaws that come at the end.
func (l *squares[T]) spoil(pred []T, target tensor.Values[T], sum, weight float64, dpred []T) (float64, float64) {
	switch l.Flaw {
	case "the value depends on the gradient":
		if dpred == nil {
			sum /= 2
		}
	case "a target is written":
		if len(pred) > 0 {
			target.Floats[0] = 0.125
		}
	case "a prediction is written":
		clear(pred)
	case "a call is counted":
		l.calls++
		sum += float64(l.calls)
	case "the mean for the sum":
		sum, weight = sum/weight, 1
	case "no rows weigh something":
		weight = max(weight, 1)
	case "an allocation":
		l.memory = make([]float64, 100)
	case "another function in float32":
		if _, narrow := any(T(0)).(float32); narrow {
			sum *= 1.001
		}
	}
	if dpred != nil {
		l.spoilGradient(pred, dpred)
	}
	return sum, weight
}

func (l *squares[T]) spoilGradient(pred, dpred []T) {
	switch n := len(dpred); {
	case n == 0:
	case l.Flaw == "the last one is not set":
		dpred[n-1] = T(math.NaN()) // as memory that was not set may hold
	case l.Flaw == "a write behind the gradient":
		_ = append(dpred, 0)
	case l.Flaw == "a factor":
		tensor.Scale(0.5, dpred)
	case l.Flaw == "the first row for all":
		for i := range dpred {
			dpred[i] += (pred[0] - pred[i]) / 1000
		}
	}
}

// flaws says which rule must find each flaw.
var flaws = map[string]string{
	"the last one is not set":           "SetsAll",
	"the value depends on the gradient": "SetsAll",
	"a prediction is written":           "KeepsInputs",
	"a target is written":               "KeepsInputs",
	"a write behind the gradient":       "KeepsInputs",
	"a call is counted":                 "SameTwice",
	"a factor":                          "Gradient",
	"another function in float32":       "Float32",
	"the mean for the sum":              "RowsAddUp",
	"the first row for all":             "RowsAddUp",
	"no rows weigh something":           "Empty",
	"a NaN is left out":                 "KeepsNaN",
	"lengths are not checked":           "WrongLengths",
	"an allocation":                     "NoAllocs",
	"memory in the struct":              "Race",
}

// stateful are the flaws that write to the loss.
var stateful = []string{"a call is counted", "an allocation", "memory in the struct"}

func TestFlawsAreFound(t *testing.T) {
	found := map[string]bool{"RoundTrip": true} // TestRoundTrip
	for flaw, rule := range flaws {
		found[rule] = true
		if raceEnabled && slices.Contains(stateful, flaw) {
			continue // the race detector ends the test by itself
		}
		violations := check(t, squaresConfig{Flaw: flaw})
		i := slices.IndexFunc(violations, func(v *losstest.Violation) bool { return v.Rule == rule })
		if i < 0 {
			t.Errorf("%s: the kit finds %v, want a breach of %s", flaw, violations, rule)
			continue
		}
		for _, part := range []string{`loss "squares" breaks the rule ` + rule, "where: losstest_test.squaresConfig{Flaw:" + flaw, "on [] against [], 5 rows", "why:"} {
			if !strings.Contains(violations[i].Error(), part) {
				t.Errorf("the message does not hold %q:\n%s", part, violations[i])
			}
		}
	}
	for _, rule := range losstest.Rules() {
		if !found[rule] {
			t.Errorf("no flaw is planted for the rule %s", rule)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	violations := check(t, squaresConfig{hidden: 1})
	if len(violations) != 1 || violations[0].Rule != "RoundTrip" {
		t.Errorf("a setting that no file can hold: %v, want a breach of RoundTrip", violations)
	}
}

func TestCorrectLossPasses(t *testing.T) {
	losstest.Run(t, "squares", losstest.Case{Pred: tensor.Shape{}, Target: losstest.Numbers()})
}

func TestNothingToCheck(t *testing.T) {
	for want, call := range map[string]func() ([]*losstest.Violation, error){
		`unknown loss "sqares"; did you mean "squares"?`: func() ([]*losstest.Violation, error) { return losstest.Check("sqares") },
		`loss "squares" has no case: say what it scores`: func() ([]*losstest.Violation, error) { return losstest.Check("squares") },
		"is configured by losstest_test.squaresConfig, not by loss.MSEConfig": func() ([]*losstest.Violation, error) {
			return losstest.Check("squares", losstest.Case{Config: loss.MSEConfig{}})
		},
		"on [2] against [3], 5 rows: needs predictions of shape [3]": func() ([]*losstest.Violation, error) {
			return losstest.Check("squares", losstest.Case{Pred: tensor.Shape{2}, Target: losstest.Numbers(3)})
		},
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func check(t *testing.T, c squaresConfig) []*losstest.Violation {
	t.Helper()
	violations, err := losstest.Check("squares", losstest.Case{Config: c, Pred: tensor.Shape{}, Target: losstest.Numbers()})
	if err != nil {
		t.Fatal(err)
	}
	return violations
}
