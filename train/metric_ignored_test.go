package train_test

import (
	"errors"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// classMetrics are the metrics of classes, with a tag of tags to find.
func classMetrics() map[string]metric {
	return map[string]metric{
		"accuracy": accuracy(), "top_k": topK(2), "macro_f1": macroF1(),
		"token_f1":        train.NewTokenF1[float64](train.TokenF1Config{Tags: []string{"loc"}}),
		"token_f1, tuned": train.NewTokenF1[float64](train.TokenF1Config{Tags: []string{"loc"}, Tune: true}),
		"entity_f1":       train.NewEntityF1[float64](train.EntityF1Config{}),
	}
}

// TestMetricsPassOverIgnoredTargets scores rows of which some are ignored, by a class or by a number that is none, and the
// others alone.
func TestMetricsPassOverIgnoredTargets(t *testing.T) {
	predicted := tagsOf("Bp Ip Ip O O Bl Il Bl")
	for _, ignored := range []int{-100, 5} {
		k := int32(ignored)
		gold := []int32{0, k, 1, k, 4, 2, k, 2}
		var counted, said []int32
		for i, g := range gold {
			if g != k {
				counted, said = append(counted, g), append(said, predicted[i])
			}
		}
		for name, m := range classMetrics() {
			value := func(spec tensor.Spec, said, gold []int32) float64 {
				n, err := m.Build(tensor.Shape{len(tags)}, spec)
				if err != nil {
					t.Fatal(err)
				}
				sums := make([]float64, n)
				m.Add(sums, scoresFor(len(tags), said...), classes(gold...), len(gold))
				if s, ok := m.(train.SequenceMetric[float64]); ok {
					s.EndSequence(sums)
				}
				return m.Value(sums)
			}
			spec := tensor.Spec{Classes: len(tags), Labels: tags}
			want := value(spec, said, counted)
			spec.Ignored = &ignored
			if got := value(spec, predicted, gold); got != want || !(want > 0) {
				t.Errorf("%s, %d ignored: got %v, and %v of the other rows alone", name, ignored, got, want)
			}
		}
	}
}

// TestEvaluationIgnoresWhatTheLossIgnores evaluates with losses that leave a class out.
func TestEvaluationIgnoresWhatTheLossIgnores(t *testing.T) {
	k := 2
	for name, l := range map[string]loss.Loss[float64]{
		"softmax_cross_entropy": loss.NewSoftmaxCrossEntropy[float64](loss.SoftmaxCrossEntropyConfig{IgnoreIndex: &k}),
		"nll":                   loss.NewNLL[float64](loss.NLLConfig{IgnoreIndex: &k}),
		"hinge":                 loss.NewHinge[float64](loss.HingeConfig{MarginConfig: loss.MarginConfig{Margin: 1, IgnoreIndex: &k}}),
	} {
		rec, err := evaluateIndices(t, l, []int32{0, 2, 1, 2}, 0, 0, 0, 0)
		if err != nil || rec.Metrics["accuracy"] != 0.5 {
			t.Errorf("%s: accuracy %v, %v", name, rec.Metrics["accuracy"], err)
		}
	}
}

// unchecked is a column of classes that does not keep to its spec.
type unchecked struct{ data.Column }

func (unchecked) Int32(dst []int32, rows []int) {
	for i := range dst {
		dst[i] = 7
	}
}

// TestEvaluationOfWrongTargets: a source that gives classes that there are none of ends an evaluation with an error.
func TestEvaluationOfWrongTargets(t *testing.T) {
	l := loss.NewSoftmaxCrossEntropy[float64](loss.SoftmaxCrossEntropyConfig{})
	_, err := evaluateIndices(t, l, nil, 0)
	if e, ok := errors.AsType[*loss.TargetError](err); !ok || e.Target != 7 {
		t.Errorf("got %v", err)
	}
}

// evaluateIndices scores predicted classes of three against targets; nil stands for unchecked ones.
func evaluateIndices(t *testing.T, l loss.Loss[float64], targets []int32, predicted ...int32) (train.Record, error) {
	t.Helper()
	x, err := data.NewNumbers("x", tensor.Shape{3}, scoresFor(3, predicted...), 1)
	if err != nil {
		t.Fatal(err)
	}
	var y data.Column
	if y, err = data.NewIndices("y", nil, 3, append(targets, make([]int32, len(predicted)-len(targets))...)); err != nil {
		t.Fatal(err)
	}
	if targets == nil {
		y = unchecked{y}
	}
	m, err := model.NewSequential(tensor.Spec{Name: "x", Shape: tensor.Shape{3}},
		model.Node[float64]{Name: "same", Layer: layers.NewFlatten[float64](layers.FlattenConfig{})})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	return train.Evaluate(m, l, []train.NamedMetric[float64]{{Name: "accuracy", Metric: accuracy()}}, &data.Set{Inputs: []data.Column{x}, Target: y}, 4)
}
