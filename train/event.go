package train

// An Observer is told what happens in a run: a progress bar, a dashboard, a test. Observe is called from the goroutine
// that trains, between the parts of a step, and the run waits for it. An Event is valid during the call only. What an
// Observer does cannot change the run.
type Observer interface {
	Observe(e Event)
}

// An ObserverFunc is a function that observes.
type ObserverFunc func(e Event)

// Observe calls f.
func (f ObserverFunc) Observe(e Event) { f(e) }

// An Event is one of Started, EpochEnded, Evaluated, Stepped, UpdateSkipped,
// RolledBack, GradientsChecked, Changed, Saved, SaveFailed, PruneFailed and Ended, as a pointer.
type Event interface{ event() }

// Started is the first event of a run, and of one that continues.
type Started struct {
	Resumed       bool
	Step          int64 // steps already done
	StepsPerEpoch int64
	Steps         int64 // steps when the run is complete
	BatchSize     int
}

// Stepped follows each step, and the EpochEnded and Evaluated that the step brought about.
type Stepped struct {
	Step, Epoch int64   // steps and epochs finished
	Rows        int     // of the batch
	Loss        float64 // NaN where the update was skipped
	Record      *Record // nil unless the step was logged
}

// UpdateSkipped comes before the Stepped of a step whose update was left out.
type UpdateSkipped struct{ Record Record }

// RolledBack follows a return to a checkpoint. The next Stepped is that of the step after it.
type RolledBack struct{ Record Record }

// EpochEnded follows the last step of an epoch.
type EpochEnded struct{ Record Record }

// Evaluated follows an evaluation.
type Evaluated struct{ Record Record }

// GradientsChecked follows a comparison of gradients with numeric ones, also one that finds a wrong gradient.
type GradientsChecked struct{ Record Record }

// Changed follows Started, once for each value that the run goes on with in the place of another.
type Changed struct{ Record Record }

// Saved follows a checkpoint that is durable. One that was written in the background is of an earlier step than the newest
// Stepped.
type Saved struct {
	Step int64
	Path string
}

// SaveFailed follows a checkpoint that could not be written while the run goes on. Older checkpoints are untouched.
type SaveFailed struct {
	Step int64
	Err  error
}

// PruneFailed follows a checkpoint after which older ones could not be deleted.
type PruneFailed struct {
	Step int64
	Err  error
}

// Ended is the last event of a run that ends without an error.
type Ended struct{ Result Result }

func (*Started) event()     {}
func (*Stepped) event()     {}
func (*EpochEnded) event()  {}
func (*Evaluated) event()   {}
func (*Saved) event()       {}
func (*SaveFailed) event()  {}
func (*PruneFailed) event() {}
func (*Ended) event()       {}

func (*GradientsChecked) event() {}
func (*Changed) event()          {}
func (*UpdateSkipped) event()    {}
func (*RolledBack) event()       {}
