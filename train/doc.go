// Package train runs the loop that fits a model to data: steps, evaluations, logs, checkpoints, and the conditions that
// end it.
//
// A run is time: everything in it is a function of the settings and of how many steps are done. So the state that a
// checkpoint holds is short (parameters, optimizer slots, layer states, counters, the sums of the epoch so far) and a
// run that continues from it writes the same bytes as one that was never cut.
//
// A step and all that follows from it (its record, the end of the epoch, an evaluation) are one unit. Checkpoints are
// taken between units only.
package train
