package cmd

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// gradientSamples is how many elements of each parameter --gradients compares: few find a wrong derivative as surely as
// many, and in a moment.
const gradientSamples = 20

// A checkResult is what check --json prints.
type checkResult struct {
	Name          string                  `json:"name"`
	Nodes         []checkedNode           `json:"nodes"`
	Params        int                     `json:"params"`
	Frozen        int                     `json:"frozen"`
	FLOPs         int                     `json:"flops_per_row"`
	TrainBytes    int                     `json:"train_bytes"`
	Memory        []checkedMemory         `json:"memory"`
	TrainRows     int                     `json:"train_rows"`
	EvalRows      int                     `json:"eval_rows"`
	StepsPerEpoch int64                   `json:"steps_per_epoch"`
	Steps         int64                   `json:"steps"`
	Vectors       []experiment.Pretrained `json:"vectors,omitempty"`
	Gradients     *gradientResult         `json:"gradients,omitempty"`
}

type checkedMemory struct {
	Part  string `json:"part"`
	Bytes int64  `json:"bytes"`
}

type checkedNode struct {
	Name   string         `json:"name"`
	Type   string         `json:"type"`
	From   []string       `json:"from"`
	In     []tensor.Shape `json:"in"`
	Out    tensor.Shape   `json:"out"`
	Params int            `json:"params"`
	Frozen int            `json:"frozen"`
	FLOPs  int            `json:"flops_per_row"`
}

type gradientResult struct {
	OK        bool              `json:"ok"`
	Tolerance float64           `json:"tolerance"`
	Params    []checkedGradient `json:"params"`
}

type checkedGradient struct {
	Param    string       `json:"param"`
	Checked  int          `json:"checked"`
	Element  int          `json:"worst_element"`
	Backprop train.Number `json:"backprop"`
	Numeric  train.Number `json:"numeric"`
	Error    train.Number `json:"error"`
}

func (p *program) checkVerb() *cobra.Command {
	var set []string
	var gradients, asJSON bool
	c := &cobra.Command{
		Use:   "check FILE [flags]",
		Short: "Check an experiment, without training it",
		Long: `Check an experiment against its data and show what it would train: the shapes,
parameters and operations (FLOPs) of each node for one row, the memory, and the
steps. Nothing is written.

With --gradients, the gradients by backpropagation are compared in float64 with
differences of the loss; the exit code is 1 where one is wrong, and the layer that
computes it is named. That is the test of a layer of your own. A run does the same
on its way with debug.gradient_check.`,
		Example: `  strata check digits.yaml
  strata check digits.yaml --set model.fc1.units=512
  strata check digits.yaml --gradients`,
		Args: arguments(1, 1, "FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			e, err := experiment.Load(args[0], experiment.Options{Set: set, Env: p.env})
			if err != nil {
				return err
			}
			result, wrong, err := check(e, gradients)
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(p.stdout, result)
			} else {
				p.printCheck(result)
			}
			return cmp.Or(err, wrong)
		},
	}
	c.Flags().BoolVar(&gradients, "gradients", false, "compare the gradients with numeric ones")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	addSetFlag(c, &set)
	return c
}

// check returns what there is to know of an experiment, and the error of its gradients where one is wrong.
func check(e *experiment.Experiment, gradients bool) (result *checkResult, wrong, err error) {
	r, err := e.Report()
	if err != nil {
		return nil, nil, err
	}
	result = &checkResult{
		Name: e.Config.Name, Params: r.Params, Frozen: r.Frozen, FLOPs: r.FLOPs, TrainBytes: r.TrainBytes,
		TrainRows: r.TrainRows, EvalRows: r.EvalRows, StepsPerEpoch: r.StepsPerEpoch, Steps: r.Steps, Vectors: r.Vectors,
	}
	for _, m := range r.Memory {
		result.Memory = append(result.Memory, checkedMemory{m.Name, int64(m.Bytes)})
	}
	for _, n := range r.Nodes {
		result.Nodes = append(result.Nodes, checkedNode{n.Name, n.Type, n.From, n.In, n.Out, n.Params, n.Frozen, n.FLOPs})
	}
	if !gradients {
		return result, nil, nil
	}
	report, err := e.CheckGradients(train.GradientRows, gradientSamples)
	if err != nil {
		return nil, nil, err
	}
	result.Gradients = &gradientResult{OK: report.OK(), Tolerance: model.GradientTolerance}
	for _, g := range report.Params {
		result.Gradients.Params = append(result.Gradients.Params, checkedGradient{
			g.Path, g.Checked, g.Index, train.Number(g.Backprop), train.Number(g.Numeric), train.Number(g.Error),
		})
	}
	return result, report.Err(), nil
}

func (p *program) printCheck(r *checkResult) {
	nodes := table{align: "llllrr"}
	nodes.add("node", "type", "from", "in → out", "params", "FLOPs")
	for _, n := range r.Nodes {
		nodes.add(n.Name, n.Type, strings.Join(n.From, ", "), formatShapes(n.In)+" → "+formatShape(n.Out),
			formatParams(n.Params, n.Frozen), formatCount(n.FLOPs))
	}
	nodes.write(p.stdout)
	fmt.Fprintln(p.stdout)
	totals := table{align: "ll"}
	params := formatCount(r.Params)
	if r.Frozen > 0 {
		params += fmt.Sprintf(", of which %s do not train", formatCount(r.Frozen))
	}
	totals.add("parameters", params)
	totals.add("FLOPs", formatCount(r.FLOPs)+" forward, for one row")
	totals.add("memory", formatBytes(r.TrainBytes)+" to train the model: "+formatMemory(r.Memory))
	totals.add("rows", fmt.Sprintf("%s to train on, %s to evaluate on", formatCount(r.TrainRows), formatCount(r.EvalRows)))
	totals.add("steps", fmt.Sprintf("%s, %s per epoch", formatCount(r.Steps), formatCount(r.StepsPerEpoch)))
	for _, v := range r.Vectors {
		totals.add("vectors", v.Param+": "+v.String())
	}
	totals.write(p.stdout)
	if r.Gradients != nil {
		p.printGradients(r.Gradients)
	}
}

// formatMemory writes what takes the memory of a run.
func formatMemory(parts []checkedMemory) string {
	var words []string
	for _, m := range parts {
		words = append(words, m.Part+" "+formatBytes(m.Bytes))
	}
	return strings.Join(words, ", ")
}

// formatParams writes the number of a node's parameters and how many of them do not train.
func formatParams(params, frozen int) string {
	switch {
	case frozen == 0:
		return formatCount(params)
	case frozen == params:
		return formatCount(params) + " (frozen)"
	}
	return fmt.Sprintf("%s (%s frozen)", formatCount(params), formatCount(frozen))
}

func (p *program) printGradients(r *gradientResult) {
	fmt.Fprintln(p.stdout)
	if len(r.Params) == 0 {
		fmt.Fprintln(p.stdout, "No parameter trains, so there is no gradient to check.")
		return
	}
	t := table{align: "lrrrrr"}
	t.add("gradient of", "checked", "worst element", "backpropagation", "differences", "error")
	for _, g := range r.Params {
		t.add(g.Param, strconv.Itoa(g.Checked), strconv.Itoa(g.Element), formatGradient(g.Backprop), formatGradient(g.Numeric),
			strconv.FormatFloat(float64(g.Error), 'e', 1, 64))
	}
	t.write(p.stdout)
	if r.OK {
		fmt.Fprintf(p.stdout, "\nEvery gradient is right: no error is above %g.\n", r.Tolerance)
	}
}

func formatGradient(v train.Number) string { return strconv.FormatFloat(float64(v), 'g', 8, 64) }

func formatShapes(shapes []tensor.Shape) string {
	parts := make([]string, len(shapes))
	for i, s := range shapes {
		parts[i] = formatShape(s)
	}
	return strings.Join(parts, ", ")
}
