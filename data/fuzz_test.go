package data

import (
	"bytes"
	"io"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// boundMemory returns a function that fails the test where more than 16 MiB were allocated in between, garbage included.
func boundMemory(t *testing.T) func() {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	return func() {
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 16<<20 {
			t.Errorf("it took %d bytes", got)
		}
	}
}

// fuzzCSV is the source that the fuzzers read with; options picks the configuration.
func fuzzCSV(options uint8) *CSV {
	c := registry.Defaults[CSVConfig]()
	c.Path, c.Target = "fuzz.csv", "y"
	if c.Header = options&1 == 0; !c.Header {
		c.Target = "1"
	}
	c.Task = []string{taskAuto, taskClassification, taskRegression, taskAuto}[options>>1&3]
	if options&8 != 0 {
		c.EvalFraction = 0.3
	}
	if options&16 != 0 {
		c.Standardize, c.Scale = false, 0.5
	}
	c.MissingIndicators = options&32 != 0
	c.StandardizeTarget = options&64 != 0 && c.Task == taskRegression
	return NewCSV(c).(*CSV)
}

func fuzzInput(t *testing.T, content []byte) *input {
	t.Helper()
	in, err := newInput("fuzz.csv", io.NopCloser(bytes.NewReader(content)))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// gatherAll returns every row of a set, after checking that numbers are finite and indices are in range.
func gatherAll(t *testing.T, s *Set) *tensor.Batch[float32] {
	t.Helper()
	rows := natural(s.Len(), nil)
	b := NewBatch[float32](s, len(rows))
	Gather(s, rows, b)
	for _, v := range append(b.Inputs, b.Target) {
		for _, x := range v.Floats {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				t.Fatalf("a number is %v", x)
			}
		}
	}
	for _, class := range b.Target.Ints {
		if class < 0 || int(class) >= s.Target.Spec().Classes {
			t.Fatalf("class %d is out of range", class)
		}
	}
	return b
}

// Whatever a CSV file holds, loading it fails with its name or gives finite rows, and what was fitted reads it again
// to the same rows.
func FuzzCSV(f *testing.F) {
	f.Add([]byte("x,y\n1,a\n2,b\n"), uint8(0))
	f.Add([]byte("x,z,y\r\n1.5,red,0.5\r\n,,2\r\n-3e4,\"bl\"\"ue\n\",1\r\n"), uint8(32|64|4))
	f.Add([]byte("\xef\xbb\xbf7,1\n8,?\n7,3\n8,4\n"), uint8(1|2|8))
	f.Add([]byte("x,y\n1e38,1\n-1e38,2\n"), uint8(4|16))
	f.Fuzz(func(t *testing.T, content []byte, options uint8) {
		defer boundMemory(t)()
		source := fuzzCSV(options)
		s, err := source.load(Context{}, fuzzInput(t, content))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz.csv") {
				t.Fatalf("the error does not name the file: %v", err)
			}
			return
		}
		train := gatherAll(t, s.Train)
		if s.Eval != nil {
			gatherAll(t, s.Eval)
		}
		again, err := source.load(Context{Fitted: s.Fitted}, fuzzInput(t, content))
		if err != nil {
			t.Fatalf("what was fitted does not read its own file: %v", err)
		}
		if !reflect.DeepEqual(gatherAll(t, again.Train), train) || !bytes.Equal(again.Fitted, s.Fitted) {
			t.Fatal("what was fitted reads its own file to other rows")
		}
	})
}

// Whatever an IDX file holds, reading it fails or gives as many bytes as its axes say.
func FuzzIDX(f *testing.F) {
	f.Add([]byte("\x00\x00\x08\x01\x00\x00\x00\x02\x07\x09"))
	f.Add([]byte("\x00\x00\x08\x03\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x02abcd"))
	f.Add([]byte("\x00\x00\x08\x02\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, content []byte) {
		defer boundMemory(t)()
		a, err := decodeIDX(bytes.NewReader(content))
		if err == nil && (a.shape.Check() != nil || len(a.values) != a.shape.Size() || len(content) != 4+4*len(a.shape)+len(a.values)) {
			t.Fatalf("got shape %v and %d values from %d bytes", a.shape, len(a.values), len(content))
		}
	})
}

// Whatever the fitted state holds, it is refused or applies without a panic to finite rows.
func FuzzFitted(f *testing.F) {
	content := []byte("x,z,y\n1,red,a\n,blue,b\n3,,a\n")
	source := fuzzCSV(32)
	in, err := newInput("fuzz.csv", io.NopCloser(bytes.NewReader(content)))
	if err != nil {
		f.Fatal(err)
	}
	s, err := source.load(Context{}, in)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.Fitted)
	f.Add(bytes.Replace(s.Fitted, []byte(`"scale":1`), []byte(`"scale":1e-300`), 1))
	f.Add(bytes.Replace(s.Fitted, []byte(`"classes":["a","b"]`), []byte(`"number":{"mean":0,"shift":0,"scale":2}`), 1))
	f.Add([]byte(`{"version":1,"source":"idx","shape":[2,2],"classes":3}`))
	f.Fuzz(func(t *testing.T, fitted []byte) {
		defer boundMemory(t)()
		if len(fitted) == 0 {
			return
		}
		if s, err := source.load(Context{Fitted: fitted}, fuzzInput(t, content)); err == nil {
			gatherAll(t, s.Train)
		}
		if _, err := decodeFittedIDX(fitted); err == nil {
			if _, err := source.decodeFitted(fitted); err == nil {
				t.Fatal("a fitted state is good for two sources")
			}
		}
	})
}
