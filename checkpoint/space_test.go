package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/strata-ml/strata/internal/atomicfile"
	"pgregory.net/rapid"
)

// TestSize compares with what Write writes: for tensors of no bytes, of one block, of a block and more, in any number.
func TestSize(t *testing.T) {
	for _, s := range []*Snapshot{sample(), large(3), {}} {
		wantSize(t, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := sample()
		for i, bytes := range rapid.SliceOfN(rapid.IntRange(0, 3*blockSize), 0, 4).Draw(t, "bytes") {
			name := strings.Repeat("x", i+1)
			s.Tensors = append(s.Tensors, Tensor{Name: name, Role: Param, DType: Uint8, Shape: []int{bytes}, Data: make([]byte, bytes)})
		}
		s.State.LogOffset = rapid.Int64Min(0).Draw(t, "offset")
		wantSize(t, s)
	})
}

func wantSize(t rapid.TB, s *Snapshot) {
	t.Helper()
	var n countingWriter
	if err := Write(&n, s); err != nil {
		t.Fatal(err)
	}
	if got, err := Size(s); err != nil || got != int64(n) {
		t.Errorf("size %d (%v), and Write writes %d bytes", got, err, n)
	}
}

type countingWriter int

func (n *countingWriter) Write(b []byte) (int, error) {
	*n += countingWriter(len(b))
	return len(b), nil
}

// nearlyFullFS has a number of free bytes left, and counts the files that are made.
type nearlyFullFS struct {
	atomicfile.OS
	free    int64
	created *int
}

func (f nearlyFullFS) Free(string) (int64, bool) { return f.free, true }

func (f nearlyFullFS) CreateExclusive(name string) (atomicfile.File, error) {
	*f.created++
	return f.OS.CreateExclusive(name)
}

// TestNoSpace writes nothing where one byte is missing, and all where none is.
func TestNoSpace(t *testing.T) {
	dir, s := t.TempDir(), large(2)
	need, err := Size(s)
	if err != nil {
		t.Fatal(err)
	}
	created := 0
	path := filepath.Join(dir, StepFile(1))
	fsys := nearlyFullFS{free: need - 1, created: &created}
	for what, err := range map[string]error{"save": save(fsys, path, s), "probe": probe(fsys, dir, s)} {
		full, ok := errors.AsType[*SpaceError](err)
		if !ok || full.Need != need || full.Free != need-1 || full.Dir != dir || created > 0 {
			t.Errorf("%s: got %v after making %d files", what, err, created)
		}
	}
	fsys.free = need
	if err := errors.Join(probe(fsys, dir, s), save(fsys, path, s)); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != need {
		t.Errorf("the file has %d bytes, want %d (%v)", info.Size(), need, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left %v (%v)", entries, err)
	}
}

func TestSpaceErrorText(t *testing.T) {
	err := &SpaceError{Dir: "runs/a/checkpoints", Need: 300<<20 + 1<<19, Free: 12<<10 + 1<<9}
	if got, want := err.Error(), "the checkpoint needs 300.5 MiB, and 12.5 KiB are free in runs/a/checkpoints"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestProbe(t *testing.T) {
	dir := t.TempDir()
	if err := Probe(dir, sample()); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("it left %v (%v)", entries, err)
	}
	if err := Probe(filepath.Join(dir, "no"), sample()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory that is missing: %v", err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc, where not even root makes a file: run on Linux")
	}
	if err := Probe("/proc/self", sample()); err == nil {
		t.Error("/proc takes files")
	}
}
