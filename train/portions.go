package train

import (
	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
)

// portions computes the gradient of a batch in several portions of its rows, one after the other, and sums them.
//
// The gradient that a portion of weight v gives is that of its mean loss. That of the batch, of rows R and weight W, is
//
//	Σ v·g / W = R/W · Σ (v/R)·g
//
// so the gradient of each loss is scaled by v/R, and the sum by R/W, which is 1 unless examples weigh unequally.
type portions[T tensor.Float] struct {
	rows  int             // of a portion
	batch tensor.Batch[T] // the portion under way
	sum   []T             // of the gradients of those before; nil where a batch has one portion
}

// PortionRows returns how many rows of a batch are computed at a time.
func (c Config) PortionRows(batch int) int {
	return (batch + c.Accumulate - 1) / c.Accumulate
}

// preparePortions makes what sums the gradients. The tables have sums of their own.
func (r *Run[T]) preparePortions() {
	p := &r.portions
	p.rows = r.exec.Capacity()
	p.batch.Inputs = make([]tensor.Values[T], len(r.s.Model.Inputs()))
	if r.s.Config.Accumulate > 1 {
		p.sum = kernel.Make[T](len(r.exec.Grads()))
	}
}

// portion returns the rows of a batch from first on, as many as a portion has.
func (r *Run[T]) portion(b *tensor.Batch[T], first int) *tensor.Batch[T] {
	p := &r.portions
	if b.Rows <= p.rows {
		return b
	}
	p.batch.Rows = min(p.rows, b.Rows-first)
	for i, in := range r.s.Model.Inputs() {
		p.batch.Inputs[i] = rowsOf(b.Inputs[i], in.Shape.Size(), first, p.batch.Rows)
	}
	p.batch.Target = rowsOf(b.Target, r.s.Train.Target.Spec().Shape.Size(), first, p.batch.Rows)
	if b.Weights != nil {
		p.batch.Weights = b.Weights[first : first+p.batch.Rows]
	}
	return &p.batch
}

// rowsOf returns n rows of size elements from first on.
func rowsOf[T tensor.Float](v tensor.Values[T], size, first, n int) (part tensor.Values[T]) {
	if v.Floats != nil {
		part.Floats = v.Floats[first*size : (first+n)*size]
	}
	if v.Ints != nil {
		part.Ints = v.Ints[first*size : (first+n)*size]
	}
	return part
}

// backpropagate computes the loss of a batch, and its gradient for the parameters, and takes the predictions into the
// scores. Its results are those of loss.Eval for the whole batch.
func (r *Run[T]) backpropagate(b *tensor.Batch[T], key model.Key) (sum, weight float64, err error) {
	for first := 0; first < b.Rows; first += r.portions.rows {
		p := r.portion(b, first)
		pred, err := r.exec.Forward(p, true, key, first)
		if err != nil {
			return 0, 0, err
		}
		r.part = "loss"
		s, w := loss.Eval(r.s.Loss, pred, p, r.exec.DOut())
		sum, weight = sum+s, weight+w
		if isFinite(s) {
			r.part = "metric"
			r.score.add(s, w, pred, p)
		}
		switch {
		case p == b:
		case w == 0: // a mean over nothing, which has no gradient
			clear(r.exec.DOut())
		default:
			tensor.Scale(T(w/float64(b.Rows)), r.exec.DOut())
		}
		if err := r.exec.Backward(); err != nil {
			return 0, 0, err
		}
		scale := 1.0
		if weight != 0 { // otherwise no target counts, and the gradient is 0
			scale = float64(b.Rows) / weight
		}
		r.accumulate(first == 0, first+p.Rows == b.Rows, scale)
	}
	return sum, weight, nil
}

// accumulate takes the gradients of a portion into the sum. After the last one the gradients of the Exec are the sum,
// times scale, and the tables have theirs.
func (r *Run[T]) accumulate(first, last bool, scale float64) {
	p := &r.portions
	if p.sum == nil {
		return
	}
	grads := r.exec.Grads()
	for _, t := range r.tables {
		if first {
			t.from.Clear()
		}
		t.from.Add(t.exec.Rows(), t.exec.Grads())
	}
	switch {
	case first && last:
		return
	case first:
		tensor.Copy(p.sum, grads)
	case last:
		tensor.AddTo(grads, p.sum)
		if scale != 1 {
			tensor.Scale(T(scale), grads)
			for _, t := range r.tables {
				tensor.Scale(T(scale), t.from.Grads())
			}
		}
		return
	default:
		tensor.AddTo(p.sum, grads)
	}
	r.exec.CommitStates() // a portion is a batch to a layer with a running mean
}
