package cmd

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// printExplanation prints the way forward, the way back, and what it comes to.
func (p *program) printExplanation(x *experiment.Explanation) {
	fmt.Fprintf(p.stdout, "%s: %s\n\n", x.Name, explanationTitle(x))
	p.printForward(x)
	fmt.Fprintln(p.stdout, "\nBackward, from the output: downstream = upstream × local")
	p.printBackward(x.Trace)
	fmt.Fprintln(p.stdout, "\nGradients")
	p.printTotals(x.Trace)
	p.printScores(x.Scores)
}

func (p *program) printForward(x *experiment.Explanation) {
	reads := readsOf(x.Trace)
	t := table{align: "lllll"}
	t.add("forward", "type", "reads", "shape", "value")
	for i, v := range x.Trace.Values {
		what := x.Types[i]
		if what == "" {
			what = string(v.Kind)
		}
		value := formatTensor(v.Value)
		if v.Index != nil {
			value = formatIndices(v.Index)
		}
		t.add(v.Name, what, strings.Join(reads[i], ", "), formatShape(v.Shape), value)
	}
	t.write(p.stdout)
}

// readsOf lists by value what it is computed from.
func readsOf(t *model.Trace) [][]string {
	reads := make([][]string, len(t.Values))
	for _, e := range t.Edges {
		reads[e.To] = append(reads[e.To], t.Values[e.From].Name)
	}
	return reads
}

func (p *program) printBackward(tr *model.Trace) {
	t := table{align: "llll"}
	t.add("edge", "upstream", "local", "downstream")
	for _, e := range tr.Edges {
		downstream := "whole numbers have no gradient"
		if e.Downstream != nil {
			downstream = formatTensor(e.Downstream)
		}
		t.add(tr.Values[e.From].Name+" → "+tr.Values[e.To].Name, formatTensor(tr.Values[e.To].Gradient), formatLocal(e.Local), downstream)
	}
	t.write(p.stdout)
}

// printTotals prints the gradient of each value, from the output back, and what is summed at a branch.
func (p *program) printTotals(tr *model.Trace) {
	t := table{align: "lll"}
	for i := len(tr.Values) - 1; i >= 0; i-- {
		v := tr.Values[i]
		if v.Gradient == nil {
			continue
		}
		note := ""
		switch sum := formatSum(tr, i, formatShort); {
		case sum != "":
			note = "= " + sum + ", summed at the branch"
		case v.Fan > 1:
			note = fmt.Sprintf("summed over %d edges", v.Fan)
		}
		t.add(v.Name, formatTensor(v.Gradient), note)
	}
	t.write(p.stdout)
}

func (p *program) printScores(scores []experiment.Score) {
	if len(scores) == 0 {
		return
	}
	const shown = 20
	fmt.Fprintln(p.stdout, "\nThe output under the loss")
	t := table{align: "lrrrrl"}
	t.add("class", "output", "p", "y", "gradient", "")
	exact := true
	for i, s := range scores {
		exact = exact && math.Abs(s.Gradient-(s.Probability-s.Target)) <= 1e-12
		note := ""
		if s.Target == 1 {
			note = "← correct"
		}
		if i < shown || s.Target == 1 {
			t.add(s.Label, formatShort(s.Logit), formatShort(s.Probability), formatShort(s.Target), formatShort(s.Gradient), note)
		}
	}
	t.write(p.stdout)
	if len(scores) > shown {
		fmt.Fprintf(p.stdout, "(the first %d of %d)\n", shown, len(scores))
	}
	if exact {
		fmt.Fprintln(p.stdout, "The gradient is p − y: p − 1, which is negative, for the correct class, and p for the others.")
	}
}

// formatLocal writes a local gradient: the numbers of a gate that works element by element, of another its Jacobian.
func formatLocal(j *model.Jacobian) string {
	switch {
	case j == nil:
		return "—"
	case j.Diagonal != nil && j.Out == 1:
		return formatShort(j.Diagonal[0])
	case j.Diagonal != nil:
		return "diagonal " + formatElements(j.Diagonal, maxListed)
	}
	shape := fmt.Sprintf("Jacobian %d×%d", j.Out, j.In)
	if j.Full == nil || len(j.Full) > 2*maxListed {
		return shape
	}
	rows := make([]string, j.Out)
	for k := range rows {
		rows[k] = formatElements(j.Full[k*j.In:][:j.In], j.In)
	}
	return shape + " " + strings.Join(rows, " ")
}

// maxListed is how many numbers of a tensor a table shows.
const maxListed = 4

// formatTensor writes a tensor of few numbers as they are, a larger one as its norm and the first of them.
func formatTensor(x []float64) string {
	switch {
	case len(x) == 1:
		return formatShort(x[0])
	case len(x) <= maxListed:
		return formatElements(x, maxListed)
	}
	return "norm " + formatShort(norm(x)) + ": " + formatElements(x, maxListed)
}

// formatElements writes the first numbers of a tensor.
func formatElements(x []float64, most int) string {
	parts := make([]string, min(len(x), most))
	for i := range parts {
		parts[i] = formatShort(x[i])
	}
	if len(x) > most {
		parts = append(parts, "…")
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func formatIndices(x []int32) string {
	parts := make([]string, min(len(x), maxListed))
	for i := range parts {
		parts[i] = strconv.Itoa(int(x[i]))
	}
	if len(x) > maxListed {
		parts = append(parts, "…")
	}
	if len(x) == 1 {
		return parts[0]
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func formatShort(v float64) string {
	if v == 0 {
		return "0" // also for −0, which would be one fact too many
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

func norm(x []float64) float64 { return math.Sqrt(tensor.SumSquares(x)) }

// An explainResult is what explain --json prints. Of a tensor it holds the first elements.
type explainResult struct {
	Name    string           `json:"name"`
	Example int              `json:"example"`
	Target  string           `json:"target,omitempty"`
	Output  string           `json:"output"`
	Values  []explainedValue `json:"values"`
	Edges   []explainedEdge  `json:"edges"`
	Scores  []explainedScore `json:"scores,omitempty"`
	Files   []string         `json:"files"`
}

type explainedValue struct {
	Name     string           `json:"name"`
	Kind     model.ValueKind  `json:"kind"`
	Type     string           `json:"type,omitempty"`
	Shape    tensor.Shape     `json:"shape"`
	Value    *explainedTensor `json:"value,omitempty"`
	Index    []int32          `json:"index,omitempty"`
	Gradient *explainedTensor `json:"gradient,omitempty"`
}

type explainedTensor struct {
	Size     int            `json:"size"`
	Norm     train.Number   `json:"norm"`
	Elements []train.Number `json:"elements"` // the first maxElements
}

// maxElements is how many numbers of a tensor the JSON form holds.
const maxElements = 1000

type explainedEdge struct {
	From       string             `json:"from"`
	To         string             `json:"to"`
	Upstream   *explainedTensor   `json:"upstream"`
	Local      *explainedJacobian `json:"local,omitempty"`
	Downstream *explainedTensor   `json:"downstream,omitempty"`
}

type explainedJacobian struct {
	Rows     int            `json:"rows"`    // one for each number of the output
	Columns  int            `json:"columns"` // one for each number that is read
	Diagonal []train.Number `json:"diagonal,omitempty"`
	Full     []train.Number `json:"full,omitempty"` // row after row
}

type explainedScore struct {
	Label       string       `json:"label"`
	Output      train.Number `json:"output"`
	Probability train.Number `json:"probability"`
	Target      train.Number `json:"target"`
	Gradient    train.Number `json:"gradient"`
}

func explanationResult(x *experiment.Explanation, files []string) *explainResult {
	t := x.Trace
	r := &explainResult{Name: x.Name, Example: x.Example, Target: x.Target, Output: t.Values[t.Output].Name, Files: append([]string{}, files...)}
	for i, v := range t.Values {
		r.Values = append(r.Values, explainedValue{
			v.Name, v.Kind, x.Types[i], append(tensor.Shape{}, v.Shape...), newExplainedTensor(v.Value), v.Index, newExplainedTensor(v.Gradient),
		})
	}
	for _, e := range t.Edges {
		out := explainedEdge{
			From: t.Values[e.From].Name, To: t.Values[e.To].Name,
			Upstream: newExplainedTensor(t.Values[e.To].Gradient), Downstream: newExplainedTensor(e.Downstream),
		}
		if j := e.Local; j != nil {
			out.Local = &explainedJacobian{j.Out, j.In, numbers(j.Diagonal), numbers(j.Full)}
		}
		r.Edges = append(r.Edges, out)
	}
	for _, s := range x.Scores {
		r.Scores = append(r.Scores, explainedScore{
			s.Label, train.Number(s.Logit), train.Number(s.Probability), train.Number(s.Target), train.Number(s.Gradient),
		})
	}
	return r
}

func newExplainedTensor(x []float64) *explainedTensor {
	if x == nil {
		return nil
	}
	return &explainedTensor{len(x), train.Number(norm(x)), numbers(x[:min(len(x), maxElements)])}
}

func numbers(x []float64) []train.Number {
	var out []train.Number
	for _, v := range x {
		out = append(out, train.Number(v))
	}
	return out
}
