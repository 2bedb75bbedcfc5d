package train

import (
	"fmt"
	"testing"
	"time"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// stateOf is a run whose parameters and momenta have about so many bytes.
func stateOf(b *testing.B, bytes int) *Run[float32] {
	b.Helper()
	const inputs = 1000
	units := bytes / 2 / 4 / inputs
	x, err := data.NewNumbers("x", tensor.Shape{inputs}, make([]float64, inputs), 1)
	if err != nil {
		b.Fatal(err)
	}
	y, err := data.NewNumbers("y", tensor.Shape{units}, make([]float64, units), 1)
	if err != nil {
		b.Fatal(err)
	}
	m, err := model.NewSequential(tensor.Spec{Shape: tensor.Shape{inputs}},
		model.Node[float32]{Name: "out", Layer: layers.NewDense[float32](layers.DenseConfig{Units: units})})
	if err != nil {
		b.Fatal(err)
	}
	m.Init(1)
	r, err := New(Setup[float32]{
		Model: m, Loss: loss.NewMSE[float32](loss.MSEConfig{}),
		Optimizer: optim.NewSGD[float32](optim.SGDConfig{LR: registry.Const(0.1), Momentum: registry.Const(0.9)}),
		Train:     &data.Set{Inputs: []data.Column{x}, Target: y}, Dir: b.TempDir(),
	})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// BenchmarkSaveStall is what a save in the background costs the goroutine that trains (stall-ms), beside one plain copy of
// the same bytes (copy-ms), which is just before it and just after it in turn, and what the durable save takes beside it
// (save-ms).
func BenchmarkSaveStall(b *testing.B) {
	for _, megabytes := range []int{100, 300} {
		b.Run(fmt.Sprintf("%dMB", megabytes), func(b *testing.B) {
			r := stateOf(b, megabytes*1e6)
			if err := r.openLogs(); err != nil {
				b.Fatal(err)
			}
			var copied, stalled, saved time.Duration
			n := 0
			copyAll := func() {
				began := time.Now()
				for i, t := range r.tensors() {
					copy(r.copies[i].data, t.data)
				}
				copied += time.Since(began)
			}
			for b.Loop() {
				if n%2 == 0 {
					copyAll()
				}
				began := time.Now()
				if err := r.saveOrReport(); err != nil {
					b.Fatal(err)
				}
				stalled += time.Since(began)
				s := r.saves.underway
				<-s.done
				if err := r.acknowledgeSave(); err != nil || s.err != nil {
					b.Fatal(err, s.err)
				}
				saved += s.took
				if n%2 == 1 {
					copyAll()
				}
				r.state.Step++
				n++
			}
			if err := r.closeLogs(Result{}, nil); err != nil {
				b.Fatal(err)
			}
			ms := func(d time.Duration) float64 { return d.Seconds() * 1e3 / float64(n) }
			b.ReportMetric(ms(copied), "copy-ms")
			b.ReportMetric(ms(stalled), "stall-ms")
			b.ReportMetric(ms(saved), "save-ms")
			b.ReportMetric(float64(stalled)/float64(copied), "stall/copy")
		})
	}
}
