package experiment

import (
	"context"
	"errors"
	"fmt"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/train"
)

// A Run is an experiment in its run directory.
type Run struct {
	Experiment *Experiment
	Dir        string
	Warnings   []string // what a person should know before it goes on, such as a damaged checkpoint that was passed over
	Notes      []string // what it goes on with otherwise than before, besides the changes that the history records
	session    session
	unlock     func() error
}

// Start returns a new run of the experiment in dir, which must not exist or hold no run. It writes run.json and
// config.yaml, and holds the run's lock until Close.
func (e *Experiment) Start(dir string, observers ...train.Observer) (*Run, error) {
	if e.Splits == nil {
		return nil, errors.New("experiment: it was read without its data")
	}
	unlock, err := makeRunDir(dir)
	if err != nil {
		return nil, err
	}
	r := &Run{Experiment: e, Dir: dir, unlock: unlock}
	if err = r.begin(nil, observers); err == nil {
		err = e.writeInfo(dir)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// begin puts the run together. A warm start is read for a new run only: a checkpoint has what came of it.
func (r *Run) begin(from *checkpoint.File, observers []train.Observer) error {
	e := r.Experiment
	var start *checkpoint.File
	if w := e.Config.WarmStart; w != nil && from == nil {
		var skipped []error
		var err error
		if start, skipped, err = openWarmStart(e.Dir, w); err != nil {
			return fmt.Errorf("warm_start: %w", err)
		}
		defer start.Close()
		r.Warnings = append(r.Warnings, SkipWarnings(skipped, start.Path())...)
	}
	var err error
	r.session, err = newSession(e, r.Dir, start, observers)
	return err
}

// Train runs until the end; see train.Run.Train.
func (r *Run) Train(ctx context.Context) (train.Result, error) { return r.session.Train(ctx) }

// Save asks for a checkpoint after the step under way. It may be called from any goroutine, while Train runs.
func (r *Run) Save() { r.session.Save() }

// Close gives the run's lock back.
func (r *Run) Close() error { return r.unlock() }
