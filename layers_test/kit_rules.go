package layerstest

// A rule is one promise of the contract. Its check returns the first breach, nil when there is none.
type rule struct {
	name, why string
	check     func(s *subject) error
	last      bool // it says nothing new of a layer that breaks another rule
}

func (r rule) apply(s *subject) *Violation {
	err := catch(func() error { return r.check(s) })
	if err == nil {
		return nil
	}
	return &Violation{Rule: r.name, Layer: s.name, Case: s.String(), Detail: err.Error(), Why: r.why}
}

const buildRule = "Build"

// rules lists every rule. The order puts what explains most first: memory, then numbers, then whole executions.
func rules() []rule {
	return []rule{
		{
			name:  buildRule,
			why:   "a layer that does not build on the inputs of its own case can be checked no further",
			check: builds,
		},
		{
			name: "BuildErrors",
			why: "Build is where a user's mistake gets its message: a wrong number or shape of inputs must be refused there, " +
				"without a panic, and what Build accepts must run",
			check: buildErrors,
		},
		{
			name: "WritesAll",
			why: "memory is reused without clearing: Forward must set every element of Out (and of NextState while training), " +
				"Backward must set every element of DIn rather than add to it, and scratch holds garbage until Forward fills it",
			check: inBoth(writesAll[float64], writesAll[float32]),
		},
		{
			name:  "KeepsInputs",
			why:   "In, DOut, Param and State belong to others, who read them afterwards; and Forward must leave DParam and DRows to Backward",
			check: inBoth(keepsInputs[float64], keepsInputs[float32]),
		},
		{
			name:  "OutOfBounds",
			why:   "beyond a layer's slices lies the memory of other layers",
			check: inBoth(outOfBounds[float64], outOfBounds[float32]),
		},
		{
			name:  "Declared",
			why:   "what BackwardReads leaves out may be overwritten between Forward and Backward",
			check: inBoth(declared[float64], declared[float32]),
		},
		{
			name:  "AddsParamGradients",
			why:   "gradients of shared parameters and of accumulated batches meet in DParam, or DRows: Backward must add to it and never set it",
			check: inBoth(addsParamGradients[float64], addsParamGradients[float32]),
		},
		{
			name:  "SetsParamGradients",
			why:   "where a layer declares SetsDParam its gradient is not cleared: it must do what DParamMode says, for an empty batch too",
			check: inBoth(setsParamGradients[float64], setsParamGradients[float32]),
		},
		{
			name:  "NeedsDIn",
			why:   "DIn may be left uncomputed where nobody needs it, and nothing else may change with that",
			check: inBoth(needsDIn[float64], needsDIn[float32]),
		},
		{
			name:  "Gradient",
			why:   "training follows what Backward says: it must be the derivative of what Forward computes",
			check: gradient,
		},
		{
			name:  "Float32",
			why:   "a model trains in float32 what was checked in float64: both must compute the same function",
			check: float32Agrees,
		},
		{
			name:  "KeepsNaN",
			why:   "a NaN that a layer hides turns up later as silently wrong weights, and the search for its origin finds nothing",
			check: inBoth(keepsNaN[float64], keepsNaN[float32]),
		},
		{
			name: "BatchOfOne",
			why: "a prediction must not depend on its neighbours in the batch; a layer that needs them calls Builder.RowsDepend, " +
				"random numbers come from Frame.Rand(row), which knows the row's place, and a row touches no more rows of a table than " +
				"it declared",
			check: inBoth(batchOfOne[float64], batchOfOne[float32]),
		},
		{
			name:  "Empty",
			why:   "a batch may have no rows: it must neither panic nor change a gradient or a state",
			check: inBoth(empty[float64], empty[float32]),
		},
		{
			name:  "TrainTwice",
			why:   "a resumed run repeats a step to the bit: everything random comes from Frame.Rand",
			check: inBoth(trainTwice[float64], trainTwice[float32]),
		},
		{
			name: "EvalTwice",
			why: "a prediction is a function of inputs, parameters and states alone: where Frame.Train is false nothing is random " +
				"and NextState is left alone",
			check: inBoth(evalTwice[float64], evalTwice[float32]),
		},
		{
			name:  "TwoFrames",
			why:   "one layer serves any number of frames at once: what Forward keeps for Backward belongs in scratch, not in the layer",
			check: inBoth(twoFrames[float64], twoFrames[float32]),
		},
		{
			name:  "Threads",
			why:   "a run gives the same bits on any machine: work may be split by shape, never by the number of processors",
			check: inBoth(threads[float64], threads[float32]),
		},
		{
			name:  "NoAllocs",
			why:   "a step allocates nothing: declare scratch or a workspace in Build instead",
			check: inBoth(noAllocs[float64], noAllocs[float32]),
		},
		{
			name: "RoundTrip",
			why: "a checkpoint holds the configuration, parameters and states, and nothing else: a layer made from them must go on " +
				"as the first one would have",
			check: inBoth(roundTrip[float64], roundTrip[float32]),
		},
		{
			name:  "Race",
			why:   "several goroutines predict with one layer: after Build it is read-only",
			check: inBoth(race[float64], race[float32]),
			last:  true,
		},
		{
			name:  "Fuzz",
			why:   "kernels go wrong at sizes that nobody tries: whatever Build accepts must keep the rules",
			check: fuzz,
			last:  true,
		},
	}
}
