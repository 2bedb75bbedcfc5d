// Package golden reads what another program computed from the files in testdata, and compares with it. Only tests
// import it. The files are JSON: a list of cases, whose tensors have a shape and their elements in row-major order.
package golden

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// A Tensor is a tensor of a file.
type Tensor struct {
	Shape []int
	Data  []float64
}

// Read returns the content of a file in testdata. A test without it stops.
func Read[F any](t testing.TB, name string) F {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var file F
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatalf("testdata/%s: %v", name, err)
	}
	return file
}

// Cases returns the cases of a file in testdata. A test without any stops.
func Cases[C any](t testing.TB, name string) []C {
	t.Helper()
	cases := Read[struct{ Cases []C }](t, name).Cases
	if len(cases) == 0 {
		t.Fatalf("testdata/%s holds no cases", name)
	}
	return cases
}

// As returns numbers in an element type.
func As[T float32 | float64](x []float64) []T {
	y := make([]T, len(x))
	for i, v := range x {
		y[i] = T(v)
	}
	return y
}

// Transposed returns the matrix m [rows cols] as [cols rows].
func Transposed(rows, cols int, m []float64) []float64 {
	out := make([]float64, 0, len(m))
	for j := range cols {
		for i := range rows {
			out = append(out, m[i*cols+j])
		}
	}
	return out
}

// Near fails a test unless |got − want| ≤ tolerance·max(1, max|want|) for every element.
func Near[T float32 | float64](t testing.TB, what string, got []T, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d elements, want %d", what, len(got), len(want))
	}
	scale := 1.0
	for _, w := range want {
		scale = max(scale, math.Abs(w))
	}
	for i, g := range got {
		if !(math.Abs(float64(g)-want[i]) <= tolerance*scale) {
			t.Errorf("%s[%d] = %v, want %v", what, i, g, want[i])
		}
	}
}
