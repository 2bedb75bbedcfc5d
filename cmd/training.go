package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/plots"
	"github.com/strata-ml/strata/train"
)

// trainRun trains a run until it ends or a signal comes, draws its curves and prints a summary. It closes the run.
//
// Drawing is not part of the run: what there is to know of it has been said before, and a signal ends the process.
func (p *program) trainRun(ctx context.Context, r *experiment.Run, progress *progress, o trainOptions) error {
	progress.screen.warn(r.Warnings...)
	for _, note := range r.Notes {
		progress.screen.info(note)
	}
	for _, v := range r.Experiment.Vectors {
		progress.screen.info(v.Param + ": " + v.String())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	signals := watchSignals(progress.screen, cancel, r.Save)
	began := time.Now()
	res, err := r.Train(ctx)
	took := time.Since(began)
	signals.stop()
	progress.screen.close()
	if err != nil {
		err = explainFailure(r.Dir, err)
	}
	if err := errors.Join(err, r.Close()); err != nil {
		p.tellFailure(err)
		p.drawCurves(r.Dir, o)
		return silentError(exitFailed)
	}
	drawn := p.drawCurves(r.Dir, o)
	p.summarize(r, res, took, drawn)
	if s := signals.received(); s != nil {
		return silentError(exitSignal(s))
	}
	return ctx.Err()
}

// drawCurves draws the curves of a run that has ended, unless they are not wanted, and reports whether there are any.
// That they could not be drawn is no failure of the run.
func (p *program) drawCurves(dir string, o trainOptions) (drawn bool) {
	if o.noPlots {
		return false
	}
	err := drawRun(dir, plots.Options{})
	if err != nil && !errors.Is(err, errNoHistory) {
		p.warn(fmt.Sprintf("the curves were not drawn: %v", err))
	}
	return err == nil
}

// explainFailure adds to the error of a run what is left of it.
func explainFailure(dir string, err error) error {
	file, _, found := experiment.FindCheckpoint(dir, false)
	if found != nil {
		return err
	}
	return fmt.Errorf("%w\nThe run is intact up to %s", err, file)
}

var errNoHistory = errors.New("there is no record of a step yet")

// drawRun draws the curves of a run directory.
func drawRun(dir string, o plots.Options) error {
	h, err := readHistory(dir)
	if err != nil {
		return err
	}
	_, err = plots.WriteRun(h, filepath.Join(dir, experiment.PlotDir), o)
	return err
}

// readHistory reads the history of a run; errNoHistory where it has none yet.
func readHistory(dir string) (*train.History, error) {
	h, err := train.ReadHistory(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(h.Records) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, errNoHistory)
	}
	return h, err
}

// summarize prints what a run came to, and what to do with it.
func (p *program) summarize(r *experiment.Run, res train.Result, took time.Duration, drawn bool) {
	t := table{align: "ll"}
	t.add("run", r.Dir)
	t.add("ended", fmt.Sprintf("%s, after %s in %s", res.Reason, plural(res.Step, "step"), formatDuration(took)))
	if best := bestEvaluation(r.Dir, res); best != nil {
		t.add("best", describeEvaluation(best))
	}
	if res.Last != nil {
		t.add("last", describeEvaluation(res.Last))
	}
	if drawn {
		t.add("curves", filepath.Join(r.Dir, experiment.PlotDir))
	}
	for i, command := range nextCommands(r, res) {
		label := ""
		if i == 0 {
			label = "next"
		}
		t.add(label, command)
	}
	t.write(p.stdout)
}

// nextCommands lists what a person may do with a run that has ended.
func nextCommands(r *experiment.Run, res train.Result) []string {
	dir := experiment.ShellWord(r.Dir)
	if res.Reason == train.ReasonInterrupted {
		return []string{"strata resume " + dir}
	}
	list := []string{"strata eval " + dir}
	if r.Experiment.Splits.Eval == nil {
		list[0] += " --input FILE"
	}
	if res.Reason == train.ReasonEpochs {
		list = append(list, fmt.Sprintf("strata resume %s --epochs %d", dir, 2*res.Epoch))
	}
	return list
}

func describeEvaluation(r *train.Record) string {
	return fmt.Sprintf("%s  (epoch %s)", formatScores(r), formatEpoch(r.Epoch))
}

// bestEvaluation returns the record of the best evaluation: the result knows of it only the value that was watched.
func bestEvaluation(dir string, res train.Result) *train.Record {
	if res.Best == nil {
		return nil
	}
	h, err := train.ReadHistory(dir)
	if err != nil {
		return nil
	}
	for i := range h.Records {
		if rec := &h.Records[i]; rec.Kind == train.EvalRecord && rec.Step == res.Best.Step {
			return rec
		}
	}
	return nil
}
