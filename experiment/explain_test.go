package experiment_test

import (
	"math"
	"strings"
	"testing"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/model"
)

func explain(t *testing.T, text string, example int) *experiment.Explanation {
	t.Helper()
	e, err := experiment.Parse("graph.yaml", []byte(text), experiment.Options{Explain: true})
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Explain(example)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestExplainProbabilities checks the view of the loss: p and y as the loss has them, and p − y where it is the gradient.
func TestExplainProbabilities(t *testing.T) {
	classes := `
data: {type: values, inputs: [{name: x, shape: [3], values: [1, 2, 3, 0.5, 0.25, -1]}], target: {name: c, classes: 3, values: [2, 0]}}
model: [{name: scores, type: tanh}]
loss: {type: softmax_cross_entropy}
`
	for name, tt := range map[string]struct {
		text    string
		example int
		target  string
		y       []float64
		exact   bool
	}{
		"first row":  {classes, 0, "2", []float64{0, 0, 1}, true},
		"second row": {classes, 1, "0", []float64{1, 0, 0}, true},
		"weights":    {strings.Replace(classes, "softmax_cross_entropy", "softmax_cross_entropy, label_smoothing: 0.1", 1), 0, "2", []float64{0, 0, 1}, false},
		"one of two": {`
data: {type: values, inputs: [{name: x, values: [0.5]}], target: {name: c, classes: 2, values: [1]}}
model: [{name: score, type: tanh}]
loss: binary_cross_entropy
`, 0, "1", []float64{1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			x := explain(t, tt.text, tt.example)
			if x.Target != tt.target || len(x.Scores) != len(tt.y) {
				t.Fatalf("target %q, scores %+v", x.Target, x.Scores)
			}
			exact := true
			for i, s := range x.Scores {
				if s.Target != tt.y[i] || !(s.Probability > 0 && s.Probability < 1) {
					t.Errorf("score %d is %+v", i, s)
				}
				exact = exact && math.Abs(s.Gradient-(s.Probability-s.Target)) < 1e-12
			}
			if exact != tt.exact {
				t.Errorf("the gradient is p − y: %v, want %v: %+v", exact, tt.exact, x.Scores)
			}
		})
	}
}

// TestExplainWithoutTraining reads what could not train: no loss, no optimizer, no target, nothing but frozen weights.
func TestExplainWithoutTraining(t *testing.T) {
	x := explain(t, `
data: {type: values, inputs: [{name: x, shape: [2], values: [3, 4]}]}
model: [{name: out, type: dense, units: 1, bias: false, weights: {type: values, values: [0.5, -1]}}]
freeze: [out/w]
`, 0)
	values := x.Trace.Values
	if out := values[x.Trace.Output]; out.Name != "out" || out.Value[0] != -2.5 || out.Kind != model.NodeValue {
		t.Errorf("the output is %+v", out)
	}
	if dw := values[1].Gradient; dw[0] != 3 || dw[1] != 4 {
		t.Errorf("the gradient of the frozen weights is %v, want [3 4]", dw)
	}
	if x.Target != "" || x.Scores != nil || x.Types[x.Trace.Output] != "dense" {
		t.Errorf("got %+v", x)
	}
}

// TestExplainLeavesOtherProblems checks that Options.Explain forgives nothing but what training needs.
func TestExplainLeavesOtherProblems(t *testing.T) {
	text := `
data: {type: values, inputs: [{name: x, values: [3]}]}
model: [{name: out, type: tanh}]
loss: mes
`
	_, err := experiment.Parse("graph.yaml", []byte(text), experiment.Options{Explain: true})
	if err == nil || !strings.Contains(err.Error(), `did you mean "mse"?`) || strings.Contains(err.Error(), "optimizer") {
		t.Errorf("got %v", err)
	}
	text = strings.Replace(text, "mes", "mse", 1)
	if _, err = experiment.Parse("graph.yaml", []byte(text), experiment.Options{Explain: true}); err == nil || !strings.Contains(err.Error(), "no target") {
		t.Errorf("a loss without a target: %v", err)
	}
}
