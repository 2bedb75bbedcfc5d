package checkpoint

import (
	"bytes"
	"errors"
	"flag"
	"math"
	"testing"
)

var (
	update = flag.Bool("update", false, "write the golden file of the format version, where it is missing")
	long   = flag.Bool("long", false, "as many cases as docs/reliability.md counts")
)

// sample returns a snapshot that uses every feature of format 1.0. The golden file holds it, so it must not change.
func sample() *Snapshot {
	const noText = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	return &Snapshot{
		Config: Config{
			Text:   "model:\n  - dense: {units: 2}\n",
			SHA256: "33421dc8608f2a93139fc6fff87d22010c7ab7496bb6df311edac89f75adc098",
			Strata: "v1.0.0", Go: "go1.26.0", GOOS: "linux", GOARCH: "amd64", Kernel: "fma",
			Modules:       []Module{{Path: "example.com/layers", Version: "v0.3.1"}},
			Data:          []Fingerprint{{Path: "daten/größe.csv", Bytes: 0, SHA256: noText, Rows: 0}},
			Preprocessing: []byte(`{"mean":[0.5]}`),
		},
		State: State{
			Step: 1200, Epoch: 3, Position: 64, Seed: math.MaxUint64,
			Best:      &BestState{Metric: "loss", Value: 0.1, Step: 1100, Epoch: 2},
			EarlyStop: &EarlyStopState{Metric: "accuracy", Best: math.Inf(-1), Waited: 4},
			LogOffset: 1 << 33, LogCRC: 0xdeadbeef, Finished: true, StopReason: "early stop",
		},
		Tensors: []Tensor{
			NewTensor("fc1/w", Param, []int{3, 2}, []float32{1, -2.5, float32(math.NaN()), 1e-45, 0, float32(math.Inf(1))}),
			NewTensor("fc1/b", Param, []int{2}, []float32{0.1, 0.2}),
			NewTensor("slot.m/fc1/w", Slot, []int{3, 2}, []float64{1, -2.5, 3, math.SmallestNonzeroFloat64, 0, math.Inf(-1)}),
			NewTensor("bn/count", Aux, []int{}, []int64{math.MinInt64}),
			NewTensor("empty", Aux, []int{0, 5}, []int32{}),
			NewTensor("hits", Meter, []int{3}, []int32{1, -1, math.MaxInt32}),
			NewTensor("mask", Meter, []int{5}, []uint8{0, 1, 2, 254, 255}),
		},
	}
}

func encodeSnap(t testing.TB, s *Snapshot) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func openBytes(t testing.TB, b []byte) *File {
	t.Helper()
	f, err := NewFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// check opens and verifies b.
func check(b []byte) error {
	f, err := NewFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	_, err = f.Verify()
	return err
}

// asCorrupt fails the test unless err is a CorruptError, which it returns.
func asCorrupt(t *testing.T, err error) *CorruptError {
	t.Helper()
	var corrupt *CorruptError
	if !errors.As(err, &corrupt) {
		t.Fatalf("error is %v, want a CorruptError", err)
	}
	return corrupt
}

// large returns a snapshot with one tensor of the given number of 1 MiB blocks and a little more.
func large(blocks int) *Snapshot {
	w := make([]float32, blocks*blockSize/4+100)
	for i := range w {
		w[i] = float32(i) * 0.5
	}
	return &Snapshot{Tensors: []Tensor{NewTensor("w", Param, []int{len(w)}, w)}}
}

// split makes Write cut tensors into parts of size bytes while the test runs.
func split(t *testing.T, size int64) {
	old := maxPart
	maxPart = size
	t.Cleanup(func() { maxPart = old })
}
