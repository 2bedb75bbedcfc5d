package cmd

import (
	"math"
	"os"
	"strings"
	"testing"
)

// copyExample writes an example of the repository into the working directory.
func copyExample(t *testing.T, name string) {
	t.Helper()
	text := readFile(t, "../examples/lecture/"+name)
	t.Chdir(t.TempDir())
	writeFile(t, name, text)
}

// TestExplainGates is the example of the lecture: f = (x + y)·max(y, z) at (1, 2, 0).
func TestExplainGates(t *testing.T) {
	copyExample(t, "gates.yaml")
	wantAll(t, mustStrata(t, "explain", "gates.yaml"),
		"gates: example 0, gradients of f\n",
		"f        mul    a, b   scalar  6\n",
		"b → f  1         3      3\n",
		"y → b  3         1      3\n",
		"y → a  2         1      2\n",
		"y  5  = 3 + 2, summed at the branch\n",
		"x  2\n", "z  0\n",
		"plots/gates-graph.png\nplots/gates-graph.svg\n",
	)
	wantAll(t, readFile(t, "plots/gates-graph.svg"), ">5 = 3 + 2<", ">3 × 0 = 0<", ">mul<", "on an edge: upstream × local = downstream")
	if b := readFile(t, "plots/gates-graph.png"); !strings.HasPrefix(b, "\x89PNG") {
		t.Error("the other drawing is no PNG file")
	}
	var r explainResult
	decodeOne(t, mustStrata(t, "explain", "gates.yaml", "--json", "--output", "elsewhere"), &r)
	if r.Output != "f" || len(r.Values) != 6 || len(r.Edges) != 6 || len(r.Files) != 2 || r.Files[0] != "elsewhere/gates-graph.png" {
		t.Errorf("got %+v", r)
	}
	for _, v := range r.Values {
		want := map[string]float64{"x": 2, "y": 5, "z": 0, "a": 2, "b": 3, "f": 1}[v.Name]
		if got := float64(v.Gradient.Elements[0]); got != want {
			t.Errorf("df/d%s is %v, want %v", v.Name, got, want)
		}
	}
}

// TestExplainScore is s = uᵀ f(Wx + b), with the numbers worked out by hand: δ = u ⊙ f'(z), db = δ, dW = x δᵀ.
func TestExplainScore(t *testing.T) {
	copyExample(t, "score.yaml")
	var r explainResult
	decodeOne(t, mustStrata(t, "explain", "score.yaml", "--json"), &r)
	x, u := []float64{1, -2, 0.5}, []float64{2, -1}
	z := []float64{0.5*1 + 0.25*-2 + 1*0.5 + 0.1, -1*1 + 0.5*-2 + 2*0.5 - 0.2}
	delta := make([]float64, 2)
	for i := range z {
		f := 1 / (1 + math.Exp(-z[i]))
		delta[i] = u[i] * f * (1 - f)
	}
	want := map[string][]float64{"z": delta, "z/b": delta, "z/w": nil, "s": {1}}
	for _, xi := range x {
		want["z/w"] = append(want["z/w"], xi*delta[0], xi*delta[1])
	}
	for _, v := range r.Values {
		for i, w := range want[v.Name] {
			if got := float64(v.Gradient.Elements[i]); math.Abs(got-w) > 1e-14 {
				t.Errorf("ds/d%s is %v at %d, want %v", v.Name, got, i, w)
			}
		}
	}
}

func TestExplainExperiments(t *testing.T) {
	inTemp(t)
	out := mustStrata(t, "explain", "digits.yaml", "--example", "7")
	wantAll(t, out, "digits: example 7, target ", ", gradients of the loss\n", "softmax_cross_entropy  logits",
		"logits → loss", "Jacobian 1×10", "diagonal [", "← correct", "The gradient is p − y")
	if _, err := os.Stat("plots/digits-graph.svg"); err != nil {
		t.Error(err)
	}
	other := mustStrata(t, "explain", "digits.yaml", "--example", "8")
	if other == out {
		t.Error("two examples have one explanation")
	}
	if again := mustStrata(t, "explain", "digits.yaml", "--example", "8"); again != other {
		t.Error("the same example has two explanations")
	}
	r := strata(t, "explain", "digits.yaml", "--example", "5000")
	if r.code != exitUsage || !strings.Contains(r.stderr, "there is no example 5000: the training rows are counted from 0 to 1437") {
		t.Errorf("exit code %d, errors\n%s", r.code, r.stderr)
	}
}

// TestExplainTrainedWeights begins with the checkpoint of a run, in which the correct class is likely.
func TestExplainTrainedWeights(t *testing.T) {
	trainedDigits(t)
	var fresh, trained explainResult
	decodeOne(t, mustStrata(t, "explain", "digits.yaml", "--json"), &fresh)
	decodeOne(t, mustStrata(t, "explain", "digits.yaml", "--json", "--set", "warm_start.from=r"), &trained)
	loss := func(r explainResult) float64 { return float64(r.Values[len(r.Values)-1].Value.Elements[0]) }
	if !(loss(trained) < loss(fresh)) {
		t.Errorf("the loss is %v with the trained weights, %v with fresh ones", loss(trained), loss(fresh))
	}
}

// TestExplainOfALargeGraph prints what it cannot draw.
func TestExplainOfALargeGraph(t *testing.T) {
	t.Chdir(t.TempDir())
	text := "data: {type: values, inputs: [{name: x, values: [1]}]}\nmodel:\n"
	for range 70 {
		text += "  - tanh\n"
	}
	writeFile(t, "deep.yaml", text)
	wantAll(t, mustStrata(t, "explain", "deep.yaml"), "tanh_70  tanh", "No drawing: the graph has 71 values")
	if _, err := os.Stat("plots"); err == nil {
		t.Error("a directory was made for nothing")
	}
}

// TestExplainNeedsAGraph tells the mistakes of a file, and not that it lacks what only training needs.
func TestExplainNeedsAGraph(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "bad.yaml", "data: {type: values, inputs: [{name: x, values: [1]}]}\nmodel: [{name: a, type: tanh, from: y}]\n")
	r := strata(t, "explain", "bad.yaml")
	if r.code != exitUsage || !strings.Contains(r.stderr, `from names "y"`) || strings.Contains(r.stderr, "is required") {
		t.Errorf("exit code %d, errors\n%s", r.code, r.stderr)
	}
	r = strata(t, "train", "bad.yaml")
	wantAll(t, r.stderr, "loss is required", "optimizer is required")
}
