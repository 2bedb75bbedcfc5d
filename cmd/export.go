package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/checkpoint/exchange"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/internal/atomicfile"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/train"
)

func (p *program) exportVerb() *cobra.Command {
	var format, output string
	var slots, last bool
	c := &cobra.Command{
		Use:   "export RUN|CHECKPOINT --output FILE [flags]",
		Short: "Write the weights of a checkpoint for another program",
		Long: `Write the parameters and states of a checkpoint as safetensors or as npz of numpy,
under their names and bit for bit. Of a run it takes the best checkpoint, or the
newest with --last. Where the run averaged its weights, the averages are written,
which are what eval and predict use.

With --slots, everything that the optimizer keeps is written as well, and the
parameters as they were trained, beside their averages.

Weights of a dense layer are stored [in out]: PyTorch's are [out in].`,
		Example: `  strata export runs/digits-1 --output digits.safetensors
  strata export runs/digits-1 --to npz --output weights.npz --slots`,
		Args: arguments(1, 1, "RUN or CHECKPOINT"),
		RunE: func(_ *cobra.Command, args []string) error {
			to, err := formatOf(format, output)
			if err != nil {
				return err
			}
			if err := isFree(output); err != nil {
				return err
			}
			return p.withCheckpoint(args[0], !last, func(f *checkpoint.File) error {
				tensors, err := exported(f, slots)
				if err != nil {
					return err
				}
				err = atomicfile.Write(atomicfile.Disk, output, func(w io.Writer) error {
					return exchange.Write(w, to, tensors, map[string]string{
						"producer": "strata " + f.Config().Strata, "step": strconv.FormatInt(f.State().Step, 10),
						"experiment_sha256": f.Config().SHA256,
					})
				})
				if err == nil {
					fmt.Fprintf(p.stdout, "%s of step %s in %s\n", plural(len(tensors), "tensor"), formatCount(f.State().Step), output)
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&format, "to", "", "`FORMAT`: safetensors or npz (default what the name of the file ends in)")
	c.Flags().StringVarP(&output, "output", "o", "", "`FILE` to write, which must not exist")
	c.Flags().BoolVar(&slots, "slots", false, "write what the optimizer keeps, too")
	c.Flags().BoolVar(&last, "last", false, "take the newest checkpoint of the run instead of the best")
	return c
}

// formatOf returns the format that a person names, or that the name of a file ends in.
func formatOf(name, file string) (exchange.Format, error) {
	if file == "" {
		return "", usage("--output is missing: name the file to write")
	}
	if name == "" {
		name = strings.TrimPrefix(filepath.Ext(file), ".")
		if !slices.Contains(exchange.Formats, exchange.Format(name)) {
			return "", usage("the name %s does not tell the format: end it in .safetensors or .npz, or give --to", file)
		}
	}
	if f := exchange.Format(name); slices.Contains(exchange.Formats, f) {
		return f, nil
	}
	var known []string
	for _, f := range exchange.Formats {
		known = append(known, string(f))
	}
	return "", usage("%w", &registry.UnknownError{What: "format", Name: name, Known: known})
}

// isFree returns a usageError where there is a file already.
func isFree(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = errors.New("is there already: name another file, or remove it")
		}
		return usage("%s %w", path, err)
	}
	return nil
}

// withCheckpoint calls f with the checkpoint that a path of the command line means.
func (p *program) withCheckpoint(path string, best bool, f func(*checkpoint.File) error) error {
	if err := exists(path); err != nil {
		return err
	}
	file, skipped, err := experiment.FindCheckpoint(path, best)
	if err != nil {
		return err
	}
	p.warn(experiment.SkipWarnings(skipped, file)...)
	c, err := checkpoint.Open(file)
	if err != nil {
		return err
	}
	return errors.Join(f(c), c.Close())
}

// exported reads the tensors to export: parameters, as averages where there are some, and states; or those and the slots.
func exported(f *checkpoint.File, slots bool) ([]checkpoint.Tensor, error) {
	var tensors []checkpoint.Tensor
	for _, info := range f.Tensors() {
		switch {
		case info.Role == checkpoint.Meter, info.Role == checkpoint.Slot && !slots:
			continue
		}
		from := info.Name
		if average, ok := train.AverageOf(f, info.Name); ok && info.Role == checkpoint.Param && !slots {
			from = average.Name
		}
		t, err := f.Tensor(from)
		if err != nil {
			return nil, err
		}
		t.Name = info.Name
		tensors = append(tensors, t)
	}
	return tensors, nil
}
