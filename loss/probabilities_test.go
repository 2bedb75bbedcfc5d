package loss_test

import (
	"math"
	"testing"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/tensor"
)

func TestProbabilities(t *testing.T) {
	tests := []struct {
		loss  loss.Loss[float64]
		shape tensor.Shape
		want  []float64
	}{
		{loss.NewSoftmaxCrossEntropy[float64](loss.SoftmaxCrossEntropyConfig{}), tensor.Shape{2}, []float64{0.25, 0.75, 0.5, 0.5}},
		{loss.NewBinaryCrossEntropy[float64](loss.BinaryCrossEntropyConfig{}), tensor.Shape{1}, []float64{0.5, 0.75, 0.9, 0.9}},
	}
	logits := [][]float64{{0, math.Log(3), 1000, 1000}, {0, math.Log(3), math.Log(9), math.Log(9)}}
	for i, tt := range tests {
		pred := logits[i]
		tt.loss.(loss.Probabilistic[float64]).Probabilities(pred, tt.shape)
		for j, want := range tt.want {
			if math.Abs(pred[j]-want) > 1e-15 {
				t.Errorf("%T: probability %d is %v, want %v", tt.loss, j, pred[j], want)
			}
		}
	}
}
