package cmd

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/internal/atomicfile"
)

func (p *program) predictVerb() *cobra.Command {
	var input, output string
	var probabilities bool
	var o experiment.TrainedOptions
	c := &cobra.Command{
		Use:   "predict RUN|CHECKPOINT --input FILE [flags]",
		Short: "Predict the target for the rows of a file",
		Long: `Predict the target for each row of a file of the kind that the model was trained
on; a column of the target is not needed. The result is CSV with a header and a
row for each row of the file: the class, or the number in units of the training
file. Of a run it takes the best checkpoint, or the newest with --last.`,
		Example: `  strata predict runs/iris-1 --input flowers.csv
  strata predict runs/iris-1 --input flowers.csv --probabilities --output species.csv`,
		Args: arguments(1, 1, "RUN or CHECKPOINT"),
		RunE: func(_ *cobra.Command, args []string) error {
			if input == "" {
				return usage("--input is missing: name the file with the rows to predict for")
			}
			if err := exists(input); err != nil {
				return err
			}
			return p.withTrained(args[0], o, func(t *experiment.Trained) error {
				write := func(w io.Writer) error { return predict(t, input, probabilities, w) }
				if output != "" {
					return atomicfile.Write(atomicfile.Disk, output, write)
				}
				w := bufio.NewWriter(p.stdout)
				return errors.Join(write(w), w.Flush())
			})
		},
	}
	c.Flags().StringVar(&input, "input", "", "`FILE` with the rows to predict for")
	c.Flags().StringVar(&output, "output", "", "write to this `FILE` instead of standard output")
	c.Flags().BoolVar(&probabilities, "probabilities", false, "add a column with the probability of each class")
	addTrainedFlags(c, &o)
	return c
}

// predict writes the predictions for the rows of a file as CSV.
func predict(t *experiment.Trained, input string, probabilities bool, to io.Writer) error {
	file, err := filepath.Abs(input)
	if err != nil {
		return err
	}
	labels, err := t.Labels()
	if err != nil {
		return err
	}
	if probabilities && labels == nil {
		return usage("--probabilities: the model predicts numbers, not classes")
	}
	w := csv.NewWriter(to)
	begun := false
	err = t.Predict(file, func(_ int, prediction experiment.Prediction) error {
		if !begun {
			begun = true
			if err := w.Write(predictionHeader(labels, len(prediction.Values), probabilities)); err != nil {
				return err
			}
		}
		return w.Write(predictionRow(labels, prediction, probabilities))
	})
	w.Flush()
	return errors.Join(err, w.Error())
}

// predictionHeader names the columns: prediction and the probability of each class, or the numbers that are predicted.
func predictionHeader(labels []string, values int, probabilities bool) []string {
	header := []string{"prediction"}
	switch {
	case labels == nil:
		for i := 2; i <= values; i++ {
			header = append(header, "prediction_"+strconv.Itoa(i))
		}
	case probabilities:
		for _, l := range labels {
			header = append(header, "probability_"+l)
		}
	}
	return header
}

func predictionRow(labels []string, p experiment.Prediction, probabilities bool) []string {
	var row []string
	values := p.Values
	if labels != nil {
		row = append(row, p.Class)
		if !probabilities {
			return row
		}
		if len(values) == 1 { // one output tells both classes: that of the second is its value
			values = []float64{1 - values[0], values[0]}
		}
	}
	for _, v := range values {
		row = append(row, strconv.FormatFloat(v, 'g', 6, 64))
	}
	return row
}
