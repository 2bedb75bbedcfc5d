package golden

import (
	"math"
	"os"
	"slices"
	"testing"
)

// recorder is a test that only counts its failures.
type recorder struct {
	testing.TB
	failed, stopped int
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.failed++ }
func (r *recorder) Fatalf(string, ...any) { r.stopped++; panic(r) }
func (r *recorder) Fatal(...any)          { r.stopped++; panic(r) }

// record runs a check as a test and returns how it went.
func record(check func(t testing.TB)) *recorder {
	r := &recorder{}
	defer func() { _ = recover() }()
	check(r)
	return r
}

func TestNear(t *testing.T) {
	for _, test := range []struct {
		got, want []float64
		failed    int
	}{
		{[]float64{1, 2}, []float64{1, 2}, 0},
		{[]float64{1e-4, 2}, []float64{0, 2.0001}, 0},
		{[]float64{0.1, 1000}, []float64{0, 1000}, 0}, // the tolerance grows with the largest element
		{[]float64{0.002, 0}, []float64{0, 0}, 1},
		{[]float64{math.NaN(), 3, 5}, []float64{0, 3, 4}, 2},
		{[]float64{0}, []float64{math.NaN()}, 1},
	} {
		if r := record(func(t testing.TB) { Near(t, "x", test.got, test.want, 1e-3) }); r.failed != test.failed {
			t.Errorf("%v against %v fails %d times, want %d", test.got, test.want, r.failed, test.failed)
		}
	}
}

func TestWhatStopsATest(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("testdata", 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"none.json": `{"Cases": []}`, "torn.json": `{"Cases": [`, "one.json": `{"Cases": [7]}`} {
		if err := os.WriteFile("testdata/"+name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]int{"none.json": 1, "torn.json": 1, "missing.json": 1, "one.json": 0} {
		r := &recorder{}
		func() {
			defer func() { _ = recover() }()
			if got := Cases[int](r, name); !slices.Equal(got, []int{7}) {
				t.Errorf("the cases of %s are %v", name, got)
			}
		}()
		if r.stopped != want {
			t.Errorf("%s stops the test %d times, want %d", name, r.stopped, want)
		}
	}
}

func TestTransposed(t *testing.T) {
	if got := Transposed(2, 3, []float64{1, 2, 3, 4, 5, 6}); !slices.Equal(got, []float64{1, 4, 2, 5, 3, 6}) {
		t.Errorf("got %v", got)
	}
}
