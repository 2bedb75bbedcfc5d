package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// An inspection is what inspect --json prints.
type inspection struct {
	Checkpoint string            `json:"checkpoint"`
	State      inspectedState    `json:"state"`
	Config     inspectedConfig   `json:"config"`
	Tensors    []inspectedTensor `json:"tensors"`
}

type inspectedState struct {
	Step       int64          `json:"step"`
	Epoch      int64          `json:"epoch"`
	Position   int64          `json:"position"`
	Seed       uint64         `json:"seed"`
	Best       *inspectedBest `json:"best,omitempty"`
	EarlyStop  *inspectedStop `json:"early_stopping,omitempty"`
	LogOffset  int64          `json:"log_offset"`
	LogCRC     string         `json:"log_crc32c"`
	Finished   bool           `json:"finished"`
	StopReason string         `json:"stop_reason,omitempty"`
}

type inspectedBest struct {
	Metric string       `json:"metric"`
	Value  train.Number `json:"value"`
	Step   int64        `json:"step"`
	Epoch  int64        `json:"epoch"`
}

type inspectedStop struct {
	Metric string       `json:"metric"`
	Best   train.Number `json:"best"`
	Waited int64        `json:"waited"` // evaluations since the best one
}

type inspectedConfig struct {
	Experiment string          `json:"experiment"` // the resolved file
	SHA256     string          `json:"sha256"`
	Strata     string          `json:"strata"`
	Go         string          `json:"go"`
	Platform   string          `json:"platform"`
	Kernel     string          `json:"kernel"`
	Modules    []string        `json:"modules"`
	Data       []inspectedData `json:"data"`
}

type inspectedData struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

type inspectedTensor struct {
	Name   string `json:"name"`
	Role   string `json:"role"`
	Shape  []int  `json:"shape"`
	DType  string `json:"dtype"`
	Bytes  int64  `json:"bytes"`
	CRC32C string `json:"crc32c"`
}

func (p *program) inspectVerb() *cobra.Command {
	var asJSON, last bool
	c := &cobra.Command{
		Use:   "inspect RUN|CHECKPOINT [flags]",
		Short: "Show what a checkpoint holds",
		Long: `Show the state, the experiment and the tensors of a checkpoint. Only its index is
read; strata verify reads every byte. Of a run it takes the best checkpoint, or the
newest with --last.`,
		Example: `  strata inspect runs/digits-1
  strata inspect runs/digits-1/checkpoints/step-0000001350.strata --json`,
		Args: arguments(1, 1, "RUN or CHECKPOINT"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := exists(args[0]); err != nil {
				return err
			}
			path, skipped, err := experiment.FindCheckpoint(args[0], !last)
			if err != nil {
				return err
			}
			p.warn(experiment.SkipWarnings(skipped, path)...)
			f, err := checkpoint.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			i := inspect(path, f)
			if asJSON {
				return writeJSON(p.stdout, i)
			}
			p.printInspection(i)
			return nil
		},
	}
	c.Flags().BoolVar(&last, "last", false, "take the newest checkpoint of the run instead of the best")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

func inspect(path string, f *checkpoint.File) *inspection {
	s, c := f.State(), f.Config()
	i := &inspection{
		Checkpoint: path,
		State: inspectedState{
			Step: s.Step, Epoch: s.Epoch, Position: s.Position, Seed: s.Seed, LogOffset: s.LogOffset,
			LogCRC: formatCRC(s.LogCRC), Finished: s.Finished, StopReason: s.StopReason,
		},
		Config: inspectedConfig{
			Experiment: c.Text, SHA256: c.SHA256, Strata: c.Strata, Go: c.Go, Platform: c.GOOS + "/" + c.GOARCH, Kernel: c.Kernel,
		},
	}
	if b := s.Best; b != nil {
		i.State.Best = &inspectedBest{b.Metric, train.Number(b.Value), b.Step, b.Epoch}
	}
	if e := s.EarlyStop; e != nil {
		i.State.EarlyStop = &inspectedStop{e.Metric, train.Number(e.Best), e.Waited}
	}
	for _, m := range c.Modules {
		i.Config.Modules = append(i.Config.Modules, strings.TrimSuffix(m.Path+"@"+m.Version, "@"))
	}
	for _, d := range c.Data {
		i.Config.Data = append(i.Config.Data, inspectedData{d.Path, d.Bytes, d.Rows, d.SHA256})
	}
	for _, t := range f.Tensors() {
		i.Tensors = append(i.Tensors, inspectTensor(t))
	}
	return i
}

func inspectTensor(t checkpoint.TensorInfo) inspectedTensor {
	return inspectedTensor{t.Name, t.Role, t.Shape, string(t.DType), t.Bytes, formatCRC(t.CRC32C)}
}

func formatCRC(sum uint32) string { return fmt.Sprintf("%08x", sum) }

func (p *program) printInspection(i *inspection) {
	head := table{align: "ll"}
	head.add("checkpoint", i.Checkpoint)
	s := i.State
	progress := fmt.Sprintf("%s, %s", plural(s.Step, "step"), plural(s.Epoch, "epoch"))
	if s.Position > 0 {
		progress += fmt.Sprintf(" and %s of the next", plural(s.Position, "row"))
	}
	if s.Finished {
		progress += "; finished: " + s.StopReason
	}
	head.add("progress", progress)
	if b := s.Best; b != nil {
		head.add("best", fmt.Sprintf("%s %s at step %s", b.Metric, formatValue(b.Value), formatCount(b.Step)))
	}
	if e := s.EarlyStop; e != nil {
		head.add("early stopping", fmt.Sprintf("%s %s is the best, %s ago", e.Metric, formatValue(e.Best), plural(e.Waited, "evaluation")))
	}
	head.add("seed", fmt.Sprint(s.Seed))
	c := i.Config
	head.add("made by", fmt.Sprintf("strata %s, %s, %s, %s kernels", c.Strata, c.Go, c.Platform, c.Kernel))
	for _, m := range c.Modules {
		head.add("module", m)
	}
	for _, d := range c.Data {
		head.add("data", fmt.Sprintf("%s  %s, %s, SHA-256 %.12s…", d.Path, plural(d.Rows, "row"), formatBytes(d.Bytes), d.SHA256))
	}
	head.write(p.stdout)
	fmt.Fprintln(p.stdout)
	t := table{align: "llllrl"}
	t.add("tensor", "role", "shape", "dtype", "bytes", "CRC-32C")
	for _, one := range i.Tensors {
		t.add(one.Name, one.Role, formatShape(one.Shape), one.DType, formatCount(one.Bytes), one.CRC32C)
	}
	t.write(p.stdout)
}
