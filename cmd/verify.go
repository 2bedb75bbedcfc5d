package cmd

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/train"
)

// A verification is what verify --json prints.
type verification struct {
	OK          bool                 `json:"ok"`     // every byte is as it was written
	Finite      bool                 `json:"finite"` // no element of an intact checkpoint is NaN or infinite
	Checkpoints []verifiedCheckpoint `json:"checkpoints"`
	MetricsLog  *verifiedLog         `json:"metrics_log,omitempty"` // of a run
}

type verifiedCheckpoint struct {
	Path      string           `json:"path"`
	OK        bool             `json:"ok"`
	Error     string           `json:"error,omitempty"`
	Bytes     int64            `json:"bytes"`
	Tensors   int              `json:"tensors"`
	Blocks    int64            `json:"blocks"`
	NonFinite map[string]int64 `json:"non_finite,omitempty"` // elements that are NaN or infinite, by tensor
}

// nonFinite returns how many elements are NaN or infinite.
func (c *verifiedCheckpoint) nonFinite() int64 {
	var n int64
	for _, count := range c.NonFinite {
		n += count
	}
	return n
}

type verifiedLog struct {
	Path  string `json:"path"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
	Bytes int64  `json:"bytes"` // that the newest checkpoint knows of
}

func (p *program) verifyVerb() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify RUN|CHECKPOINT [flags]",
		Short: "Read every byte of a checkpoint or a run, and tell what is damaged",
		Long: `Read every byte of a checkpoint and compare it with its checksums. Of a run, read
all checkpoints, and compare the metrics log with what the newest one knows of it.
The exit code is 1 where anything is damaged.

A checkpoint may be intact and yet hold numbers that are NaN or infinite. That is no
damage and does not change the exit code; a warning tells of them, and with --json,
"finite" is false.`,
		Example: `  strata verify runs/digits-1
  strata verify runs/digits-1/checkpoints/step-0000001350.strata --json`,
		Args: arguments(1, 1, "RUN or CHECKPOINT"),
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := verify(args[0])
			if err != nil {
				return err
			}
			if asJSON {
				if err := writeJSON(p.stdout, v); err != nil {
					return err
				}
			} else {
				p.printVerification(v)
			}
			for _, c := range v.Checkpoints {
				if n := c.nonFinite(); n > 0 {
					p.warn(fmt.Sprintf("%s is intact, but holds %s that are NaN or infinite", c.Path, plural(n, "element")))
				}
			}
			if !v.OK {
				return silentError(exitFailed)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

// verify reads a checkpoint, or a run directory. The error is that of a path that is neither.
func verify(path string) (*verification, error) {
	if err := exists(path); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	v := &verification{OK: true, Finite: true}
	if !info.IsDir() {
		v.checkpoint(path)
		return v, nil
	}
	paths, err := checkpoint.List(filepath.Join(path, train.CheckpointDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, usage("%s has no checkpoint", path)
	}
	var newest *checkpoint.State
	for _, one := range paths {
		if state := v.checkpoint(one); newest == nil {
			newest = state
		}
	}
	if newest != nil {
		v.metricsLog(filepath.Join(path, train.MetricsFile), newest)
	}
	return v, nil
}

// checkpoint adds a checkpoint to the verification and returns its state, nil where it is damaged.
func (v *verification) checkpoint(path string) *checkpoint.State {
	one := verifiedCheckpoint{Path: path}
	defer func() { v.Checkpoints = append(v.Checkpoints, one) }()
	f, err := checkpoint.Open(path)
	var report checkpoint.Report
	if err == nil {
		defer f.Close()
		report, err = f.Verify()
	}
	if err != nil {
		one.Error, v.OK = err.Error(), false
		return nil
	}
	one.OK, one.Bytes, one.Tensors, one.Blocks = true, report.Bytes, report.Tensors, report.Blocks
	for _, n := range report.NonFinite {
		if one.NonFinite == nil {
			one.NonFinite = map[string]int64{}
		}
		one.NonFinite[n.Tensor] = n.Count
		v.Finite = false
	}
	state := f.State()
	return &state
}

// metricsLog compares the beginning of the metrics log with the length and checksum that a checkpoint knows. What
// follows was written since, and is cut off when the run goes on.
func (v *verification) metricsLog(path string, s *checkpoint.State) {
	log := verifiedLog{Path: path, Bytes: s.LogOffset}
	sum, n, err := checksum(path, s.LogOffset)
	switch {
	case err != nil:
	case n < s.LogOffset:
		err = fmt.Errorf("%s has %d bytes and the newest checkpoint knows of %d: lines are missing", path, n, s.LogOffset)
	case sum != s.LogCRC:
		err = fmt.Errorf("%s: its first %d bytes have the checksum %08x, not %08x as the newest checkpoint knows", path, n, sum, s.LogCRC)
	}
	log.OK = err == nil
	if err != nil {
		log.Error, v.OK = err.Error(), false
	}
	v.MetricsLog = &log
}

// checksum returns the CRC-32C of up to the first most bytes of a file, and how many they are.
func checksum(path string, most int64) (sum uint32, n int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	h := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	n, err = io.Copy(h, io.LimitReader(f, most))
	return h.Sum32(), n, err
}

func (p *program) printVerification(v *verification) {
	for _, c := range v.Checkpoints {
		if !c.OK {
			fmt.Fprintf(p.stdout, "DAMAGED  %s\n", withPath(c.Path, c.Error))
			continue
		}
		word := "ok     "
		if c.nonFinite() > 0 {
			word = "NaN/Inf"
		}
		fmt.Fprintf(p.stdout, "%s  %s: %s, %s, %s\n", word, c.Path, plural(c.Tensors, "tensor"), plural(c.Blocks, "block"), formatBytes(c.Bytes))
		for _, tensor := range slices.Sorted(maps.Keys(c.NonFinite)) {
			fmt.Fprintf(p.stdout, "         %s: %s NaN or infinite\n", tensor, plural(c.NonFinite[tensor], "element"))
		}
	}
	if l := v.MetricsLog; l != nil && l.OK {
		fmt.Fprintf(p.stdout, "ok       %s: the first %s bytes are those that the newest checkpoint knows of\n", l.Path, formatCount(l.Bytes))
	} else if l != nil {
		fmt.Fprintf(p.stdout, "DAMAGED  %s\n", withPath(l.Path, l.Error))
	}
}

// withPath puts a path in front of a message that lacks it.
func withPath(path, message string) string {
	if strings.Contains(message, path) {
		return message
	}
	return path + ": " + message
}
