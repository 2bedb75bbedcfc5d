package checkpoint

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

// bitEqual compares snapshots. Their numbers are compared as bytes, so NaN equals NaN.
func bitEqual(t *testing.T, got, want *Snapshot) {
	t.Helper()
	if !reflect.DeepEqual(got.Config, want.Config) {
		t.Errorf("config is\n%+v, want\n%+v", got.Config, want.Config)
	}
	if !reflect.DeepEqual(got.State, want.State) {
		t.Errorf("state is\n%+v, want\n%+v", got.State, want.State)
	}
	if len(got.Tensors) != len(want.Tensors) {
		t.Fatalf("%d tensors, want %d", len(got.Tensors), len(want.Tensors))
	}
	for i, g := range got.Tensors {
		w := want.Tensors[i]
		same := g.Name == w.Name && g.Role == w.Role && g.DType == w.DType && slices.Equal(g.Shape, w.Shape)
		if !same || !bytes.Equal(g.Data, w.Data) {
			t.Errorf("tensor %d is\n%+v, want\n%+v", i, g, w)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), StepFile(1))
	want := sample()
	if err := Save(path, want); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := f.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	bitEqual(t, got, want)
	if f.Path() != path {
		t.Errorf("path is %q", f.Path())
	}
	report, err := f.Verify()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	wantReport := Report{
		Bytes: info.Size(), Tensors: 7, Blocks: 6,
		NonFinite: []NonFinite{{Tensor: "fc1/w", Count: 2}, {Tensor: "slot.m/fc1/w", Count: 1}},
	}
	if !reflect.DeepEqual(report, wantReport) {
		t.Errorf("report is\n%+v, want\n%+v", report, wantReport)
	}
}

func TestRoundTripOfNothing(t *testing.T) {
	got, err := openBytes(t, encodeSnap(t, &Snapshot{})).Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	want := &Snapshot{}
	want.Config.SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	bitEqual(t, got, want)
}

func TestInfos(t *testing.T) {
	s := sample()
	f := openBytes(t, encodeSnap(t, s))
	infos := f.Tensors()
	for i, tensor := range s.Tensors {
		want := TensorInfo{
			Name: tensor.Name, Role: tensor.Role, DType: tensor.DType, Shape: tensor.Shape,
			Bytes: int64(len(tensor.Data)), CRC32C: crc32c(tensor.Data),
		}
		one, ok := f.Info(tensor.Name)
		if !ok || !reflect.DeepEqual(one, want) || !reflect.DeepEqual(infos[i], want) {
			t.Errorf("info is %+v and %+v, want %+v", one, infos[i], want)
		}
	}
	infos[0].Shape[0] = 99
	if again, _ := f.Info("fc1/w"); again.Shape[0] != 3 {
		t.Error("a caller can change the shape in the file")
	}
	if _, ok := f.Info("fc2/w"); ok {
		t.Error("there is a tensor that is not there")
	}
}

func TestDataIsAligned(t *testing.T) {
	f := openBytes(t, encodeSnap(t, sample()))
	for _, tensor := range f.tensors {
		for _, p := range tensor.parts {
			if p.offset%alignment != 0 {
				t.Errorf("tensor %q is at byte %d", tensor.info.Name, p.offset)
			}
		}
	}
}

func TestWriteIsDeterministic(t *testing.T) {
	if !bytes.Equal(encodeSnap(t, sample()), encodeSnap(t, sample())) {
		t.Error("two writes of one snapshot differ")
	}
}

func TestParts(t *testing.T) {
	s := sample()
	whole := encodeSnap(t, s)
	split(t, 16)
	b := encodeSnap(t, s)
	f := openBytes(t, b)
	if n := len(f.tensors[2].parts); n != 3 {
		t.Errorf("tensor of 48 bytes has %d parts of at most 16", n)
	}
	got, err := f.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	bitEqual(t, got, s)
	if !reflect.DeepEqual(f.Tensors(), openBytes(t, whole).Tensors()) {
		t.Error("the description of a tensor depends on how it is split")
	}
	if err := check(b); err != nil {
		t.Error(err)
	}
}

func TestPartsOfBlocks(t *testing.T) {
	split(t, 3*blockSize/2)
	s := large(4)
	f := openBytes(t, encodeSnap(t, s))
	report, err := f.Verify()
	if err != nil || report.Blocks != 6 {
		t.Errorf("%d blocks, error %v", report.Blocks, err)
	}
	if info, _ := f.Info("w"); info.CRC32C != crc32c(s.Tensors[0].Data) {
		t.Error("checksum of the whole is wrong")
	}
	got, err := f.Tensor("w")
	if err != nil || !bytes.Equal(got.Data, s.Tensors[0].Data) {
		t.Errorf("data differ, error %v", err)
	}
}

func TestWriteToPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := large(2)
	done := make(chan error, 1)
	go func() { done <- errors.Join(Write(w, s), w.Close()) }()
	b, err := io.ReadAll(iotest.HalfReader(r))
	if err = errors.Join(err, <-done, r.Close()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, encodeSnap(t, s)) {
		t.Error("the pipe carried another file")
	}
}

// failAfter fails once n bytes were written.
type failAfter struct {
	n   int
	err error
}

func (w *failAfter) Write(b []byte) (int, error) {
	if len(b) > w.n {
		n := w.n
		w.n = 0
		return n, w.err
	}
	w.n -= len(b)
	return len(b), nil
}

func TestWriteReportsErrors(t *testing.T) {
	cause := errors.New("no space left")
	size := len(encodeSnap(t, large(1)))
	for n := 0; n < size; n += size / 20 {
		if err := Write(&failAfter{n, cause}, large(1)); !errors.Is(err, cause) {
			t.Errorf("after %d bytes: error is %v", n, err)
		}
	}
}

func TestWriteNeedsLittleMemory(t *testing.T) {
	s := large(16)
	_, allocated, err := cost(func() error { return Write(io.Discard, s) })
	if err != nil || allocated > blockSize {
		t.Errorf("writing allocates %d bytes, error %v", allocated, err)
	}
}

func TestWriteRefuses(t *testing.T) {
	valid := func() Tensor { return NewTensor("w", Param, []int{2}, []float32{1, 2}) }
	with := func(change func(*Tensor)) *Snapshot {
		w := valid()
		change(&w)
		return &Snapshot{Tensors: []Tensor{w}}
	}
	tests := []struct {
		want string
		s    *Snapshot
	}{
		{"no name", with(func(w *Tensor) { w.Name = "" })},
		{"257 bytes", with(func(w *Tensor) { w.Name = strings.Repeat("n", 257) })},
		{"character outside", with(func(w *Tensor) { w.Name = "fc 1" })},
		{"character outside", with(func(w *Tensor) { w.Name = "größe" })},
		{"character outside", with(func(w *Tensor) { w.Name = "a\x00" })},
		{`".."`, with(func(w *Tensor) { w.Name = "a/../b" })},
		{"slash", with(func(w *Tensor) { w.Name = "/etc/passwd" })},
		{`unknown role "weight"`, with(func(w *Tensor) { w.Role = "weight" })},
		{`unknown element type "float16"`, with(func(w *Tensor) { w.DType = "float16" })},
		{"8 bytes, data have 7", with(func(w *Tensor) { w.Data = w.Data[:7] })},
		{"12 bytes, data have 8", with(func(w *Tensor) { w.Shape = []int{3} })},
		{"impossible shape [-2]", with(func(w *Tensor) { w.Shape = []int{-2} })},
		{"impossible shape", with(func(w *Tensor) { w.Shape = []int{math.MaxInt, 4} })},
		{"impossible shape", with(func(w *Tensor) { w.Shape, w.Data = []int{0, math.MaxInt, 4}, nil })},
		{"9 dimensions", with(func(w *Tensor) { w.Shape = []int{1, 1, 1, 1, 1, 1, 1, 1, 2} })},
		{`two tensors are named "w"`, &Snapshot{Tensors: []Tensor{valid(), valid()}}},
		{"SHA-256 of the text", &Snapshot{Config: Config{Text: "a", SHA256: strings.Repeat("0", 64)}}},
		{"not UTF-8", &Snapshot{Config: Config{Text: "a\xff"}}},
		{"not a SHA-256", &Snapshot{Config: Config{Data: []Fingerprint{{Path: "x"}}}}},
		{"impossible data file", &Snapshot{Config: Config{Data: []Fingerprint{{}}}}},
		{"module has no path", &Snapshot{Config: Config{Modules: []Module{{Version: "v1"}}}}},
		{"negative count", &Snapshot{State: State{Step: -1}}},
		{"best step -1", &Snapshot{State: State{Best: &BestState{Step: -1}}}},
		{"waited -1", &Snapshot{State: State{EarlyStop: &EarlyStopState{Waited: -1}}}},
	}
	for _, test := range tests {
		var b bytes.Buffer
		err := Write(&b, test.s)
		if err == nil || !strings.HasPrefix(err.Error(), "checkpoint: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error is %v, want one with %q", err, test.want)
		}
		if b.Len() > 0 {
			t.Errorf("%q: %d bytes were written", test.want, b.Len())
		}
	}
}

func TestReadInto(t *testing.T) {
	s := sample()
	f := openBytes(t, encodeSnap(t, s))
	for _, native := range []bool{true, false} {
		useByteOrder(t, native)
		var m [6]float64
		if err := ReadInto(f, "slot.m/fc1/w", m[:]); err != nil {
			t.Fatal(err)
		}
		if m != [6]float64{1, -2.5, 3, math.SmallestNonzeroFloat64, 0, math.Inf(-1)} {
			t.Errorf("read %v", m)
		}
	}
	for _, test := range []struct {
		want string
		err  error
	}{
		{`there is no tensor "x"`, ReadInto(f, "x", make([]float32, 2))},
		{`tensor "fc1/b" holds float32, not float64`, ReadInto(f, "fc1/b", make([]float64, 2))},
		{`tensor "fc1/b" has 2 elements, the destination has 3`, ReadInto(f, "fc1/b", make([]float32, 3))},
		{`tensor "fc1/b" has 8 bytes, the destination has 7`, f.ReadTensor("fc1/b", make([]byte, 7))},
	} {
		if test.err == nil || test.err.Error() != "checkpoint: "+test.want {
			t.Errorf("error is %v, want %s", test.err, test.want)
		}
	}
	if _, err := f.Tensor("x"); err == nil {
		t.Error("no error for a missing tensor")
	}
}

func TestConcurrentReaders(t *testing.T) {
	s := large(3)
	f := openBytes(t, encodeSnap(t, s))
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			dst := make([]byte, len(s.Tensors[0].Data))
			if err := f.ReadTensor("w", dst); err != nil || !bytes.Equal(dst, s.Tensors[0].Data) {
				t.Errorf("data differ, error %v", err)
			}
			if _, err := f.Verify(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

// countingReaderAt counts the bytes that are read.
type countingReaderAt struct {
	io.ReaderAt
	read int
}

func (r *countingReaderAt) ReadAt(b []byte, offset int64) (int, error) {
	r.read += len(b)
	return r.ReaderAt.ReadAt(b, offset)
}

func TestOpenIsLazy(t *testing.T) {
	b := encodeSnap(t, large(8))
	r := &countingReaderAt{ReaderAt: bytes.NewReader(b)}
	if _, err := NewFile(r, int64(len(b))); err != nil {
		t.Fatal(err)
	}
	if r.read > 4096 {
		t.Errorf("opening reads %d of %d bytes", r.read, len(b))
	}
}
