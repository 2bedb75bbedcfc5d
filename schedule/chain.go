package schedule

import (
	"errors"
	"sort"

	"github.com/strata-ml/strata/registry"
)

// One schedule after the other. Each begins its own clock where it takes over: to it that is step 0, a warm-up of its
// own begins there, and a length of the whole run is what is left of it.
//
//	s(t) = sᵢ(t−tᵢ)    for tᵢ ≤ t < tᵢ₊₁, where t₀ = 0

// ChainConfig configures chain.
type ChainConfig struct {
	_     struct{}        `doc:"one schedule, then others: first: 0.1, then: [{after: 10, use: {type: cosine, start: 0.1}}]"`
	First registry.Number `doc:"a number or the schedule that the run begins with" is:"required,>=0"`
	Then  []Link          `doc:"what takes over, each with the time after which it does" is:"required"`
	Unit  string          `doc:"what the times of then count: epoch or step" is:"one of epoch|step"`
}

// A Link is a schedule and the time when it takes over.
type Link struct {
	After int64           `doc:"units since the start of the run" is:"required,>=1"`
	Use   registry.Number `doc:"a number or a schedule, whose clock begins here" is:"required,>=0"`
}

// Validate returns an error unless there are links, in the order of their times.
func (c ChainConfig) Validate() error {
	times := make([]int64, len(c.Then))
	for i, l := range c.Then {
		times[i] = l.After
	}
	if err := ascending("then", times); err != nil {
		if len(times) == 0 {
			err = &registry.FieldError{Key: "then", Err: errors.New("must name at least one schedule")}
		}
		return err
	}
	return nil
}

// Chain is one schedule after the other.
type Chain struct {
	timing Timing
	after  []int64 // of every schedule, 0 of the first
	use    []Schedule
}

// NewChain returns the schedule that c describes. It panics unless c passes registry.Check.
func NewChain(c ChainConfig) Schedule {
	registry.MustCheck(c)
	s := Chain{Timing{Unit: c.Unit}, []int64{0}, []Schedule{Of(c.First)}}
	for _, l := range c.Then {
		s.after, s.use = append(s.after, l.After), append(s.use, Of(l.Use))
	}
	return s
}

func init() { Register("chain", ChainConfig{Unit: timingDefaults.Unit}, NewChain) }

// At implements Schedule.
func (s Chain) At(p Progress) float64 {
	now := s.timing.wholeUnits(p)
	i := sort.Search(len(s.after), func(i int) bool { return s.after[i] > now }) - 1
	return s.use[i].At(p.since(s.timing.steps(p, s.after[i])))
}

// Watches implements Watcher.
func (s Chain) Watches() []string {
	var names []string
	for _, one := range s.use {
		names = append(names, WatchedBy(one)...)
	}
	return names
}
