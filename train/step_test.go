package train

import (
	"fmt"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// TestUnitAllocatesNothing runs steps that are not logged, with full and short batches, a penalty, clipping, a metric
// and an observer, for every optimizer.
func TestUnitAllocatesNothing(t *testing.T) {
	for _, name := range optim.Registry.Names() {
		for _, clip := range []optim.Clip{{Norm: 1}, {Norm: 1, Value: 1}} { // folded into the update, and not
			t.Run(fmt.Sprintf("%s/%+v/float32", name, clip), func(t *testing.T) { testUnitAllocs[float32](t, name, clip) })
			t.Run(fmt.Sprintf("%s/%+v/float64", name, clip), func(t *testing.T) { testUnitAllocs[float64](t, name, clip) })
		}
	}
}

// TestMechanismsAllocateNothing does the same with all that acts on the gradient or the weights besides.
func TestMechanismsAllocateNothing(t *testing.T) {
	testUnitAllocs(t, "adamw", optim.Clip{Norm: 1}, func(s *Setup[float32]) {
		s.Config.Accumulate = 3
		s.Averaging = &Averaging{Decay: 0.9}
		s.Groups = []Group{{Params: []string{"fc1/*"}, LRScale: 0.5, DecayScale: 0.5}}
		proximal := optim.NewL1[float32](optim.L1Config{Strength: registry.Const(0.1), Form: optim.Proximal})
		norm := optim.NewMaxNorm[float32](registry.Defaults[optim.MaxNormConfig]())
		s.Regularizers = append(s.Regularizers, Penalty[float32]{Regularizer: proximal, Params: []string{"*/w"}}, Penalty[float32]{Regularizer: norm, Params: []string{"*/w"}})
	})
	testUnitAllocs(t, "sgd", optim.Clip{}, func(s *Setup[float32]) {
		elastic := optim.NewElastic[float32](registry.Defaults[optim.ElasticConfig]())
		s.Regularizers = append(s.Regularizers, Penalty[float32]{Regularizer: elastic, Nodes: []string{"fc1", "out"}})
	})
}

func testUnitAllocs[T tensor.Float](t *testing.T, optimizer string, clip optim.Clip, edits ...func(s *Setup[T])) {
	const rows = 4000
	x, err := data.NewNumbers("x", tensor.Shape{3}, make([]float64, 3*rows), 1)
	if err != nil {
		t.Fatal(err)
	}
	y, err := data.NewIndices("y", nil, 2, make([]int32, rows))
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.NewSequential(tensor.Spec{Shape: tensor.Shape{3}},
		model.Node[T]{Name: "fc1", Layer: layers.NewDense[T](layers.DenseConfig{Units: 5, Bias: true})},
		model.Node[T]{Name: "drop", Layer: layers.NewDropout[T](layers.DropoutConfig{Rate: 0.5})},
		model.Node[T]{Name: "out", Layer: layers.NewDense[T](layers.DenseConfig{Units: 2, Bias: true})},
	)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	part, err := optim.Registry.Build(optimizer, nil)
	if err != nil {
		t.Fatal(err)
	}
	accuracy, err := Metrics.Build("accuracy", nil)
	if err != nil {
		t.Fatal(err)
	}
	config := DefaultConfig()
	config.Epochs, config.BatchSize, config.LogEvery = 1000, 8, 1_000_000
	seen := 0
	s := Setup[T]{
		Model: m, Loss: loss.NewSoftmaxCrossEntropy[T](loss.SoftmaxCrossEntropyConfig{}), Optimizer: optim.Make[T](part),
		Regularizers: []Penalty[T]{{Regularizer: optim.NewL2[T](registry.Defaults[optim.L2Config]()), Params: []string{"*/w"}}},
		Clip:         clip,
		Metrics:      []NamedMetric[T]{{"accuracy", MakeMetric[T](accuracy)}},
		Train:        &data.Set{Inputs: []data.Column{x}, Target: y},
		Config:       config,
		Observers:    []Observer{ObserverFunc(func(Event) { seen++ })},
	}
	for _, edit := range edits {
		edit(&s)
	}
	r, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	full, short := data.NewBatch[T](r.s.Train, 8), data.NewBatch[T](r.s.Train, 8)
	data.Gather(r.s.Train, []int{0, 1, 2, 3, 4, 5, 6, 7}, full)
	data.Gather(r.s.Train, []int{8, 9, 10}, short)
	r.state.Step = 1 // away from the end of an epoch
	allocs := testing.AllocsPerRun(50, func() {
		for _, b := range []*tensor.Batch[T]{full, short} {
			if _, err := r.unit(b); err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocs != 0 {
		t.Errorf("two steps allocate %v times, want 0", allocs)
	}
	if seen == 0 {
		t.Error("the observer saw nothing")
	}
}
