package plots

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/strata-ml/strata/train"
)

var samples = flag.String("samples", "", "write sample figures into this directory, to look at")

// sampleRun describes a history that looks like that of a real run.
type sampleRun struct {
	name          string
	epochs, steps int // steps per epoch
	floor, speed  float64
	noise         float64
	seed          uint64
	lr            func(progress float64) float64
	noEval        bool
	overfit       float64
	nodes         []string
	resumes       []float64                  // epochs
	changes       map[float64][]train.Change // by epoch
	edit          func(*train.Record)
}

func number(f float64) *train.Number { n := train.Number(f); return &n }

func (s sampleRun) history() *train.History {
	r := rand.New(rand.NewPCG(s.seed, 7))
	h := &train.History{Name: s.name}
	total := s.epochs * s.steps
	best := math.Inf(1)
	add := func(rec train.Record) {
		if s.edit != nil {
			s.edit(&rec)
		}
		h.Records = append(h.Records, rec)
	}
	for step := 1; step <= total; step++ {
		epoch := float64(step) / float64(s.steps)
		for _, c := range s.changes[float64(step-1)/float64(s.steps)] {
			add(train.Record{Kind: train.ChangeRecord, Step: int64(step - 1), Epoch: train.Number(float64(step-1) / float64(s.steps)), Change: &c})
		}
		mean := (2.3-s.floor)*math.Exp(-epoch*s.speed) + s.floor
		rec := train.Record{Kind: train.StepRecord, Step: int64(step), Epoch: train.Number(epoch)}
		rec.Loss = train.Number(mean * math.Exp(s.noise*r.NormFloat64()))
		rec.GradNorm = number((0.4 + mean) * math.Exp(0.3*r.NormFloat64()))
		if s.lr != nil {
			rec.LR = number(s.lr(float64(step-1) / float64(total)))
		}
		for i, node := range s.nodes {
			if rec.UpdateRatio == nil {
				rec.UpdateRatio = map[string]train.Number{}
			}
			ratio := 4e-3 * math.Exp(-0.06*epoch-0.4*float64(i)+0.15*r.NormFloat64())
			rec.UpdateRatio[node] = train.Number(ratio)
		}
		add(rec)
		if step%s.steps != 0 {
			continue
		}
		accuracy := func(loss float64) map[string]train.Number {
			return map[string]train.Number{"accuracy": train.Number(math.Exp(-loss * 0.9))}
		}
		add(train.Record{
			Kind: train.EpochRecord, Step: int64(step), Epoch: train.Number(epoch),
			Loss: train.Number(mean), Metrics: accuracy(mean),
		})
		if s.noEval {
			continue
		}
		eval := mean*1.05 + 0.03 + s.overfit*epoch*epoch + 0.004*r.NormFloat64()
		add(train.Record{
			Kind: train.EvalRecord, Step: int64(step), Epoch: train.Number(epoch),
			Loss: train.Number(eval), Metrics: accuracy(eval), Best: eval < best,
		})
		best = math.Min(best, eval)
	}
	for _, e := range s.resumes {
		h.Marks = append(h.Marks, train.Mark{
			Kind: train.ResumeMark, Step: int64(e * float64(s.steps)), Epoch: train.Number(e),
		})
	}
	return h
}

func constantRate(float64) float64 { return 0.1 }

func steppedRate(n int) func(float64) float64 {
	return func(p float64) float64 { return 0.1 * math.Pow(0.1, math.Floor(p*float64(n)+1e-9)) }
}

func cosineRate(p float64) float64 {
	const warm = 0.05
	if p < warm {
		return 0.1 * p / warm
	}
	return 0.05 * (1 + math.Cos(math.Pi*(p-warm)/(1-warm)))
}

func sampleRuns() []sampleRun {
	many := make([]string, 12)
	for i := range many {
		many[i] = fmt.Sprintf("block%d", i+1)
	}
	return []sampleRun{
		{name: "short", epochs: 5, steps: 60, floor: 0.2, speed: 0.6, noise: 0.12, seed: 1, lr: constantRate, nodes: []string{"fc1", "fc2"}},
		{name: "one-epoch", epochs: 1, steps: 400, floor: 0.3, speed: 3, noise: 0.15, seed: 2, lr: constantRate},
		{name: "mnist-mlp", epochs: 20, steps: 100, floor: 0.05, speed: 0.25, noise: 0.18, seed: 3, lr: steppedRate(2), overfit: 0.0006, nodes: []string{"fc1", "fc2", "head"}},
		{name: "long", epochs: 40, steps: 500, floor: 0.02, speed: 0.15, noise: 0.3, seed: 4, lr: cosineRate, overfit: 0.0001, nodes: many},
		{name: "steps-and-resumes", epochs: 30, steps: 80, floor: 0.04, speed: 0.2, noise: 0.2, seed: 5, lr: steppedRate(3), resumes: []float64{4.5, 17, 22.25}, nodes: []string{"conv1", "conv2", "conv3", "fc1", "fc2", "head"}},
		{name: "many-events", epochs: 30, steps: 80, floor: 0.04, speed: 0.2, noise: 0.2, seed: 6, lr: func(p float64) float64 { return 0.1 * math.Pow(0.85, math.Floor(p*30+1e-9)) }, resumes: []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11.5, 12}},
		{name: "gaps", epochs: 12, steps: 100, floor: 0.1, speed: 0.3, noise: 0.15, seed: 7, lr: constantRate, edit: func(r *train.Record) {
			if r.Step > 350 && r.Step < 480 || r.Step > 900 && r.Step < 920 {
				r.Loss = train.Number(math.NaN())
			}
			if r.Step%97 == 0 {
				r.Loss = 0
			}
		}},
		{name: "changed", epochs: 30, steps: 80, floor: 0.04, speed: 0.2, noise: 0.2, seed: 5, lr: func(p float64) float64 {
			if p < 0.35 {
				return 0.1
			}
			return 0.02
		}, resumes: []float64{10.5, 11, 20, 29}, changes: map[float64][]train.Change{
			10.5: {{Key: "optimizer.lr", From: "0.1", To: "0.02"}},
			11:   {{Key: "clip.norm", From: "0", To: "1"}, {Key: "early_stopping", From: "", To: "{metric: loss, patience: 20, min_delta: 0}"}},
			20:   {{Key: "data reviews/train.csv", From: "1", To: "2"}},
			29:   {{Key: "optimizer.lr", From: "0.02", To: "{type: cosine, start: 0.02, end: 0}"}},
		}},
		{name: "noisy", epochs: 8, steps: 300, floor: 0.8, speed: 0.1, noise: 0.6, seed: 8, lr: constantRate},
		{name: "narrow", epochs: 15, steps: 50, floor: 2.2, speed: 0.2, noise: 0.002, seed: 9, lr: constantRate},
	}
}

// TestSamples writes figures for a person to look at: go test ./plots -run Samples -samples DIR.
func TestSamples(t *testing.T) {
	if *samples == "" {
		t.Skip("needs -samples DIR")
	}
	for _, s := range sampleRuns() {
		if _, err := WriteRun(s.history(), filepath.Join(*samples, s.name), Options{}); err != nil {
			t.Fatal(err)
		}
	}
	small := Options{Formats: []string{PNG}, Width: 8, Height: 5}
	if _, err := WriteRun(sampleRuns()[4].history(), filepath.Join(*samples, "small"), small); err != nil {
		t.Fatal(err)
	}
	var compared []*train.History
	for i, s := range []sampleRun{
		{name: "mlp-128", epochs: 20, steps: 100, floor: 0.12, speed: 0.25},
		{name: "mlp-512-dropout", epochs: 14, steps: 100, floor: 0.07, speed: 0.3, overfit: 0.0005},
		{name: "lenet-5", epochs: 20, steps: 50, floor: 0.03, speed: 0.4},
		{name: "linear (no eval)", epochs: 9, steps: 100, floor: 0.3, speed: 0.5, noEval: true},
	} {
		s.seed, s.noise = uint64(i), 0.2
		compared = append(compared, s.history())
	}
	if _, err := Compare(compared, filepath.Join(*samples, "compare"), Options{}); err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		compared = append(compared, sampleRun{
			name: fmt.Sprintf("sweep-lr-%g", 0.001*math.Pow(2, float64(i))), epochs: 16, steps: 30,
			floor: 0.1 + 0.05*float64(i), speed: 0.2, noise: 0.1, seed: uint64(i),
		}.history())
	}
	if _, err := Compare(compared, filepath.Join(*samples, "compare-13"), Options{}); err != nil {
		t.Fatal(err)
	}
}
