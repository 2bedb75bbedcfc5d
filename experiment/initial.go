package experiment

import (
	"errors"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
)

// NodeOutputs are what a node puts out for some rows, row by row.
type NodeOutputs struct {
	Node   string
	Values []float64
}

// InitialOutputs runs the first rows of an epoch through the model as it is before training, in float64, and returns
// what the nodes without parameters put out, in forward order: the activations and their kin. The output of the model is
// not among them.
func (e *Experiment) InitialOutputs(rows int) ([]NodeOutputs, error) {
	if e.Splits == nil {
		return nil, errors.New("experiment: it was read without its data")
	}
	s, err := setupOf[float64](&e.Config, e.Splits, e.Vectors)
	if err != nil {
		return nil, err
	}
	rows = min(rows, s.Train.Len())
	b := data.NewBatch[float64](s.Train, rows)
	data.Gather(s.Train, data.Order(s.Seed, 0, s.Train.Len(), nil)[:rows], b)
	exec := model.NewExec(s.Model, rows, false)
	pred, err := exec.Forward(b, false, model.Key{Seed: s.Seed}, 0)
	if err != nil {
		return nil, err
	}
	trained := map[string]bool{}
	for _, p := range s.Model.Params() {
		trained[p.Node] = true
	}
	var all []NodeOutputs
	exec.Outputs(func(node string, _ layers.Layer[float64], out []float64, _ int) {
		if !trained[node] && &out[0] != &pred[0] {
			all = append(all, NodeOutputs{node, out})
		}
	})
	return all, nil
}
