package train

import (
	"errors"
	"fmt"
	"slices"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
)

// Debug is what a run checks of itself, at a cost. The zero Debug checks nothing and costs nothing.
type Debug struct {
	GradientCheck *GradientCheck `doc:"compare the gradients with numeric ones, as check --gradients does, while training: a block with every and samples; without it, never" class:"extend"`
}

// GradientCheck is when, and how closely, a run compares its gradients with numeric ones.
type GradientCheck struct {
	Every   int64 `doc:"steps between checks, of which the first is at the first step" is:">=1" class:"extend"`
	Samples int   `doc:"elements of each parameter to check" is:">=1" class:"extend"`
}

// DefaultGradientCheck is the GradientCheck of a block that sets nothing.
func DefaultGradientCheck() GradientCheck { return GradientCheck{Every: 100, Samples: 10} }

// GradientRows is how many rows of a batch a gradient is checked on: a wrong derivative shows on few rows as on many.
const GradientRows = 8

// A Reference is the model, the loss and the penalties of a run once more, in float64: what gradients are checked on. The model has the
// graph of the run's own, with the same parameters frozen. It is initialized; the run gives it its own numbers before
// each check.
type Reference struct {
	Model *model.Model[float64]
	Loss  loss.Loss[float64]

	Regularizers []Penalty[float64] // those that act on outputs of nodes
}

// A CheckedGradient is the worst element of a gradient check, in a GradientRecord.
type CheckedGradient struct {
	OK       bool   `json:"ok"`
	Checked  int    `json:"checked"` // elements of all parameters
	Param    string `json:"param"`
	Element  int    `json:"element"`
	Backprop Number `json:"backprop"`
	Numeric  Number `json:"numeric"`
	Error    Number `json:"error"` // of the worst element, relative as in model.ParamGradient
}

// prepareCheck builds the loss of the reference, and returns an error where the reference does not fit the run.
func (r *Run[T]) prepareCheck() error {
	if r.s.Debug.GradientCheck == nil {
		return nil
	}
	ref := r.s.Reference
	if ref == nil || ref.Model == nil || ref.Loss == nil {
		return errors.New("gradient check: it needs a reference, the model and the loss in float64")
	}
	own, twin := r.s.Model, ref.Model
	sameName := func(a, b model.NodeInfo) bool { return a.Name == b.Name }
	if !slices.EqualFunc(own.Nodes(), twin.Nodes(), sameName) || len(twin.Weights()) != len(own.Weights()) ||
		len(twin.Params()) != len(own.Params()) || len(twin.States()) != len(own.States()) {
		return errors.New("gradient check: the reference is another model than that of the run")
	}
	for i, p := range own.Params() {
		if q := twin.Params()[i]; p.Path != q.Path || !p.Shape.Equal(q.Shape) || p.Frozen != q.Frozen {
			return fmt.Errorf("gradient check: the reference has %s %v in place of %s %v", q.Path, q.Shape, p.Path, p.Shape)
		}
	}
	var err error
	if r.checked, err = newActivityPenalties(twin, ref.Regularizers); err != nil {
		return err
	}
	return ref.Loss.Build(twin.Output(), r.s.Train.Target.Spec())
}

// checkGradients compares the gradients of the step that is to come with numeric ones, where it is time to: on the first
// rows of its batch and a copy of the model, so that it changes nothing of the run. What it finds goes into the log; a
// wrong gradient is a *model.GradientError.
func (r *Run[T]) checkGradients(b *tensor.Batch[T]) error {
	c := r.s.Debug.GradientCheck
	if c == nil || r.state.Step%c.Every != 0 {
		return nil
	}
	r.part = "gradient check"
	twin := r.s.Reference.Model
	widen(twin.Weights(), r.s.Model.Weights())
	for i, s := range r.s.Model.States() {
		widen(twin.States()[i].Data, s.Data)
	}
	key := model.Key{Seed: r.s.Seed, Step: r.state.Step}
	if err := r.checked.resolve(r.progress(r.state.Step)); err != nil {
		return err
	}
	report, err := model.CheckGradients(twin, r.s.Reference.Loss, r.firstRows(b), key, c.Samples, r.checked.list...)
	if errors.Is(err, model.ErrNonFiniteLoss) {
		return nil // the step itself says where that comes from
	}
	if err != nil {
		return fmt.Errorf("gradient check: %w", err)
	}
	if len(report.Params) == 0 {
		return nil
	}
	worst := report.Worst()
	rec := Record{Kind: GradientRecord, Step: r.state.Step, Epoch: r.epoch(), Loss: Number(report.Loss), Gradient: &CheckedGradient{
		OK: report.OK(), Param: worst.Path, Element: worst.Index,
		Backprop: Number(worst.Backprop), Numeric: Number(worst.Numeric), Error: Number(worst.Error),
	}}
	for _, p := range report.Params {
		rec.Gradient.Checked += p.Checked
	}
	r.log.write(rec)
	r.notify(&GradientsChecked{rec})
	if err := report.Err(); err != nil {
		return fmt.Errorf("step %d: %w", r.state.Step, err)
	}
	return nil
}

// firstRows returns a copy in float64 of the first rows of a batch.
func (r *Run[T]) firstRows(b *tensor.Batch[T]) *tensor.Batch[float64] {
	rows := min(b.Rows, GradientRows)
	out := &tensor.Batch[float64]{Rows: rows}
	cut := func(v tensor.Values[T], s tensor.Spec) tensor.Values[float64] {
		n := rows * s.Shape.Size()
		if s.IsIndex() {
			return tensor.Values[float64]{Ints: append([]int32{}, v.Ints[:n]...)}
		}
		floats := make([]float64, n)
		widen(floats, v.Floats[:n])
		return tensor.Values[float64]{Floats: floats}
	}
	for i, spec := range r.s.Model.Inputs() {
		out.Inputs = append(out.Inputs, cut(b.Inputs[i], spec))
	}
	out.Target = cut(b.Target, r.s.Train.Target.Spec())
	if b.Weights != nil {
		out.Weights = make([]float64, rows)
		widen(out.Weights, b.Weights[:rows])
	}
	return out
}

func widen[T tensor.Float](dst []float64, src []T) {
	for i, v := range src {
		dst[i] = float64(v)
	}
}
