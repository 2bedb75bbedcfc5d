// Package plots draws the figures of training runs from their history records. It knows no models: WriteRun and
// Compare read a train.History and nothing else; Lines draws any named curves, and Arrows what moved, in the same style;
// DrawGraph draws a computational graph whose words and numbers it is given.
//
// # Figures
//
// WriteRun writes one figure for each quantity that the history holds, every one as PNG and SVG:
//
//	loss             the loss of each step, its moving average, and the evaluations
//	metric_<name>    one figure per metric: training (per epoch) and evaluations
//	learning_rate    the rate of each step
//	grad_norm        the gradient norm of each step and its moving average
//	update_ratio     ‖Δw‖/‖w‖ of each node, over a band at the usual rule of thumb 1e-3
//	saturation       share of the outputs of each bounded activation that are close to a bound
//	dead_units       share of the units of each relu that are 0 in the whole batch
//	grad_norms       the gradient norm of each node's parameters
//	zeros            share of exact zeros of each parameter
//	weights_<param>  histograms of a parameter in the course of the run
//
// Sweep draws the outcome of runs over the value of a key that was varied, and WriteOutputs what the activations of a
// model put out before training. Compare puts several runs on one figure of the loss and of each metric: a colour per
// run, the moving average of the training thin, the evaluations thick. WriteRates draws what the schedules of an
// experiment will give, before it trains, and WriteFunctions activations with their derivatives.
//
// # Style
//
// Liberation Sans on white with a light grid, 16 × 9 cm at 144 dpi, and the Okabe–Ito palette, which people with a
// colour vision deficiency can tell apart (Okabe and Ito, "Color Universal Design", 2008). The legend is a strip
// between the title and the data, so it never covers a curve. A ring marks the best evaluation; its label takes the
// nearest place that no curve crosses, or moves into the legend where there is none. Dashed vertical lines mark jumps
// of the learning rate (the steps of a step schedule, not the continuous change of a smooth one), dotted ones the
// points where the run was resumed. More than eight of either shrink to ticks at the top edge, with their number in
// the legend.
//
// The x axis counts epochs once a run has finished one, and steps before. A y axis is logarithmic where the curves
// span more than a factor of twenty; it says so in its label. A linear axis starts at zero, or its label says where it
// starts. Ticks stand at 1, 2 and 5 times powers of ten.
//
// # Values that cannot be drawn
//
// NaN, infinities (and magnitudes above 1e300, which count as infinite here), and on a logarithmic axis values that
// are not positive make a gap in their curve, a red tick on the x axis, and a line in the legend with their number.
// If more than one value in twenty is not positive, the axis is linear even where a logarithmic one was asked for.
//
// # Limits
//
// A curve of more than 2,000 points is thinned to the smallest and the largest value of each of 1,000 columns, so no
// spike is lost. The moving average is taken before that, over all points. The same history gives the same bytes in
// both formats. SVG files name their font and do not embed it; a viewer without Liberation Sans falls back to a
// similar one. Characters that the font lacks (it has Latin, Greek and Cyrillic) stay blank in PNG files. Files are replaced by renaming, so a reader never sees half a figure, but they are not synced to disk:
// a figure can always be drawn again.
package plots
