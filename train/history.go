package train

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
)

// The files of a run directory that hold its history.
const (
	MetricsFile = "metrics.jsonl" // one Record per line; no wall-clock or host values
	TimingFile  = "timing.jsonl"  // one Mark per line; wall-clock times, starts, resumes and stops
)

// The kinds of Record.
const (
	StepRecord  = "step"  // one optimization step: the loss of that batch alone
	EpochRecord = "epoch" // the end of an epoch: means over all its training batches
	EvalRecord  = "eval"  // an evaluation on the whole eval set

	// GradientRecord is a comparison of gradients with numeric ones, before the step that follows those that Step counts.
	GradientRecord = "gradient_check"

	// ChangeRecord is a value that a run goes on with, from the step after those that Step counts, in the place of another.
	// It has no loss.
	ChangeRecord = "change"

	// SkippedRecord is a step whose update was left out, and RollbackRecord a return to a checkpoint, which is that of Step:
	// the records of what came after it are gone. Neither has a loss.
	SkippedRecord  = "skipped"
	RollbackRecord = "rollback"
)

// A Record is one line of metrics.jsonl. It is a pure function of the experiment and the step, so a run that was cut
// and resumed writes the same bytes as one that was not.
type Record struct {
	Kind        string               `json:"kind"`
	Step        int64                `json:"step"`                   // optimization steps finished
	Epoch       Number               `json:"epoch"`                  // epochs finished, with a fraction
	Loss        Number               `json:"loss"`                   // data term, mean per example
	Penalty     *Number              `json:"penalty,omitempty"`      // regularization term, where there is a penalty on parameters
	Activity    *Number              `json:"activity,omitempty"`     // penalties on outputs of nodes, mean per example of the step's batch
	LR          *Number              `json:"lr,omitempty"`           // learning rate used for the step
	GradNorm    *Number              `json:"grad_norm,omitempty"`    // Euclidean norm of the whole gradient, before clipping
	UpdateRatio map[string]Number    `json:"update_ratio,omitempty"` // node → ‖Δw‖/‖w‖ of the node's parameters
	Metrics     map[string]Number    `json:"metrics,omitempty"`      // metric name → value
	Saturation  map[string]Number    `json:"saturation,omitempty"`   // node → share of saturated outputs
	Dead        map[string]Number    `json:"dead,omitempty"`         // node → share of units that are 0 in the whole batch
	GradNorms   map[string]Number    `json:"grad_norms,omitempty"`   // node → norm of the gradient of its parameters, before clipping
	Zeros       map[string]Number    `json:"zeros,omitempty"`        // parameter → share of exact zeros
	Histograms  map[string]Histogram `json:"histograms,omitempty"`   // parameter → its elements
	Best        bool                 `json:"best,omitempty"`         // an eval record that is the best so far

	Gradient *CheckedGradient `json:"gradient,omitempty"` // the worst element of a gradient record
	Change   *Change          `json:"change,omitempty"`   // of a change record
	Skipped  *Skipped         `json:"skipped,omitempty"`  // of a skipped record
	Rollback *Rollback        `json:"rollback,omitempty"` // of a rollback record
}

// line returns what the log holds of the record.
func (r Record) line() any {
	if r.Change == nil && r.Skipped == nil && r.Rollback == nil {
		return r
	}
	return struct {
		Kind     string    `json:"kind"`
		Step     int64     `json:"step"`
		Epoch    Number    `json:"epoch"`
		Change   *Change   `json:"change,omitempty"`
		Skipped  *Skipped  `json:"skipped,omitempty"`
		Rollback *Rollback `json:"rollback,omitempty"`
	}{r.Kind, r.Step, r.Epoch, r.Change, r.Skipped, r.Rollback}
}

// The kinds of Mark.
const (
	StartMark      = "start"
	ResumeMark     = "resume"
	StopMark       = "stop"
	CheckpointMark = "checkpoint"
	EpochMark      = "epoch"
)

// A Mark is one line of timing.jsonl: something that happened at a wall-clock time, and so differs between two runs of
// the same experiment.
type Mark struct {
	Kind    string  `json:"kind"`
	Step    int64   `json:"step"`
	Epoch   Number  `json:"epoch"`
	Time    string  `json:"time"`              // RFC 3339 with milliseconds
	Seconds float64 `json:"seconds,omitempty"` // what a checkpoint or an epoch took
	Stalled float64 `json:"stalled,omitempty"` // seconds of a checkpoint that training waited: for the copy, and for the end where the next one was due before
	Note    string  `json:"note,omitempty"`
}

// Number is a float64 whose JSON form keeps NaN and the infinities, as the strings "NaN", "+Inf" and "-Inf". Finite
// values take the shortest form that reads back to the same bits.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return strconv.AppendQuote(nil, formatNonFinite(f)), nil
	}
	return strconv.AppendFloat(nil, f, 'g', -1, 64), nil
}

func formatNonFinite(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "+Inf"
	case math.IsInf(f, -1):
		return "-Inf"
	}
	return "NaN"
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(string(bytes.Trim(b, `"`)), 64)
	if err != nil {
		return fmt.Errorf("train: %s is not a number", b)
	}
	*n = Number(f)
	return nil
}

// History is what a run directory remembers of its training.
type History struct {
	Name    string   // the run: the base name of its directory
	Records []Record // in the order of metrics.jsonl
	Marks   []Mark   // in the order of timing.jsonl; nil where the file is missing
}

// ReadHistory reads the history of the run in dir. A last line that a crash cut short is left out, and so is all that
// follows a NUL byte, which no line has and a power cut leaves in place of what was not on the disk yet; any other line
// that cannot be read is an error that names the file and the line.
func ReadHistory(dir string) (*History, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	h := &History{Name: filepath.Base(abs)}
	if h.Records, err = readLines[Record](filepath.Join(dir, MetricsFile)); err != nil {
		return nil, err
	}
	h.Marks, err = readLines[Mark](filepath.Join(dir, TimingFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return h, nil
}

// maxLine bounds a line of a history in bytes. A record with the histograms of a hundred parameters has fifty thousand.
const maxLine = 32 << 20

func readLines[T any](path string) ([]T, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var out []T
	r := bufio.NewReaderSize(file, 64<<10)
	var buffer bytes.Buffer
	for line := 1; ; line++ {
		buffer.Reset()
		err := readLine(r, &buffer)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		var v T
		if err := json.Unmarshal(buffer.Bytes(), &v); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		out = append(out, v)
	}
}

// readLine reads a line. Its error is io.EOF where the line has no end or holds a NUL byte.
func readLine(r *bufio.Reader, line *bytes.Buffer) error {
	for {
		part, err := r.ReadSlice('\n')
		if bytes.IndexByte(part, 0) >= 0 {
			return io.EOF
		}
		if line.Len()+len(part) > maxLine {
			return fmt.Errorf("the line is longer than %d MiB", maxLine>>20)
		}
		line.Write(part)
		if err != bufio.ErrBufferFull {
			return err
		}
	}
}
