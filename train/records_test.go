package train_test

import (
	"math"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// line is y = v·(w·x + b) with v frozen, and everything that training it writes down, in plain scalars.
type line struct{ v, w, b float64 }

func (l line) predict(x float64) float64 { return l.v * (l.w*x + l.b) }

func (l line) loss(x, t []float64) (sum float64) {
	for i := range x {
		d := l.predict(x[i]) - t[i]
		sum += d * d
	}
	return sum
}

func (l line) penalty(strength float64) float64 { return strength * l.w * l.w }

// step returns the line after a step of plain descent, and the gradient's norm before it was clipped.
func (l line) step(x, t []float64, rate, strength, clip float64) (next line, norm float64) {
	dw, db := 2*strength*l.w, 0.0
	for i := range x {
		d := 2 * (l.predict(x[i]) - t[i]) / float64(len(x)) * l.v
		dw, db = dw+d*x[i], db+d
	}
	norm = math.Hypot(dw, db)
	scale := min(1, clip/(norm+1e-6))
	return line{l.v, l.w - rate*scale*dw, l.b - rate*scale*db}, norm
}

// TestRecords compares every record of a run with the scalars: the loss and its penalty, the norm before clipping, the
// ratio of the update, the means of the epochs, when it evaluates, and what is best. The frozen node keeps its weight
// and takes part in no penalty and no update.
func TestRecords(t *testing.T) {
	const rate, strength, clip = 0.1, 0.01, 4
	x, target := []float64{0.5, -1, 2, 1.5}, []float64{1, -2, 3, 0.5}
	evalX, evalT := []float64{1, -0.5, 0.25}, []float64{2, -1, 0}
	l := line{v: 2, w: -0.3, b: 0.1}
	s := lineSetup(t, l, x, target, evalX, evalT)
	s.Optimizer = optim.NewSGD[float64](optim.SGDConfig{LR: registry.Const(rate)})
	s.Regularizers = []train.Penalty[float64]{{Regularizer: optim.NewL2[float64](optim.L2Config{Strength: registry.Const(strength)}), Params: []string{"*/w"}}}
	s.Clip.Norm = clip
	res := trainAll(t, s, 0)

	var want []train.Record
	best, clipped := math.Inf(1), 0
	sum := 0.0
	for step := int64(1); step <= 6; step++ {
		i := 2 * int((step-1)%2)
		bx, bt := x[i:i+2], target[i:i+2]
		batchLoss := l.loss(bx, bt)
		sum += batchLoss
		next, norm := l.step(bx, bt, rate, strength, clip)
		if norm > clip {
			clipped++
		}
		if step%2 == 0 {
			ratio := math.Hypot(next.w-l.w, next.b-l.b) / math.Hypot(next.w, next.b)
			want = append(want, train.Record{
				Kind: "step", Loss: train.Number(batchLoss / 2), Penalty: number(l.penalty(strength)), LR: number(rate),
				GradNorm: number(norm), UpdateRatio: map[string]train.Number{"fc": train.Number(ratio)},
			})
		}
		l = next
		if step%2 == 0 {
			want = append(want, train.Record{Kind: "epoch", Loss: train.Number(sum / 4)})
			sum = 0
		}
		if step == 4 || step == 6 {
			evalLoss := l.loss(evalX, evalT) / 3
			want = append(want, train.Record{
				Kind: "eval", Loss: train.Number(evalLoss), Penalty: number(l.penalty(strength)), Best: evalLoss < best,
			})
			best = min(best, evalLoss)
		}
	}
	if clipped == 0 || clipped == 6 {
		t.Fatalf("%d of 6 steps were clipped: the test needs both", clipped)
	}
	h, err := train.ReadHistory(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	compareRecords(t, h.Records, want)
	if math.Abs(res.Best.Value-best) > 1e-12 {
		t.Errorf("the best evaluation is %v, want %v", res.Best.Value, best)
	}
	if v := s.Model.Params()[2].Data[0]; v != 2 {
		t.Errorf("the frozen weight is %v", v)
	}
}

// lineSetup is a run of three epochs of two steps, in order, that evaluates every second epoch.
func lineSetup(t *testing.T, l line, x, target, evalX, evalT []float64) train.Setup[float64] {
	t.Helper()
	set := func(x, y []float64) *data.Set {
		in, err := data.NewNumbers("x", tensor.Shape{1}, x, 1)
		if err != nil {
			t.Fatal(err)
		}
		out, err := data.NewNumbers("y", tensor.Shape{1}, y, 1)
		if err != nil {
			t.Fatal(err)
		}
		return &data.Set{Inputs: []data.Column{in}, Target: out}
	}
	m, err := model.NewSequential(tensor.Spec{Name: "x", Shape: tensor.Shape{1}},
		model.Node[float64]{Name: "fc", Layer: layers.NewDense[float64](layers.DenseConfig{Units: 1, Bias: true})},
		model.Node[float64]{Name: "head", Layer: layers.NewDense[float64](layers.DenseConfig{Units: 1})})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	for i, value := range []float64{l.w, l.b, l.v} {
		m.Params()[i].Data[0] = value
	}
	if err := m.Freeze("head/w"); err != nil {
		t.Fatal(err)
	}
	config := train.DefaultConfig()
	config.Epochs, config.BatchSize, config.Shuffle, config.EvalEvery, config.LogEvery = 3, 2, false, 2, 2
	return train.Setup[float64]{
		Model: m, Loss: loss.NewMSE[float64](loss.MSEConfig{}), Config: config, Dir: t.TempDir(),
		Train: set(x, target), Eval: set(evalX, evalT),
	}
}

func number(v float64) *train.Number {
	n := train.Number(v)
	return &n
}

func compareRecords(t *testing.T, got, want []train.Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d: %+v", len(got), len(want), got)
	}
	near := func(name string, i int, a, b *train.Number) {
		switch {
		case (a == nil) != (b == nil):
			t.Errorf("record %d: %s is %v, want %v", i, name, a, b)
		case a != nil && !(math.Abs(float64(*a-*b)) <= 1e-12*max(1, math.Abs(float64(*b)))):
			t.Errorf("record %d: %s is %v, want %v", i, name, *a, *b)
		}
	}
	for i := range want {
		g, w := got[i], want[i]
		if g.Kind != w.Kind || g.Best != w.Best || len(g.UpdateRatio) != len(w.UpdateRatio) {
			t.Errorf("record %d is %+v, want %+v", i, g, w)
			continue
		}
		near("loss", i, &g.Loss, &w.Loss)
		near("penalty", i, g.Penalty, w.Penalty)
		near("lr", i, g.LR, w.LR)
		near("grad_norm", i, g.GradNorm, w.GradNorm)
		for node, ratio := range w.UpdateRatio {
			r, ok := g.UpdateRatio[node]
			if !ok {
				t.Errorf("record %d has no ratio of %s: %v", i, node, g.UpdateRatio)
			}
			near("ratio of "+node, i, &r, &ratio)
		}
	}
}

// TestFrozenUnderAdamW moves no frozen parameter, though it decays.
func TestFrozenUnderAdamW(t *testing.T) {
	s := lineSetup(t, line{2, -0.3, 0.1}, []float64{1, 2, 3, 4}, []float64{1, 2, 3, 4}, []float64{1}, []float64{1})
	c := registry.Defaults[optim.AdamWConfig]()
	c.WeightDecay = registry.Const(0.5)
	s.Optimizer = optim.NewAdamW[float64](c)
	trainAll(t, s, 0)
	if v := s.Model.Params()[2].Data[0]; v != 2 {
		t.Errorf("the frozen weight is %v after decay", v)
	}
}
