package schedule

// Warm-up and units are the same for every schedule. A schedule with value s(t) at time t, and a warm-up of length W
// from the part f, is
//
//	s(t)·(f + (1−f)·t/W)    while t < W
//	s(t)                    from t = W on
//
// so the first step is at f·s(0), and the step that begins at W is the first at full value. It grows at every step,
// also where W counts epochs. The schedule's own clock runs from the first step: a drop after 30 epochs comes after 30
// epochs, with a warm-up or without. Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017,
// section 2.2.

// Timing is embedded in the configuration of every schedule and lends it its keys.
type Timing struct {
	Unit       string  `doc:"what the lengths of the schedule count: epoch or step" is:"one of epoch|step"`
	Warmup     int64   `doc:"units over which the value grows linearly to its full size at the start; 0 for none" is:">=0"`
	WarmupFrom float64 `doc:"part of the value at which the warm-up begins" is:">=0,<=1"`
}

var timingDefaults = Timing{Unit: "epoch", WarmupFrom: 0.1}

// units returns the units finished, with a fraction.
func (t Timing) units(p Progress) float64 {
	if t.Unit == "step" {
		return float64(p.Step)
	}
	return p.Epoch()
}

// wholeUnits returns the units finished, without rounding.
func (t Timing) wholeUnits(p Progress) int64 {
	if t.Unit == "step" {
		return p.Step
	}
	return p.Step / max(p.StepsPerEpoch, 1)
}

// warm returns the part of the value that the warm-up leaves.
func (t Timing) warm(p Progress) float64 {
	done, length := t.units(p), float64(t.Warmup)
	if done >= length {
		return 1
	}
	return t.WarmupFrom + (1-t.WarmupFrom)*done/length
}

// endless is a number of steps that no run has, and four of which can be added.
const endless = 1 << 61

// steps returns the steps that a number of units takes, at most endless.
func (t Timing) steps(p Progress, units int64) int64 {
	perUnit := int64(1)
	if t.Unit != "step" {
		perUnit = max(p.StepsPerEpoch, 1)
	}
	if units > endless/perUnit {
		return endless
	}
	return units * perUnit
}

// part returns the part of a length in units that is over: 0 at the start, and 1 from its end on. The length 0 is that of
// the whole run, and one that is open-ended stays at its start.
func (t Timing) part(p Progress, length int64) float64 {
	total := p.Steps
	if length > 0 {
		total = t.steps(p, length)
	}
	if total <= 0 {
		return 0
	}
	return min(float64(p.Step)/float64(total), 1)
}

// between returns the value at a part x of the way from a to b.
func between(a, b, x float64) float64 {
	if x == 1 {
		return b // a + (b−a) may be another number
	}
	return a + float64((b-a)*x)
}
