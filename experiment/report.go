package experiment

import (
	"errors"
	"fmt"
	"math"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
)

// A Report is what a person wants to know of an experiment before it trains.
type Report struct {
	Nodes         []NodeReport
	Params        int          // elements
	Frozen        int          // of them, those that do not train
	FLOPs         int          // operations of one forward pass of one row, as the layers estimate them
	TrainBytes    int          // estimate of what a training run allocates for the model
	Memory        []MemoryPart // what that is made of
	TrainRows     int
	EvalRows      int
	StepsPerEpoch int64
	Steps         int64 // of the whole run
	Vectors       []Pretrained
}

// A NodeReport is a node of the model with the type of its layer.
type NodeReport struct {
	model.NodeInfo
	Type string
}

// Report describes the experiment. Nothing is allocated for the model.
func (e *Experiment) Report() (Report, error) {
	if e.Splits == nil {
		return Report{}, errors.New("experiment: it was read without its data")
	}
	if e.Config.DType == "float64" {
		return reportOf[float64](e)
	}
	return reportOf[float32](e)
}

func reportOf[T tensor.Float](e *Experiment) (Report, error) {
	c := &e.Config
	m, err := graphOf[T](c, inputSpecs(e.Splits.Train))
	if err != nil {
		return Report{}, err
	}
	if err := freeze(m, c.frozen()); err != nil {
		return Report{}, err
	}
	slots := len(optim.Make[T](c.Optimizer.New()).Slots())
	rows := c.Train.PortionRows(min(c.Train.BatchSize, e.Splits.Train.Len()))
	r := Report{
		Params: m.NumParams(), TrainRows: e.Splits.Train.Len(),
		TrainBytes: memoryOf(c, m, rows, slots), Memory: memoryParts(c, m, rows, slots),
	}
	if e.Splits.Eval != nil {
		r.EvalRows = e.Splits.Eval.Len()
	}
	types := map[string]string{}
	for _, n := range c.Model {
		types[n.Name] = n.Layer.Name
	}
	flops := 0.0
	for _, n := range m.Nodes() {
		r.Nodes = append(r.Nodes, NodeReport{n, types[n.Name]})
		r.Frozen += n.Frozen
		flops += float64(n.FLOPs)
	}
	r.FLOPs = math.MaxInt
	if flops < math.MaxInt {
		r.FLOPs = int(flops)
	}
	r.Vectors = e.Vectors
	r.StepsPerEpoch, r.Steps = c.Train.StepCount(r.TrainRows)
	return r, nil
}

// CheckGradients compares backpropagation through the experiment's model with the numeric gradient of its loss, in
// float64, on the first rows rows, for up to samples elements of each parameter. Of the penalties, those on outputs
// of nodes are part of it.
func (e *Experiment) CheckGradients(rows, samples int) (*model.GradientReport, error) {
	if e.Splits == nil {
		return nil, errors.New("experiment: it was read without its data")
	}
	s, err := setupOf[float64](&e.Config, e.Splits, e.Vectors)
	if err != nil {
		return nil, err
	}
	rows = min(rows, s.Train.Len())
	index := data.Order(s.Seed, 0, s.Train.Len(), nil)[:rows]
	b := data.NewBatch[float64](s.Train, rows)
	data.Gather(s.Train, index, b)
	l := loss.Make[float64](e.Config.Loss.New())
	if err := l.Build(s.Model.Output(), s.Train.Target.Spec()); err != nil {
		return nil, fmt.Errorf("loss: %w", err)
	}
	penalties, err := s.OutputPenalties()
	if err != nil {
		return nil, err
	}
	return model.CheckGradients(s.Model, l, b, model.Key{Seed: s.Seed}, samples, penalties...)
}
