package benchmarks

import (
	"fmt"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
)

// A Stepper runs the steps of a workload, with nothing around them: no loader, metrics or log.
type Stepper struct {
	Workload
	model     *model.Model[float32]
	exec      *model.Exec[float32]
	loss      loss.Loss[float32]
	optimizer optim.Optimizer[float32]
	updates   []optim.RowUpdate[float32] // by parameter; that of all rows at once for one that is no table
	batches   []tensor.Batch[float32]
	first     []float32 // the weights before the first step
	done      int64     // steps since the start
	pred      []float32 // of the last step
}

// NewStepper returns a workload before its first step.
func NewStepper(w Workload) (*Stepper, error) {
	m, err := model.NewSequential(w.Input, w.Nodes()...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	if err := m.Init(seed); err != nil {
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	drawWeights(m)
	s := &Stepper{Workload: w, model: m, batches: drawBatches(w), first: append([]float32(nil), m.Weights()...)}
	if w.Loss == nil {
		s.exec = model.NewExec(m, w.Rows, false)
		return s, nil
	}
	s.exec, s.loss, s.optimizer = model.NewExec(m, w.Rows, true), w.Loss(), w.Optimizer()
	if err := s.loss.Build(m.Output(), w.Target); err != nil {
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	s.prepareUpdates()
	return s, nil
}

func (s *Stepper) prepareUpdates() {
	var rates []float64
	for _, r := range s.optimizer.Rates() {
		rates = append(rates, r.Value.Value)
	}
	for _, p := range s.model.Params() {
		u := optim.RowUpdate[float32]{Width: p.Shape.Last()}
		u.Param, u.Rates = p.Data, rates
		if !p.IsTable() {
			u.Grad = s.exec.Grads()[p.Offset : p.Offset+len(p.Data)]
		}
		for range s.optimizer.Slots() {
			u.Slots = append(u.Slots, kernel.Make[float32](len(p.Data)))
		}
		s.updates = append(s.updates, u)
	}
}

// Restart goes back to the first step.
func (s *Stepper) Restart() {
	s.done = 0
	copy(s.model.Weights(), s.first)
	for _, u := range s.updates {
		for _, slot := range u.Slots {
			clear(slot)
		}
	}
}

// Step runs one step on the next batch, in turn.
func (s *Stepper) Step() (float64, error) { return s.StepOn(int(s.done % int64(len(s.batches)))) }

// StepOn runs one step on a batch: forward, loss, backward and update, or forward alone. It returns the mean loss of
// the batch before the update, or 0.
func (s *Stepper) StepOn(batch int) (float64, error) {
	b := &s.batches[batch]
	pred, err := s.exec.Forward(b, s.loss != nil, model.Key{Seed: seed, Step: s.done}, 0)
	if err != nil {
		return 0, err
	}
	s.pred = pred
	s.done++
	if s.loss == nil {
		return 0, nil
	}
	sum, weight := s.loss.Eval(pred, b.Target, b.Rows, s.exec.DOut())
	if err := s.exec.Backward(); err != nil {
		return 0, err
	}
	for i := range s.updates {
		u := &s.updates[i]
		u.Step = s.done
		if g := s.exec.RowGrads()[i]; g != nil {
			u.Rows, u.Grad = g.Rows(), g.Grads()
			u.UpdateRows(s.optimizer)
		} else {
			s.optimizer.Update(&u.Update)
		}
	}
	s.exec.CommitStates()
	return sum / weight, nil
}

// Predictions returns what the network gave for the batch of the last step. Shape: [Rows output…].
func (s *Stepper) Predictions() []float32 { return s.pred }
