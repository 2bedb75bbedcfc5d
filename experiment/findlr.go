package experiment

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// FindLROptions say how a learning rate is looked for.
type FindLROptions struct {
	From  float64 `doc:"smallest rate" is:">0"`
	To    float64 `doc:"largest rate" is:">0"`
	Steps int64   `doc:"steps of the training at each power of ten, and half of those of the range test" is:">=20"`
}

// DefaultFindLROptions look from a millionth to ten.
func DefaultFindLROptions() FindLROptions { return FindLROptions{From: 1e-6, To: 10, Steps: 100} }

// Validate returns an error unless the rates are in order.
func (o FindLROptions) Validate() error {
	if !(o.From < o.To) {
		return &registry.FieldError{Key: "to", Err: fmt.Errorf("must be larger than from, which is %v, is %v", o.From, o.To)}
	}
	return nil
}

// An LRTrial is a short training at one learning rate.
type LRTrial struct {
	LR       float64
	Loss     float64 // of the probe afterwards; not finite where Diverged
	Diverged bool    // the loss, or a number of the model, is no longer finite, or the loss is beyond LRSearch.Limit
	Steps    int64   // finished
}

// An LRPoint is one step of the range test.
type LRPoint struct{ LR, Loss, Smoothed float64 }

// An LRSearch is what a search for a learning rate found. Rates are 0 where there is none.
type LRSearch struct {
	Rate      string // the hyperparameter that was varied
	ProbeRows int    // training rows on which the loss is compared
	Start     float64
	Limit     float64   // a loss above it counts as diverged
	Powers    []LRTrial // from the smallest rate
	Range     []LRPoint
	Complete  bool    // the range test went on to its largest rate
	Best      float64 // the power of ten with the lowest loss
	Steepest  float64 // where the loss of the range test falls fastest
	Diverges  float64 // where it is back at its start, or no longer finite
	Suggested float64
	Why       string // of the suggestion, or of there being none
}

const (
	maxProbeRows = 512
	// notableFall is the part of the loss by which a short training must lower it, for the loss to count as falling.
	notableFall = 0.01
	// divergedBy is how many times the loss at the start counts as diverged.
	divergedBy = 4
)

// FindLR looks for a learning rate: short trainings at powers of ten, all from the weights that a run would begin with,
// then a range test, one training whose rate rises from step to step. It works on models of its own and writes nothing.
// Smith, "Cyclical learning rates for training neural networks", 2017, section 3.3.
func (e *Experiment) FindLR(ctx context.Context, o FindLROptions) (*LRSearch, error) {
	if err := registry.Check(o); err != nil {
		return nil, err
	}
	if e.Splits == nil {
		return nil, errors.New("experiment: it was read without its data")
	}
	if e.Config.DType == "float64" {
		return findLR[float64](ctx, e, o)
	}
	return findLR[float32](ctx, e, o)
}

func findLR[T tensor.Float](ctx context.Context, e *Experiment, o FindLROptions) (*LRSearch, error) {
	rates := optim.Make[T](e.Config.Optimizer.New()).Rates()
	if len(rates) == 0 {
		return nil, fmt.Errorf("optimizer: %s has no learning rate", e.Config.Optimizer.Name)
	}
	s := &lrSearch[T]{e: e, probe: probeOf(e.Splits.Train), rate: rates[0].Name}
	found := &LRSearch{Rate: s.rate, ProbeRows: s.probe.Len()}
	var err error
	if found.Start, err = s.start(); err != nil {
		return nil, err
	}
	found.Limit = found.Start + (divergedBy-1)*math.Abs(found.Start)
	for _, lr := range powersOfTen(o.From, o.To) {
		trial, err := s.trial(ctx, lr, o.Steps, found.Limit)
		if err != nil {
			return nil, err
		}
		found.Powers = append(found.Powers, trial)
	}
	if found.Range, found.Complete, err = s.rangeTest(ctx, o, found.Limit); err != nil {
		return nil, err
	}
	found.judge()
	return found, nil
}

// powersOfTen returns those from one rate to another; the first one itself where there are none.
func powersOfTen(from, to float64) []float64 {
	var powers []float64
	const slack = 1e-9 // of the logarithm, which is not exact
	for e := int(math.Ceil(math.Log10(from) - slack)); e <= int(math.Floor(math.Log10(to)+slack)); e++ {
		powers = append(powers, math.Pow10(e))
	}
	if len(powers) == 0 {
		powers = []float64{from}
	}
	return powers
}

// probeOf returns training rows, evenly spread over all.
func probeOf(set *data.Set) *data.Set {
	n := min(set.Len(), maxProbeRows)
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i * set.Len() / n
	}
	return data.Subset(set, rows)
}

// lrSearch trains copies of what an experiment trains.
type lrSearch[T tensor.Float] struct {
	e     *Experiment
	probe *data.Set
	rate  string
}

// setup returns a run of so many steps whose learning rate is lr, and that keeps nothing.
func (s *lrSearch[T]) setup(lr registry.Number, steps int64) (train.Setup[T], error) {
	e := *s.e
	c := &e.Config
	config, err := c.Optimizer.Settings()
	if err != nil {
		return train.Setup[T]{}, err
	}
	c.Optimizer.Config = registry.WithNumber(config, s.rate, lr)
	c.Log, c.Debug = train.Log{}, nil
	var start *checkpoint.File
	if c.WarmStart != nil {
		if start, _, err = openWarmStart(s.e.Dir, c.WarmStart); err != nil {
			return train.Setup[T]{}, fmt.Errorf("warm_start: %w", err)
		}
		defer start.Close()
	}
	setup, err := startOf[T](&e, start)
	if err != nil {
		return train.Setup[T]{}, err
	}
	perEpoch, _ := c.Train.StepCount(s.e.Splits.Train.Len())
	setup.Config.Steps, setup.Config.Epochs = steps, (steps+perEpoch-1)/perEpoch
	setup.Config.EvalEvery, setup.Config.LogEvery = math.MaxInt64, math.MaxInt64
	setup.Eval, setup.EarlyStopping, setup.Averaging = s.probe, nil, nil // a mean of weights lags behind them
	setup.NonFinite = train.DefaultNonFinite()
	setup.Checkpoints.Every, setup.Checkpoints.EverySteps = 0, 0
	return setup, nil
}

// start returns the loss of the probe before any training.
func (s *lrSearch[T]) start() (float64, error) {
	setup, err := s.setup(registry.Const(1), 1)
	if err != nil {
		return 0, err
	}
	rec, err := train.Evaluate(setup.Model, loss.Make[T](s.e.Config.Loss.New()), nil, s.probe, s.e.Config.Train.BatchSize)
	if v := float64(rec.Loss); err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = fmt.Errorf("the loss is %v before any training", v)
	}
	return float64(rec.Loss), err
}

// train runs a setup until observe returns false for the loss of a step, and reports whether its numbers stayed finite.
func (s *lrSearch[T]) train(ctx context.Context, setup train.Setup[T], observe func(loss float64) bool) (res train.Result, finite bool, err error) {
	inner, stop := context.WithCancel(ctx)
	defer stop()
	setup.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
		if step, ok := e.(*train.Stepped); ok && !observe(step.Loss) {
			stop()
		}
	})}
	run, err := train.New(setup)
	if err != nil {
		return res, false, err
	}
	res, err = run.Train(inner)
	if _, ok := errors.AsType[*train.DivergedError](err); ok {
		return res, false, nil
	}
	return res, true, errors.Join(err, ctx.Err())
}

func (s *lrSearch[T]) trial(ctx context.Context, lr float64, steps int64, limit float64) (LRTrial, error) {
	setup, err := s.setup(registry.Const(lr), steps)
	if err != nil {
		return LRTrial{}, err
	}
	res, finite, err := s.train(ctx, setup, func(float64) bool { return true })
	t := LRTrial{LR: lr, Loss: math.NaN(), Steps: res.Step}
	if res.Last != nil {
		t.Loss = float64(res.Last.Loss)
	}
	t.Diverged = !finite || !(t.Loss <= limit)
	return t, err
}

// rangeTest raises the rate exponentially from step to step, until the loss has been beyond the limit for a while.
func (s *lrSearch[T]) rangeTest(ctx context.Context, o FindLROptions, limit float64) (points []LRPoint, complete bool, err error) {
	steps := 2 * o.Steps
	rate := schedule.NewExponential(schedule.ExponentialConfig{
		Start: o.From, Factor: o.To / o.From, Every: steps - 1, Timing: schedule.Timing{Unit: "step"},
	})
	setup, err := s.setup(schedule.Number(rate), steps)
	if err != nil {
		return nil, false, err
	}
	const tolerated = 5 // steps in a row beyond the limit
	beyond := 0
	_, finite, err := s.train(ctx, setup, func(loss float64) bool {
		lr := rate.At(schedule.Progress{Step: int64(len(points)), StepsPerEpoch: 1, Steps: steps})
		points = append(points, LRPoint{LR: lr, Loss: loss})
		if beyond++; loss <= limit {
			beyond = 0
		}
		return beyond < tolerated
	})
	smoothLosses(points, int(steps/40)+1)
	return points, finite && int64(len(points)) == steps, err
}
