package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/plots"
)

func (p *program) explainVerb() *cobra.Command {
	var set []string
	var example int
	var output string
	var asJSON bool
	var figures plots.Options
	c := &cobra.Command{
		Use:   "explain FILE [flags]",
		Short: "Show the chain rule at work on one example",
		Long: `Run one training row forward and backward through the computational graph of an
experiment, in float64, and show every value and every gradient: forward in
topological order, then on each edge, from the output back, the upstream gradient,
the local one, and the downstream one, their product. Gradients sum where a value
branches. The graph is drawn as PNG and SVG, values above and gradients below each
node.

The weights are those that training begins with, or those of a checkpoint that
warm_start names; dropout drops what the first step would. A file needs no loss and
no optimizer to be explained: without a loss, the gradients are those of the sum of
the output's numbers.`,
		Example: `  strata explain gates.yaml
  strata explain iris.yaml --example 7
  strata explain digits.yaml --set warm_start.from=runs/digits-1`,
		Args: arguments(1, 1, "FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			e, err := experiment.Load(args[0], experiment.Options{Set: set, Env: p.env, Explain: true})
			if err != nil {
				return err
			}
			x, err := e.Explain(example)
			if err != nil {
				return err
			}
			files, err := drawExplanation(x, output, figures)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(p.stdout, explanationResult(x, files))
			}
			p.printExplanation(x)
			p.printDrawings(x, files)
			return nil
		},
	}
	c.Flags().IntVar(&example, "example", 0, "training row `N`, counted from 0")
	c.Flags().StringVar(&output, "output", experiment.PlotDir, "directory `DIR` of the drawing")
	addFormatFlag(c, &figures)
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	addSetFlag(c, &set)
	return c
}

// drawExplanation draws the graph, unless it is too large for a picture, and returns the files.
func drawExplanation(x *experiment.Explanation, dir string, o plots.Options) ([]string, error) {
	if len(x.Trace.Values) > plots.MaxGraphNodes {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	return plots.DrawGraph(filepath.Join(dir, x.Name+"-graph"), graphOf(x), o)
}

// graphOf puts an explanation into a picture: few words, and numbers only where there are few.
func graphOf(x *experiment.Explanation) plots.Graph {
	g := plots.Graph{Title: x.Name, Caption: explanationTitle(x)}
	for i, v := range x.Trace.Values {
		n := plots.GraphNode{Name: v.Name, Value: drawnTensor(v.Value), Gradient: drawnGradient(x.Trace, i)}
		if v.Index != nil {
			n.Value = formatIndices(v.Index)
		}
		switch v.Kind {
		case model.ParamValue:
			n.Kind = plots.GraphParam
		case model.NodeValue, model.LossValue:
			n.Kind, n.Detail = plots.GraphComputed, x.Types[i]
		}
		if v.Kind == model.LossValue || i == x.Trace.Output && v.Fan == 0 {
			n.Kind = plots.GraphResult
		}
		if len(v.Shape) > 0 {
			n.Detail = strings.TrimSpace(n.Detail + " " + formatShape(v.Shape))
		}
		g.Nodes = append(g.Nodes, n)
	}
	for _, e := range x.Trace.Edges {
		if e.Local != nil && e.Local.Out == 1 && e.Local.In == 1 {
			g.EdgeKey = "on an edge: upstream × local = downstream"
		}
		g.Edges = append(g.Edges, plots.GraphEdge{From: e.From, To: e.To, Gradient: drawnEdge(x.Trace, e)})
	}
	return g
}

// maxDrawn is how many numbers of a tensor a picture shows; of more it shows the norm.
const maxDrawn = 3

func drawnTensor(x []float64) string {
	parts := make([]string, len(x))
	switch {
	case len(x) > maxDrawn:
		return "norm " + formatDrawn(norm(x))
	case len(x) == 1:
		return formatDrawn(x[0])
	}
	for i, v := range x {
		parts[i] = formatDrawn(v)
	}
	return "[" + strings.Join(parts, "  ") + "]"
}

// formatDrawn writes a number with three significant digits and a minus sign as wide as a plus.
func formatDrawn(v float64) string {
	return strings.Replace(strconv.FormatFloat(v+0, 'g', 3, 64), "-", "−", 1)
}

// drawnGradient writes a gradient, and at a branch of few numbers what its edges bring.
func drawnGradient(t *model.Trace, i int) string {
	v := t.Values[i]
	if v.Gradient == nil {
		return ""
	}
	if sum := formatSum(t, i, formatDrawn); sum != "" {
		return formatDrawn(v.Gradient[0]) + " = " + sum
	}
	return drawnTensor(v.Gradient)
}

// formatSum writes the sum of what the edges bring to a single number that branches, "" for any other.
func formatSum(t *model.Trace, i int, format func(float64) string) string {
	if v := t.Values[i]; v.Fan < 2 || len(v.Gradient) != 1 {
		return ""
	}
	var parts []string
	for _, e := range t.Edges {
		if e.From == i {
			parts = append(parts, format(e.Downstream[0]))
		}
	}
	return strings.ReplaceAll(strings.ReplaceAll(strings.Join(parts, " + "), "+ -", "- "), "+ −", "− ")
}

// drawnEdge writes upstream × local = downstream for single numbers, and of tensors the downstream gradient.
func drawnEdge(t *model.Trace, e model.TracedEdge) string {
	switch {
	case e.Downstream == nil:
		return ""
	case e.Local.Out == 1 && e.Local.In == 1:
		return fmt.Sprintf("%s × %s = %s", formatDrawn(t.Values[e.To].Gradient[0]), formatDrawn(e.Local.Diagonal[0]), formatDrawn(e.Downstream[0]))
	case t.Values[e.From].Fan < 2:
		return "" // it stands below the node
	}
	return drawnTensor(e.Downstream)
}

func (p *program) printDrawings(x *experiment.Explanation, files []string) {
	fmt.Fprintln(p.stdout)
	if len(files) == 0 {
		fmt.Fprintf(p.stdout, "No drawing: the graph has %d values, and a picture of more than %d would not be legible.\n", len(x.Trace.Values), plots.MaxGraphNodes)
	}
	for _, f := range files {
		fmt.Fprintln(p.stdout, f)
	}
}

func explanationTitle(x *experiment.Explanation) string {
	title := "example " + strconv.Itoa(x.Example)
	if x.Target != "" {
		title += ", target " + x.Target
	}
	last := x.Trace.Values[len(x.Trace.Values)-1]
	if last.Kind == model.LossValue {
		return title + ", gradients of the loss"
	}
	if output := x.Trace.Values[x.Trace.Output]; len(output.Value) == 1 {
		return title + ", gradients of " + output.Name
	}
	return title + ", gradients of the sum of the output's numbers"
}
