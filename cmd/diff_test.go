package cmd

import (
	"math"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
)

func TestDiffOfEqualRuns(t *testing.T) {
	trainedDigits(t)
	mustStrata(t, "train", "digits.yaml", "--run", "again", "--no-plots")
	wantAll(t, mustStrata(t, "diff", "r", "again"), "a  r/checkpoints/step-0000000024.strata\n", "equal: ", "tensors, progress, experiment and provenance")
	var d difference
	decodeOne(t, mustStrata(t, "diff", "r", "again", "--json"), &d)
	if !d.Equal || d.Same == 0 || len(d.Tensors) != 0 {
		t.Errorf("got %+v", d)
	}
}

func TestDiffOfCheckpoints(t *testing.T) {
	trainedDigits(t)
	r := strata(t, "diff", "r/checkpoints/step-0000000012.strata", "r", "--last")
	if r.code != exitFailed || r.stderr != "" {
		t.Errorf("exit code %d, errors %q", r.code, r.stderr)
	}
	wantAll(t, r.out, "progress", "step           12", "fc1/w/m", "480 of 512", "[1, 0]", "2 tensors are equal", "best.step")
}

// TestDiffCountsElements changes elements by known amounts.
func TestDiffCountsElements(t *testing.T) {
	trainedDigits(t)
	path := "r/checkpoints/step-0000000024.strata"
	edit(t, path, "changed.strata", func(s *checkpoint.Snapshot) {
		for i, one := range s.Tensors {
			switch one.Name {
			case "fc1/w":
				w := make([]float32, len(one.Data)/4)
				checkpoint.Copy(w, one.Data)
				w[8*3+2] += 16
				s.Tensors[i].Data = checkpoint.Bytes(w)
			case "fc1/b":
				s.Tensors[i].Shape = []int{2, 4}
			case "logits/b":
				s.Tensors[i].Name = "logits/bias"
			}
		}
		s.Config.Strata, s.Config.SHA256 = "v9", ""
		s.Config.Text += `extra: "\e[2J"` + "\n"
	})
	var d difference
	r := strata(t, "diff", path, "changed.strata", "--json")
	decodeOne(t, r.out, &d)
	if r.code != exitFailed || len(d.Tensors) != 4 || len(d.Progress) != 0 || len(d.Provenance) != 1 || len(d.Config) != 1 {
		t.Fatalf("exit code %d, %+v", r.code, d)
	}
	w := d.Tensors[0]
	if w.Name != "fc1/w" || w.Differ != 1 || *w.First != 8*3+2 || math.Abs(float64(*w.MaxAbs)-16) > 1e-5 || *w.Relative <= 0 {
		t.Errorf("got %+v", w)
	}
	wantAll(t, strata(t, "diff", path, "changed.strata").out, "1 of 512   1.60e+01", "[3, 2]", "  float32 8 in a, float32 2×4 in b",
		"logits/b ", "in a alone: float32 10", "in b alone: float32 10", "extra       —  \"\\e[2J\"", "strata      (devel)", "v9")
}

// edit writes a copy of a checkpoint with a change.
func edit(t *testing.T, path, to string, change func(*checkpoint.Snapshot)) {
	t.Helper()
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := f.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	change(s)
	if err := checkpoint.Save(to, s); err != nil {
		t.Fatal(err)
	}
}

// TestDiffTrouble keeps what could not be compared apart from what differs.
func TestDiffTrouble(t *testing.T) {
	trainedDigits(t)
	damage(t, "r/checkpoints/step-0000000012.strata")
	r := strata(t, "diff", "r", "r/checkpoints/step-0000000012.strata")
	if r.code != exitUsage || r.out != "" {
		t.Errorf("exit code %d, output %q", r.code, r.out)
	}
	wantAll(t, r.stderr, "strata: checkpoint: r/checkpoints/step-0000000012.strata: tensor")
	if r := strata(t, "diff", "r", "missing"); r.code != exitUsage || r.out != "" {
		t.Errorf("exit code %d, output %q", r.code, r.out)
	}
}
