package data_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/tensor"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sampleSet has n rows: two inputs, numbers of shape [2] and indices of shape [3], and a class.
func sampleSet(t interface{ Fatal(...any) }, n int) *data.Set {
	floats, ints, classes := make([]float64, 2*n), make([]int32, 3*n), make([]int32, n)
	for i := range floats {
		floats[i] = math.Sqrt(float64(i))
	}
	for i := range ints {
		ints[i] = int32(i % 7)
	}
	for i := range classes {
		classes[i] = int32(i % 3)
	}
	x, err := data.NewNumbers("x", tensor.Shape{2}, floats, 1)
	if err != nil {
		t.Fatal(err)
	}
	words, err := data.NewIndices("words", tensor.Shape{3}, 7, ints)
	if err != nil {
		t.Fatal(err)
	}
	y, err := data.NewIndices("y", nil, 3, classes, "a", "b", "c")
	if err != nil {
		t.Fatal(err)
	}
	s, err := data.NewSet(y, x, words)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func clone[T tensor.Float](b *tensor.Batch[T]) tensor.Batch[T] {
	c := tensor.Batch[T]{Rows: b.Rows, Target: cloneValues(b.Target)}
	for _, v := range b.Inputs {
		c.Inputs = append(c.Inputs, cloneValues(v))
	}
	return c
}

func cloneValues[T tensor.Float](v tensor.Values[T]) tensor.Values[T] {
	return tensor.Values[T]{Floats: slices.Clone(v.Floats), Ints: slices.Clone(v.Ints)}
}

func collect[T tensor.Float](l *data.Loader[T]) []tensor.Batch[T] {
	var batches []tensor.Batch[T]
	for b, ok := l.Next(); ok; b, ok = l.Next() {
		batches = append(batches, clone(b))
	}
	return batches
}

// gathered is what a loader must deliver, without one.
func gathered[T tensor.Float](s *data.Set, size int, shuffle, dropLast bool, seed uint64, epoch int64, position int) []tensor.Batch[T] {
	order := make([]int, s.Len())
	for i := range order {
		order[i] = i
	}
	if shuffle {
		order = data.Order(seed, epoch, s.Len(), nil)
	}
	var batches []tensor.Batch[T]
	for ; position < len(order); position += size {
		rows := order[position:min(position+size, len(order))]
		if dropLast && len(rows) < size {
			break
		}
		b := data.NewBatch[T](s, len(rows))
		data.Gather(s, rows, b)
		batches = append(batches, *b)
	}
	return batches
}

func TestLoaderEqualsGather(t *testing.T) {
	t.Run("float32", testLoaderEqualsGather[float32])
	t.Run("float64", testLoaderEqualsGather[float64])
}

func testLoaderEqualsGather[T tensor.Float](t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, size := rapid.IntRange(0, 50).Draw(t, "n"), rapid.IntRange(1, 20).Draw(t, "size")
		shuffle, dropLast := rapid.Bool().Draw(t, "shuffle"), rapid.Bool().Draw(t, "drop last")
		seed := rapid.Uint64().Draw(t, "seed")
		s := sampleSet(t, n)
		if rapid.Bool().Draw(t, "subset") {
			s = data.Subset(s, rapid.SliceOfN(rapid.IntRange(0, max(n-1, 0)), 0, n).Draw(t, "rows"))
		}
		l := data.NewLoader[T](s, size, shuffle, dropLast, seed)
		defer l.Close()
		for range rapid.IntRange(1, 3).Draw(t, "epochs") {
			epoch, position := rapid.Int64Range(0, 9).Draw(t, "epoch"), rapid.IntRange(0, n+2).Draw(t, "position")
			l.Start(epoch, int64(position))
			for range rapid.IntRange(0, 2).Draw(t, "batches before a restart") {
				l.Next()
			}
			l.Start(epoch, int64(position))
			got, want := collect(l), gathered[T](s, size, shuffle, dropLast, seed, epoch, position)
			if len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
				t.Fatalf("got %+v\nwant %+v", got, want)
			}
			if position == 0 && int64(len(got)) != l.Batches() {
				t.Fatalf("got %d batches, Batches says %d", len(got), l.Batches())
			}
		}
	})
}

func TestLoaderContinuesAnEpoch(t *testing.T) {
	s := sampleSet(t, 23)
	l := data.NewLoader[float32](s, 4, true, false, 9)
	defer l.Close()
	l.Start(2, 0)
	whole := collect(l)
	for done := range len(whole) + 1 {
		l.Start(2, int64(4*done))
		if rest := collect(l); !reflect.DeepEqual(rest, whole[done:]) && len(rest)+len(whole[done:]) > 0 {
			t.Errorf("after %d batches: got %v, want %v", done, rest, whole[done:])
		}
	}
}

func TestLoaderIgnoresProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	s := sampleSet(t, 200)
	want := gathered[float64](s, 7, true, false, 3, 1, 0)
	for _, procs := range []int{1, 2, 3, 8} {
		runtime.GOMAXPROCS(procs)
		l := data.NewLoader[float64](s, 7, true, false, 3)
		l.Start(1, 0)
		if got := collect(l); !reflect.DeepEqual(got, want) {
			t.Errorf("GOMAXPROCS %d: batches differ", procs)
		}
		l.Close()
	}
}

func TestLoaderAllocatesNothingPerBatch(t *testing.T) {
	s := sampleSet(t, 5000)
	l := data.NewLoader[float32](data.Subset(s, data.Order(1, 0, 5000, nil)), 3, true, false, 1)
	defer l.Close()
	l.Start(0, 0)
	l.Next()
	if allocs := testing.AllocsPerRun(1000, func() {
		if _, ok := l.Next(); !ok {
			t.Fatal("the epoch ended early")
		}
	}); allocs != 0 {
		t.Errorf("got %v allocations per batch, want 0", allocs)
	}
}

func TestLoaderBatchStaysUntilNext(t *testing.T) {
	s := sampleSet(t, 300)
	l := data.NewLoader[float64](s, 1, false, false, 0)
	defer l.Close()
	l.Start(0, 0)
	for b, ok := l.Next(); ok; b, ok = l.Next() {
		before := clone(b)
		for range 20 {
			runtime.Gosched()
		}
		if !reflect.DeepEqual(before, clone(b)) {
			t.Fatal("a batch changed in the hands of its consumer")
		}
	}
}

// panicking is a column that panics at one row.
type panicking struct {
	data.Column
	row   int
	value any
}

func (p panicking) Float32(dst []float32, rows []int) {
	if slices.Contains(rows, p.row) {
		panic(p.value)
	}
	p.Column.Float32(dst, rows)
}

func TestLoaderCarriesPanics(t *testing.T) {
	cause := errors.New("disk on fire")
	s := sampleSet(t, 20)
	s.Inputs[0] = panicking{s.Inputs[0], 13, cause}
	l := data.NewLoader[float32](s, 4, false, false, 0)
	defer l.Close()
	l.Start(5, 0)
	for range 3 {
		if _, ok := l.Next(); !ok {
			t.Fatal("the batches before the panic are missing")
		}
	}
	for range 2 {
		err := recovered(func() { l.Next() })
		if le, ok := errors.AsType[*data.LoadError](err); !ok || le.Epoch != 5 || le.Position != 12 || len(le.Stack) == 0 || !errors.Is(err, cause) {
			t.Errorf("got %#v", err)
		}
		if want := "data: preparing the batch at position 12 of epoch 5: disk on fire"; err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
	s.Inputs[0] = panicking{s.Inputs[0], -1, nil}
	l.Start(6, 16)
	if got := len(collect(l)); got != 1 {
		t.Errorf("after a panic: got %d batches, want 1", got)
	}
}

func recovered(f func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if e, ok := v.(error); ok {
				err = e
			} else {
				err = fmt.Errorf("%v", v)
			}
		}
	}()
	f()
	return nil
}

func TestLoaderMisuse(t *testing.T) {
	s := sampleSet(t, 4)
	csv, err := loadCSV(t, "x,y\n1,a\n2,b\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	l := data.NewLoader[float32](s, 2, false, false, 0)
	if _, ok := l.Next(); ok {
		t.Error("a loader that was not started has a batch")
	}
	for want, f := range map[string]func(){
		"batch size must be positive, is 0":            func() { data.NewLoader[float32](s, 0, false, false, 0) },
		"position must not be negative, is -1":         func() { l.Start(0, -1) },
		`column "x" holds numbers, not indices`:        func() { s.Inputs[0].Int32(nil, nil) },
		`column "y" holds indices, not numbers`:        func() { s.Target.Float32(nil, nil) },
		`column "features" holds numbers, not indices`: func() { csv.Train.Inputs[0].Int32(nil, nil) },
	} {
		if err := recovered(f); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	l.Close()
	l.Close()
}
