package layerstest_test

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"unsafe"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Each layer of this file embeds a correct one and has one flaw.

func init() {
	add[addsDX[float32], addsDX[float64]]("flawed_adds_dx")
	add[setsDW[float32], setsDW[float64]]("flawed_sets_dw")
	add[forgetsToSet[float32], forgetsToSet[float64]]("flawed_forgets_to_set")
	add[wrongDerivative[float32], wrongDerivative[float64]]("flawed_wrong_derivative")
	add[wrongParamDerivative[float32], wrongParamDerivative[float64]]("flawed_wrong_param_derivative")
	add[lastUnwritten[float32], lastUnwritten[float64]]("flawed_last_unwritten")
	add[lastGradientUnwritten[float32], lastGradientUnwritten[float64]]("flawed_last_gradient_unwritten")
	add[writesIn[float32], writesIn[float64]]("flawed_writes_in")
	add[writesDOut[float32], writesDOut[float64]]("flawed_writes_dout")
	add[writesParam[float32], writesParam[float64]]("flawed_writes_param")
	add[writesState[float32], writesState[float64]]("flawed_writes_state")
	add[readsOldScratch[float32], readsOldScratch[float64]]("flawed_reads_old_scratch")
	add[allocates[float32], allocates[float64]]("flawed_allocates")
	add[cachesSlice[float32], cachesSlice[float64]]("flawed_caches_slice")
	add[cachesMode[float32], cachesMode[float64]]("flawed_caches_mode")
	add[ignoresTrain[float32], ignoresTrain[float64]]("flawed_ignores_train")
	add[tracksWhileEvaluating[float32], tracksWhileEvaluating[float64]]("flawed_tracks_while_evaluating")
	add[skipsNextState[float32], skipsNextState[float64]]("flawed_skips_next_state")
	add[falseReads[float32], falseReads[float64]]("flawed_false_reads")
	add[pastTheEnd[float32], pastTheEnd[float64]]("flawed_past_the_end")
	add[pastTheWorkspace[float32], pastTheWorkspace[float64]]("flawed_past_the_workspace")
	add[float32Only[float32], float32Only[float64]]("flawed_float32_only")
	add[readsNextRow[float32], readsNextRow[float64]]("flawed_reads_next_row")
	add[randomByRowOfBatch[float32], randomByRowOfBatch[float64]]("flawed_random_by_row_of_batch")
	add[panicsInBuild[float32], panicsInBuild[float64]]("flawed_panics_in_build")
	add[ignoresSecondInput[float32], ignoresSecondInput[float64]]("flawed_ignores_second_input")
	add[ownRandom[float32], ownRandom[float64]]("flawed_own_random")
	add[countsSteps[float32], countsSteps[float64]]("flawed_counts_steps")
	add[splitsByProcessors[float32], splitsByProcessors[float64]]("flawed_splits_by_processors")
	add[hidesNaN[float32], hidesNaN[float64]]("flawed_hides_nan")
	add[hidesNaNBackward[float32], hidesNaNBackward[float64]]("flawed_hides_nan_backward")
	add[failsOnEmpty[float32], failsOnEmpty[float64]]("flawed_fails_on_empty")
	add[skipsDW[float32], skipsDW[float64]]("flawed_skips_dw")
	add[oddTail[float32], oddTail[float64]]("flawed_odd_tail")
	add[unknownInitializer[float32], unknownInitializer[float64]]("flawed_unknown_initializer")
	add[refusesEverything[float32], refusesEverything[float64]]("flawed_refuses_everything")
	add[sharesMemory[float32], sharesMemory[float64]]("flawed_shares_memory")
	addConfigured("flawed_refuses_its_defaults", positiveRate{})
	addConfigured("flawed_forgets_a_key", twoFieldsOneKey{})
}

// addConfigured registers the correct layer with a configuration that is flawed.
func addConfigured[C any](name string, defaults C) {
	layers.Register(name, defaults,
		func(C) layers.Layer[float32] { return new(reference[float32]) },
		func(C) layers.Layer[float64] { return new(reference[float64]) })
}

// The default of zero breaks the rule.
type positiveRate struct {
	Rate float64 `is:">0"`
}

// Two fields have one key: the first is written, and never read.
type twoFieldsOneKey struct {
	Rate  float64
	Rates float64 `key:"rate"`
}

type addsDX[T tensor.Float] struct{ reference[T] }

func (l *addsDX[T]) Backward(f *layers.Frame[T]) {
	x, w, dy, dx, dw := f.In(0), f.Param(l.w), f.DOut(), f.DIn(0), f.DParam(l.w)
	for i := range x {
		dx[i] += 2 * dy[i] * w[i%l.n] * x[i]
		dw[i%l.n] += dy[i] * x[i] * x[i]
	}
}

type setsDW[T tensor.Float] struct{ reference[T] }

func (l *setsDW[T]) Backward(f *layers.Frame[T]) {
	clear(f.DParam(l.w))
	l.reference.Backward(f)
}

type forgetsToSet[T tensor.Float] struct{ reference[T] }

func (l *forgetsToSet[T]) Build(b *layers.Builder[T]) error {
	err := l.reference.Build(b)
	if err == nil {
		b.SetsDParam(l.w)
	}
	return err
}

type wrongDerivative[T tensor.Float] struct{ reference[T] }

func (l *wrongDerivative[T]) Backward(f *layers.Frame[T]) {
	l.reference.Backward(f)
	tensor.Scale(1.0001, f.DIn(0))
}

type wrongParamDerivative[T tensor.Float] struct{ reference[T] }

func (l *wrongParamDerivative[T]) Backward(f *layers.Frame[T]) {
	l.reference.Backward(f)
	tensor.AddTo(f.DParam(l.w), f.DOut()[:l.n*min(f.Rows, 1)])
}

type lastUnwritten[T tensor.Float] struct{ reference[T] }

func (l *lastUnwritten[T]) Forward(f *layers.Frame[T]) {
	n := len(f.Out())
	if n == 0 {
		return
	}
	was := f.Out()[n-1]
	l.reference.Forward(f)
	f.Out()[n-1] = was
}

type lastGradientUnwritten[T tensor.Float] struct{ reference[T] }

func (l *lastGradientUnwritten[T]) Backward(f *layers.Frame[T]) {
	n := len(f.DIn(0))
	if n == 0 {
		return
	}
	was := f.DIn(0)[n-1]
	l.reference.Backward(f)
	f.DIn(0)[n-1] = was
}

type writesIn[T tensor.Float] struct{ reference[T] }

func (l *writesIn[T]) Forward(f *layers.Frame[T]) {
	l.reference.Forward(f)
	tensor.Scale(2, f.In(0))
}

type writesDOut[T tensor.Float] struct{ reference[T] }

func (l *writesDOut[T]) Backward(f *layers.Frame[T]) {
	l.reference.Backward(f)
	clear(f.DOut())
}

type writesParam[T tensor.Float] struct{ reference[T] }

func (l *writesParam[T]) Backward(f *layers.Frame[T]) {
	l.reference.Backward(f)
	tensor.Axpy(-0.1, f.DParam(l.w), f.Param(l.w))
}

type writesState[T tensor.Float] struct{ mean[T] }

func (l *writesState[T]) Forward(f *layers.Frame[T]) {
	l.mean.Forward(f)
	if f.Train {
		copy(f.State(l.running), f.NextState(l.running))
	}
}

type readsOldScratch[T tensor.Float] struct{ noise[T] }

func (l *readsOldScratch[T]) Forward(f *layers.Frame[T]) {
	was := f.Scratch(l.r)
	for i, x := range f.In(0) {
		f.Out()[i] = x + was[i]
	}
	fillWith(was, 1)
}

type allocates[T tensor.Float] struct{ reference[T] }

func (l *allocates[T]) Forward(f *layers.Frame[T]) {
	xx := make([]T, len(f.In(0)))
	tensor.Mul(xx, f.In(0), f.In(0))
	for i := range xx {
		f.Out()[i] = xx[i] * f.Param(l.w)[i%l.n]
	}
}

type cachesSlice[T tensor.Float] struct {
	reference[T]
	x []T
}

func (l *cachesSlice[T]) Forward(f *layers.Frame[T]) {
	l.x = f.In(0)
	l.reference.Forward(f)
}

func (l *cachesSlice[T]) Backward(f *layers.Frame[T]) {
	w, dw := f.Param(l.w), f.DParam(l.w)
	for i, dy := range f.DOut() {
		x := l.x[i%len(l.x)]
		f.DIn(0)[i] = 2 * dy * w[i%l.n] * x
		dw[i%l.n] += dy * x * x
	}
}

type cachesMode[T tensor.Float] struct {
	mean[T]
	train bool
}

func (l *cachesMode[T]) Forward(f *layers.Frame[T]) {
	l.train = f.Train
	l.mean.Forward(f)
}

func (l *cachesMode[T]) Backward(f *layers.Frame[T]) {
	frame := *f
	frame.Train = l.train
	l.mean.Backward(&frame)
}

type ignoresTrain[T tensor.Float] struct{ noise[T] }

func (l *ignoresTrain[T]) Forward(f *layers.Frame[T]) {
	for i, x := range f.In(0) {
		r := T(f.Rand(i / l.n).Float64(i % l.n))
		f.Out()[i], f.Scratch(l.r)[i] = x*r, r
	}
}

type tracksWhileEvaluating[T tensor.Float] struct{ mean[T] }

func (l *tracksWhileEvaluating[T]) Forward(f *layers.Frame[T]) {
	l.mean.Forward(f)
	copy(f.NextState(l.running), f.State(l.running))
}

type skipsNextState[T tensor.Float] struct{ mean[T] }

func (l *skipsNextState[T]) Forward(f *layers.Frame[T]) {
	was := f.NextState(l.running)[0]
	l.mean.Forward(f)
	f.NextState(l.running)[0] = was
}

type falseReads[T tensor.Float] struct{ reference[T] }

func (l *falseReads[T]) Build(b *layers.Builder[T]) error {
	err := l.reference.Build(b)
	b.BackwardReads(false, false)
	return err
}

// A frame cuts its slices to their length, so that only unsafe code leaves them.
type pastTheEnd[T tensor.Float] struct{ reference[T] }

func (l *pastTheEnd[T]) Forward(f *layers.Frame[T]) {
	l.reference.Forward(f)
	y := f.Out()
	unsafe.Slice(unsafe.SliceData(y), len(y)+1)[len(y)] = 1
}

type pastTheWorkspace[T tensor.Float] struct{ reference[T] }

func (l *pastTheWorkspace[T]) Backward(f *layers.Frame[T]) {
	l.reference.Backward(f)
	_ = append(f.Workspace(l.xx), 1)
}

type float32Only[T tensor.Float] struct{ reference[T] }

func (l *float32Only[T]) Forward(f *layers.Frame[T]) {
	l.reference.Forward(f)
	if _, ok := any(f.Out()).([]float32); ok {
		tensor.Scale(1.01, f.Out())
	}
}

type readsNextRow[T tensor.Float] struct{ reference[T] }

func (l *readsNextRow[T]) Forward(f *layers.Frame[T]) {
	l.reference.Forward(f)
	for i := range max(0, len(f.Out())-l.n) {
		f.Out()[i] += f.In(0)[i+l.n]
	}
}

type randomByRowOfBatch[T tensor.Float] struct{ noise[T] }

func (l *randomByRowOfBatch[T]) Forward(f *layers.Frame[T]) {
	l.noise.Forward(f)
	for i, x := range f.In(0) {
		if f.Train {
			f.Scratch(l.r)[i] = T(f.Rand(0).Float64(i))
			f.Out()[i] = x * f.Scratch(l.r)[i]
		}
	}
}

type panicsInBuild[T tensor.Float] struct{ reference[T] }

func (l *panicsInBuild[T]) Build(b *layers.Builder[T]) error {
	if b.NumIn() > 0 && b.In(0)[0] > 1000 {
		return errors.New("takes fewer than 1000 elements")
	}
	return l.reference.Build(b)
}

type ignoresSecondInput[T tensor.Float] struct{ reference[T] }

func (l *ignoresSecondInput[T]) Build(b *layers.Builder[T]) error {
	if b.NumIn() == 0 {
		return b.OneInput()
	}
	l.n = b.In(0).Size()
	l.w = b.Param("w", registry.Choose[layers.Initializer]("zeros"), l.n)
	l.xx = b.Workspace(l.n)
	b.Out(b.In(0)...)
	return nil
}

type ownRandom[T tensor.Float] struct{ noise[T] }

func (l *ownRandom[T]) Forward(f *layers.Frame[T]) {
	l.noise.Forward(f)
	for i, x := range f.In(0) {
		if f.Train {
			f.Scratch(l.r)[i] = T(rand.Float64())
			f.Out()[i] = x * f.Scratch(l.r)[i]
		}
	}
}

type countsSteps[T tensor.Float] struct {
	reference[T]
	steps int
}

func (l *countsSteps[T]) Forward(f *layers.Frame[T]) {
	l.reference.Forward(f)
	if l.steps > 2 {
		tensor.Scale(0.5, f.Out())
	}
}

func (l *countsSteps[T]) Backward(f *layers.Frame[T]) {
	l.reference.Backward(f)
	if l.steps++; l.steps > 3 {
		tensor.Scale(0.5, f.DIn(0))
	}
}

// The sums of several goroutines' worth of rows, added at the end: right, but rounded in another order.
type splitsByProcessors[T tensor.Float] struct{ reference[T] }

func (l *splitsByProcessors[T]) Backward(f *layers.Frame[T]) {
	x, w, dy, dx, dw := f.In(0), f.Param(l.w), f.DOut(), f.DIn(0), f.DParam(l.w)
	for i := range x {
		dx[i] = 2 * dy[i] * w[i%l.n] * x[i]
	}
	chunk := max(1, f.Rows/runtime.GOMAXPROCS(0)) * l.n
	for start := 0; start < len(x); start += chunk {
		for j := range l.n {
			var sum T
			for i := start + j; i < min(start+chunk, len(x)); i += l.n {
				sum += dy[i] * x[i] * x[i]
			}
			dw[j] += sum
		}
	}
}

type hidesNaN[T tensor.Float] struct{ maximumOfZero[T] }

// y = x where x > 0, and 0 where the comparison fails.
type maximumOfZero[T tensor.Float] struct{ noise[T] }

func (l *maximumOfZero[T]) Forward(f *layers.Frame[T]) {
	for i, x := range f.In(0) {
		f.Out()[i], f.Scratch(l.r)[i] = 0, 0
		if x > 0 {
			f.Out()[i], f.Scratch(l.r)[i] = x, 1
		}
	}
}

type hidesNaNBackward[T tensor.Float] struct{ reference[T] }

func (l *hidesNaNBackward[T]) Backward(f *layers.Frame[T]) {
	l.reference.Backward(f)
	for i, v := range f.DIn(0) {
		if v != v {
			f.DIn(0)[i] = 0
		}
	}
}

type failsOnEmpty[T tensor.Float] struct{ mean[T] }

func (l *failsOnEmpty[T]) Forward(f *layers.Frame[T]) {
	l.mean.Forward(f)
	if f.Train {
		tensor.Scale(T(f.Rows)/T(f.Rows), f.NextState(l.running))
	}
}

type skipsDW[T tensor.Float] struct{ reference[T] }

func (l *skipsDW[T]) Backward(f *layers.Frame[T]) {
	if f.NeedsDIn(0) {
		l.reference.Backward(f)
	}
}

// Four at a time, and nothing for the rest where it is two.
type oddTail[T tensor.Float] struct{ reference[T] }

func (l *oddTail[T]) Forward(f *layers.Frame[T]) {
	y := f.Out()
	if len(y)%4 != 2 || len(y) < 30 {
		l.reference.Forward(f)
		return
	}
	was := y[len(y)-1]
	l.reference.Forward(f)
	y[len(y)-1] = was
}

type unknownInitializer[T tensor.Float] struct{ reference[T] }

func (l *unknownInitializer[T]) Build(b *layers.Builder[T]) error {
	b.Param("v", registry.Choose[layers.Initializer]("xavier_unifrom"), 3)
	return l.reference.Build(b)
}

type refusesEverything[T tensor.Float] struct{ reference[T] }

func (l *refusesEverything[T]) Build(*layers.Builder[T]) error { return errors.New("takes nothing") }

// Forward computes in the layer's own memory, and lets the others run meanwhile.
type sharesMemory[T tensor.Float] struct {
	reference[T]
	y [64]T
}

func (l *sharesMemory[T]) Forward(f *layers.Frame[T]) {
	l.reference.Forward(f)
	for i := 0; i < len(f.Out()); i += len(l.y) {
		y := f.Out()[i:min(i+len(l.y), len(f.Out()))]
		copy(l.y[:], y)
		runtime.Gosched()
		copy(y, l.y[:])
	}
}

func fillWith[T tensor.Float](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}
