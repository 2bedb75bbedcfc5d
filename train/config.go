package train

import (
	"fmt"

	"github.com/strata-ml/strata/registry"
)

// Config is how long and in what portions a run trains.
type Config struct {
	Epochs     int64  `doc:"passes over the training rows" is:">=1" class:"extend"`
	Steps      int64  `doc:"stop after this many steps; 0 sets no limit" is:">=0" class:"extend"`
	BatchSize  int    `doc:"training rows per step" is:">=1" class:"frozen"`
	Shuffle    bool   `doc:"visit the rows of each epoch in a new order, a function of seed and epoch" class:"frozen"`
	DropLast   bool   `doc:"leave out the last batch of an epoch when it is short" class:"frozen"`
	EvalEvery  int64  `doc:"epochs between evaluations; the weights that a run ends with are evaluated besides" is:">=1" class:"override"`
	LogEvery   int64  `doc:"steps between step records in metrics.jsonl" is:">=1" class:"extend"`
	Accumulate int    `doc:"portions that each batch is computed in before its one update: what the whole batch gives, up to rounding, in less memory" is:">=1" class:"override"`
	Rows       string `doc:"what a step updates of a table, such as an embedding's: lazy, the rows that its batch touches; dense, all of it; same, either, and an error where the two differ" is:"one of same|lazy|dense" class:"frozen"`
}

// What a step updates of a table, which is a parameter with a row-sparse gradient.
const (
	SameRows  = "same"  // either, and an error where the two differ
	LazyRows  = "lazy"  // the rows that the batch touches: neither momentum nor decay nor a penalty moves the others
	DenseRows = "dense" // all of it, as if the gradient were an ordinary one, at a cost that grows with the table
)

// DefaultConfig is the Config of a file that sets nothing.
func DefaultConfig() Config {
	return Config{Epochs: 10, BatchSize: 32, Shuffle: true, EvalEvery: 1, LogEvery: 10, Accumulate: 1, Rows: SameRows}
}

// Validate returns an error when a batch has fewer rows than portions.
func (c Config) Validate() error {
	if c.Accumulate > c.BatchSize {
		return &registry.FieldError{Key: "accumulate", Err: fmt.Errorf("must be at most batch_size, which is %d: each portion has rows of the batch", c.BatchSize)}
	}
	return nil
}

// StepCount returns the steps of one epoch over a number of training rows, and those of the whole run unless it stops
// early.
func (c Config) StepCount(rows int) (perEpoch, total int64) {
	batch := int64(c.BatchSize)
	perEpoch = int64(rows) / batch
	if !c.DropLast && int64(rows)%batch > 0 {
		perEpoch++
	}
	total = c.Epochs * perEpoch
	if c.Steps > 0 {
		total = min(total, c.Steps)
	}
	return perEpoch, total
}

// EarlyStopping ends a run when evaluations no longer improve.
type EarlyStopping struct {
	Metric   string  `doc:"loss, or the name of a metric; which direction is better follows from it" class:"override"`
	Patience int64   `doc:"evaluations without improvement before the run stops" is:">=1" class:"override"`
	MinDelta float64 `doc:"a change up to this size is no improvement" is:">=0" class:"override"`
}

// DefaultEarlyStopping is the EarlyStopping of a block that sets nothing.
func DefaultEarlyStopping() EarlyStopping { return EarlyStopping{Metric: "loss", Patience: 5} }

// CheckpointPolicy is when checkpoints are written and which are kept. A run also writes one when it ends or is told
// to stop.
type CheckpointPolicy struct {
	Every          int64  `doc:"epochs between checkpoints; 0 leaves only every_steps and the end" is:">=0" class:"extend"`
	EverySteps     int64  `doc:"steps between checkpoints; 0 sets none" is:">=0" class:"extend"`
	Background     bool   `doc:"train on while a checkpoint is written, from a copy of all that it holds; false saves the memory of the copy, and training waits" class:"extend"`
	Keep           int    `doc:"newest checkpoints to keep" is:">=2" class:"extend"`
	KeepBest       int    `doc:"checkpoints of the best evaluations to keep besides; an evaluation among them is saved at once" is:">=1" class:"extend"`
	Best           string `doc:"loss, or the name of the metric that tells which are the best" class:"frozen"`
	KeepEvery      int64  `doc:"of every stretch of so many epochs, the last checkpoint is kept for good; 0 for none" is:">=0" class:"extend"`
	KeepEverySteps int64  `doc:"of every stretch of so many steps, the last checkpoint is kept for good; 0 for none" is:">=0" class:"extend"`
}

// due reports whether the policy wants a checkpoint after a step.
func (p CheckpointPolicy) due(step, stepsPerEpoch int64) bool {
	ended := step%stepsPerEpoch == 0
	return p.EverySteps > 0 && step%p.EverySteps == 0 || ended && p.Every > 0 && step/stepsPerEpoch%p.Every == 0
}

// DefaultCheckpointPolicy is the CheckpointPolicy of a file that sets nothing.
func DefaultCheckpointPolicy() CheckpointPolicy {
	return CheckpointPolicy{Every: 1, Keep: 3, Best: "loss", KeepBest: 1, Background: true}
}
