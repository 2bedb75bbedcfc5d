package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/plots"
)

// farthestWords is how many words are shown where none is named.
const farthestWords = 12

// A wordsResult is what words --json prints.
type wordsResult struct {
	Checkpoint string      `json:"checkpoint"`
	Param      string      `json:"param"`
	Words      []movedWord `json:"words"`
	Figures    []string    `json:"figures"`
}

type movedWord struct {
	Word   string                 `json:"word"`
	Moved  float64                `json:"moved"`
	Before []experiment.Neighbour `json:"before"`
	After  []experiment.Neighbour `json:"after"`
}

func (p *program) wordsVerb() *cobra.Command {
	var param, output string
	neighbours := 5
	var asJSON bool
	var figures plots.Options
	var o experiment.TrainedOptions
	c := &cobra.Command{
		Use:   "words RUN|CHECKPOINT [WORD…] [flags]",
		Short: "Show how training moved the vectors of words",
		Long: `Show how training moved the vectors of words, or of the words that it moved
farthest: the distance, and the nearest neighbours before and after, by the angle
between the vectors. The figure, as PNG and SVG, has an arrow for each word from
where it was to where it is, in the plane that shows most of the variance of the
vectors before and after (PCA). Of a run it takes the best checkpoint, or the
newest with --last.

The vectors before training are computed again, from the data and the files of
vectors, which must be as they were.`,
		Example: `  strata words runs/sentiment-1
  strata words runs/sentiment-1 good bad great terrible film --neighbours 8`,
		Args: arguments(1, -1, "RUN or CHECKPOINT"),
		RunE: func(_ *cobra.Command, args []string) error {
			if neighbours < 1 {
				return usage("--neighbours must be positive, is %d", neighbours)
			}
			return p.withTrained(args[0], o, func(t *experiment.Trained) error {
				table, err := t.WordTable(param)
				if err != nil {
					return err
				}
				ids := table.Farthest(farthestWords)
				if len(args) > 1 {
					if ids, err = table.IDs(args[1:]); err != nil {
						return usage("%w", err)
					}
				}
				if output == "" {
					output = figureDir(args[0])
				}
				result := wordsOf(table, ids, neighbours)
				result.Checkpoint = t.Path
				if result.Figures, err = drawWords(table, ids, t.Config.Name, output, figures); err != nil {
					return err
				}
				if asJSON {
					return writeJSON(p.stdout, result)
				}
				p.printWords(result)
				return nil
			})
		},
	}
	c.Flags().StringVar(&param, "param", "", "`PATH` of the table, such as embed/w (default the first whose rows stand for words)")
	c.Flags().IntVar(&neighbours, "neighbours", neighbours, "show `N` neighbours of each word")
	c.Flags().StringVar(&output, "output", "", "directory `DIR` of the figure (default RUN/plots, or plots for a checkpoint)")
	addFormatFlag(c, &figures)
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	addTrainedFlags(c, &o)
	return c
}

// figureDir returns where the figures of a run, or of a checkpoint, are drawn.
func figureDir(path string) string {
	if experiment.IsRun(path) {
		return filepath.Join(path, experiment.PlotDir)
	}
	return experiment.PlotDir
}

func wordsOf(t *experiment.WordTable, ids []int32, neighbours int) *wordsResult {
	result := &wordsResult{Param: t.Param}
	for _, id := range ids {
		result.Words = append(result.Words, movedWord{
			t.Word(id), t.Moved(id), t.Neighbours(t.Before, id, neighbours), t.Neighbours(t.After, id, neighbours),
		})
	}
	return result
}

// drawWords draws the arrows of words and returns the paths of the figure.
func drawWords(t *experiment.WordTable, ids []int32, name, dir string, figures plots.Options) ([]string, error) {
	plane := t.Plane(ids)
	arrows := make([]plots.Arrow, len(ids))
	for i, id := range ids {
		from, to := plane.Before[i], plane.After[i]
		arrows[i] = plots.Arrow{Name: t.Word(id), X0: from[0], Y0: from[1], X1: to[0], Y1: to[1]}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	label := func(k int) string {
		return fmt.Sprintf("principal component %d (%.0f %% of the variance)", k+1, 100*plane.Share[k])
	}
	file := filepath.Join(dir, "words_"+strings.ReplaceAll(t.Param, "/", "_"))
	return plots.Arrows(file, fmt.Sprintf("%s · %s before and after training", name, t.Param), label(0), label(1), arrows, figures)
}

func (p *program) printWords(r *wordsResult) {
	t := table{align: "lrll"}
	t.add("word", "moved", "nearest before", "nearest after")
	for _, w := range r.Words {
		t.add(w.Word, strconv.FormatFloat(w.Moved, 'f', 3, 64), formatNeighbours(w.Before), formatNeighbours(w.After))
	}
	t.write(p.stdout)
	fmt.Fprintln(p.stdout)
	for _, f := range r.Figures {
		fmt.Fprintln(p.stdout, f)
	}
}

func formatNeighbours(list []experiment.Neighbour) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = fmt.Sprintf("%s %.2f", n.Word, n.Cosine)
	}
	return strings.Join(words, ", ")
}
