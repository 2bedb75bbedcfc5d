package train_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// checked returns a setup that checks its gradients every three steps.
func checked[T tensor.Float](t *testing.T, dir string) train.Setup[T] {
	t.Helper()
	s, twin := setup[T](t, "adam", dir), setup[float64](t, "adam", "")
	s.Debug.GradientCheck = &train.GradientCheck{Every: 3, Samples: 4}
	s.Reference = &train.Reference{Model: twin.Model, Loss: twin.Loss}
	return s
}

// TestGradientCheckChangesNothing compares the checkpoint of a run that checks its gradients with that of one that does
// not, bit by bit, and the logs but for the records of the checks.
func TestGradientCheckChangesNothing(t *testing.T) {
	t.Run("float32", testCheckChangesNothing[float32])
	t.Run("float64", testCheckChangesNothing[float64])
}

func testCheckChangesNothing[T tensor.Float](t *testing.T) {
	plain, with := t.TempDir(), t.TempDir()
	a := trainAll(t, setup[T](t, "adam", plain), 0)
	b := trainAll(t, checked[T](t, with), 0)
	if a.Step != b.Step || tensorsOf(t, plain) != tensorsOf(t, with) {
		t.Error("the run that checks its gradients ends with other weights")
	}
	log := readLog(t, with)
	var others []string
	found := 0
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"kind":"gradient_check"`) {
			others = append(others, line)
			continue
		}
		found++
		if !strings.Contains(line, `"ok":true`) || !strings.Contains(line, `"checked":14`) {
			t.Errorf("the record is %s", line)
		}
	}
	if found != 4 { // of 12 steps
		t.Errorf("%d records of checks, want 4", found)
	}
	if strings.Join(others, "") != readLog(t, plain) {
		t.Error("the logs differ in more than the records of the checks")
	}
}

func readLog(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, train.MetricsFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestGradientCheckResumes cuts a run that checks its gradients after each step; it ends with the same bits.
func TestGradientCheckResumes(t *testing.T) {
	whole := t.TempDir()
	trainAll(t, checked[float32](t, whole), 0)
	for cut := int64(1); cut < 12; cut++ {
		dir := t.TempDir()
		trainAll(t, checked[float32](t, dir), cut)
		trainAll(t, checked[float32](t, dir), 0)
		if digest(t, dir) != digest(t, whole) {
			t.Errorf("cut after step %d, the run ends otherwise", cut)
		}
	}
}

// bent is the identity, with a gradient that is off by a factor.
type bent[T tensor.Float] struct{ slope T }

func (bent[T]) Build(b *layers.Builder[T]) error { return b.SameShape() }

func (bent[T]) Forward(f *layers.Frame[T]) { copy(f.Out(), f.In(0)) }

func (l bent[T]) Backward(f *layers.Frame[T]) {
	copy(f.DIn(0), f.DOut())
	tensor.Scale(l.slope, f.DIn(0))
}

// withBent returns a setup whose model has a layer with a wrong gradient between two dense ones.
func withBent[T tensor.Float](t *testing.T, dir string) train.Setup[T] {
	t.Helper()
	s := setup[T](t, "adam", dir)
	m, err := model.NewSequential(
		tensor.Spec{Name: "x", Shape: tensor.Shape{4}},
		model.Node[T]{Name: "fc1", Layer: layers.NewDense[T](layers.DenseConfig{Units: 6, Bias: true})},
		model.Node[T]{Name: "own", Layer: bent[T]{1.25}},
		model.Node[T]{Name: "out", Layer: layers.NewDense[T](layers.DenseConfig{Units: 2, Bias: true})},
	)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(4)
	s.Model = m
	return s
}

// TestGradientCheckNamesTheLayer catches a wrong gradient in a layer of one's own at the first step, names the layer, and
// leaves the weights and the states as they were.
func TestGradientCheckNamesTheLayer(t *testing.T) {
	dir := t.TempDir()
	s, twin := withBent[float32](t, dir), withBent[float64](t, "")
	s.Debug.GradientCheck = &train.GradientCheck{Every: 5, Samples: 6}
	s.Reference = &train.Reference{Model: twin.Model, Loss: twin.Loss}
	var seen []train.Record
	s.Observers = append(s.Observers, train.ObserverFunc(func(e train.Event) {
		if e, ok := e.(*train.GradientsChecked); ok {
			seen = append(seen, e.Record)
		}
	}))
	before := hashOf(s.Model)
	run, err := train.New(s)
	if err != nil {
		t.Fatal(err)
	}
	_, err = run.Train(context.Background())
	wrong, ok := errors.AsType[*model.GradientError](err)
	if !ok {
		t.Fatalf("the run ends with %v", err)
	}
	if wrong.Fault == nil || wrong.Fault.Node != "own" || !strings.HasPrefix(wrong.Worst.Path, "fc1/") {
		t.Errorf("got %+v, fault %v", wrong.Worst, wrong.Fault)
	}
	if !strings.HasPrefix(err.Error(), "step 0: the gradient of fc1/") {
		t.Errorf("the error is %v", err)
	}
	if after := hashOf(s.Model); after != before {
		t.Error("the check changed the model")
	}
	if len(seen) != 1 || seen[0].Gradient.OK || seen[0].Gradient.Param != wrong.Worst.Path {
		t.Errorf("observers saw %+v", seen)
	}
	if log := readLog(t, dir); !strings.Contains(log, `{"kind":"gradient_check","step":0,"epoch":0,`) || !strings.Contains(log, `"ok":false`) {
		t.Errorf("the log is %s", log)
	}
}

// TestGradientCheckNeedsItsReference refuses a reference that is missing or of another model.
func TestGradientCheckNeedsItsReference(t *testing.T) {
	for want, edit := range map[string]func(*train.Setup[float32]){
		"it needs a reference": func(s *train.Setup[float32]) { s.Reference = nil },
		"is another model": func(s *train.Setup[float32]) {
			s.Reference.Model = withBent[float64](t, "").Model
		},
		"the reference has out/w": func(s *train.Setup[float32]) {
			if err := s.Model.Freeze("out/w"); err != nil {
				t.Fatal(err)
			}
		},
		"debug: gradient_check": func(s *train.Setup[float32]) { s.Debug.GradientCheck.Every = 0 },
	} {
		s := checked[float32](t, "")
		edit(&s)
		if _, err := train.New(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestGradientCheckLeavesNonFiniteNumbersToTheStep blames NaN on where it comes from.
func TestGradientCheckLeavesNonFiniteNumbersToTheStep(t *testing.T) {
	s := checked[float32](t, "")
	s.Model.Weights()[3] = float32(math.NaN())
	run, err := train.New(s)
	if err != nil {
		t.Fatal(err)
	}
	_, err = run.Train(context.Background())
	if _, ok := errors.AsType[*model.NonFiniteError](err); !ok {
		t.Errorf("the run ends with %v", err)
	}
}

// hashOf is the SHA-256 of the bits of a model's parameters and states.
func hashOf[T tensor.Float](m *model.Model[T]) [sha256.Size]byte {
	h := sha256.New()
	for _, v := range m.Weights() {
		fmt.Fprintf(h, "%x ", math.Float64bits(float64(v)))
	}
	for _, s := range m.States() {
		for _, v := range s.Data {
			fmt.Fprintf(h, "%x ", math.Float64bits(float64(v)))
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// tensorsOf is the SHA-256 of the names and checksums of all tensors in the newest checkpoint: parameters, slots, states, and
// the sums of an unfinished epoch.
func tensorsOf(t *testing.T, dir string) string {
	t.Helper()
	latest, _, err := checkpoint.Latest(filepath.Join(dir, train.CheckpointDir))
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(latest)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	for _, info := range f.Tensors() {
		fmt.Fprintf(h, "%+v\n", info)
	}
	return fmt.Sprintf("%d tensors, %x", len(f.Tensors()), h.Sum(nil))
}
