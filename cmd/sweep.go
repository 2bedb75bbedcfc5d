package cmd

import (
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/plots"
	"github.com/strata-ml/strata/registry"
)

// plotSweep draws runs over the value of a key of their experiments.
func (p *program) plotSweep(dirs []string, o plotFlags) error {
	histories, err := readHistories(dirs)
	if err != nil {
		return err
	}
	var trials []plots.Trial
	for i, dir := range dirs {
		t := plots.Trial{History: histories[i]}
		values, err := settings(dir)
		if err != nil {
			return err
		}
		for _, r := range histories[i].Records {
			if c := r.Change; c != nil && (c.Key == o.by || c.Key == o.line) {
				p.warn(fmt.Sprintf("%s: %s was %s up to step %d: it is drawn at the value that it has now", dir, c.Key, c.From, r.Step))
			}
		}
		text, err := values.of(o.by)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		if t.X, err = strconv.ParseFloat(text, 64); err != nil {
			return usage("--by takes a key whose value is a number: in %s, %s is %q", dir, o.by, text)
		}
		if o.line != "" {
			if t.Line, err = values.of(o.line); err != nil {
				return fmt.Errorf("%s: %w", dir, err)
			}
		}
		trials = append(trials, t)
	}
	if o.output == "" {
		o.output = experiment.PlotDir
	}
	files, err := plots.Sweep(o.by, trials, o.output, o.figures)
	for _, f := range files {
		fmt.Fprintln(p.stdout, f)
	}
	return err
}

// runSettings are the values of an experiment, by their paths.
type runSettings struct {
	paths  []string
	values map[string]string
}

// settings returns what a run was set to, every default included.
func settings(dir string) (*runSettings, error) {
	e, err := experiment.Load(filepath.Join(dir, experiment.ConfigFile), experiment.Options{SkipData: true})
	if err != nil {
		return nil, err
	}
	s := &runSettings{values: map[string]string{}}
	for _, o := range e.Origins() {
		s.paths = append(s.paths, o.Path)
		s.values[o.Path] = o.Value
	}
	return s, nil
}

func (s *runSettings) of(path string) (string, error) {
	v, ok := s.values[path]
	if !ok {
		return "", &usageError{&registry.UnknownError{What: "key", Name: path, Known: s.paths}}
	}
	return v, nil
}
