package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// content is larger than the buffer, so a Write of it reaches the file in more than one piece.
var content = strings.Repeat("0123456789abcdef", bufferSize/16+10)

func writeContent(w io.Writer) error {
	for piece := range slices.Chunk([]byte(content), 1000) {
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	names, err := OS{}.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestWriteOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	fsys := &faultFS{}
	path := filepath.Join(dir, "f")
	if err := Write(fsys, path, writeContent); err != nil {
		t.Fatal(err)
	}
	want := []string{"create", "write 262144", "write 160", "sync", "close", "rename", "sync dir run"}
	if !slices.Equal(fsys.log, want) {
		t.Errorf("operations are\n%q, want\n%q", fsys.log, want)
	}
	if read(t, path) != content {
		t.Error("content differs")
	}
	if got := names(t, dir); !slices.Equal(got, []string{"f"}) {
		t.Errorf("directory holds %q", got)
	}
}

// Each operation of a Write fails in turn, alone and together with the removal of the temporary file.
func TestWriteFaults(t *testing.T) {
	const operations = 7
	for _, short := range []bool{false, true} {
		for at := range operations {
			dir := t.TempDir()
			path := filepath.Join(dir, "f")
			if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
				t.Fatal(err)
			}
			fsys := &faultFS{fail: map[int]bool{at: true}, short: short}
			err := Write(fsys, path, writeContent)
			if !errors.Is(err, errFault) || !strings.HasPrefix(err.Error(), "write "+path+": ") {
				t.Fatalf("fault at %d: error is %v", at, err)
			}
			want := "old"
			if last := at == operations-1; last {
				want = content // renamed, but not known to be durable
			}
			if got := read(t, path); got != want {
				t.Errorf("fault at %q: the file holds %d bytes, want %d", fsys.log[at], len(got), len(want))
			}
			if got := names(t, dir); !slices.Equal(got, []string{"f"}) {
				t.Errorf("fault at %q: directory holds %q", fsys.log[at], got)
			}
			if fsys.opened != fsys.closed {
				t.Errorf("fault at %q: %d opened, %d closed", fsys.log[at], fsys.opened, fsys.closed)
			}
			syncs := 0
			for _, op := range fsys.log {
				if op == "sync" {
					syncs++
				}
			}
			if syncs > 1 {
				t.Errorf("fault at %q: the file was synced %d times", fsys.log[at], syncs)
			}
		}
	}
}

func TestWriteReportsTempItCouldNotRemove(t *testing.T) {
	dir := t.TempDir()
	fsys := &faultFS{fail: map[int]bool{5: true, 6: true}} // rename, remove
	err := Write(fsys, filepath.Join(dir, "f"), writeContent)
	if err == nil || !strings.Contains(err.Error(), "rename: ") || !strings.Contains(err.Error(), "remove: ") {
		t.Fatalf("error is %v", err)
	}
	left := names(t, dir)
	if len(left) != 1 || !IsTemp(left[0]) {
		t.Fatalf("directory holds %q", left)
	}
	removed, err := RemoveTemps(OS{}, dir)
	if err != nil || !slices.Equal(removed, left) {
		t.Errorf("removed %q, error %v", removed, err)
	}
}

func TestWriteCallback(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	cause := errors.New("cause")
	err := Write(OS{}, path, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return cause
	})
	if !errors.Is(err, cause) {
		t.Errorf("error is %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = Write(OS{}, path, func(io.Writer) error { panic("boom") })
	}()
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("directory holds %q", left)
	}
}

// takenFS says of the first names that they exist.
type takenFS struct {
	OS
	taken int
	tried []string
}

func (f *takenFS) CreateExclusive(name string) (File, error) {
	f.tried = append(f.tried, name)
	if len(f.tried) <= f.taken {
		return nil, fs.ErrExist
	}
	return f.OS.CreateExclusive(name)
}

func TestWriteTriesOtherNames(t *testing.T) {
	fsys := &takenFS{taken: 3}
	if err := Write(fsys, filepath.Join(t.TempDir(), "f"), writeContent); err != nil {
		t.Fatal(err)
	}
	slices.Sort(fsys.tried)
	if len(slices.Compact(fsys.tried)) != 4 {
		t.Errorf("tried %q", fsys.tried)
	}
	fsys = &takenFS{taken: 1 << 30}
	if err := Write(fsys, filepath.Join(t.TempDir(), "f"), writeContent); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error is %v", err)
	}
}

func TestWriteMissingDirectory(t *testing.T) {
	err := Write(OS{}, filepath.Join(t.TempDir(), "no", "f"), writeContent)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

// TestSyncDirReachesTheSystem syncs something that cannot be synced, which only the system knows.
func TestSyncDirReachesTheSystem(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux, which refuses to sync /dev/null")
	}
	if err := (OS{}).SyncDir(os.DevNull); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("error is %v", err)
	}
}

func TestWriteInWorkingDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := Write(OS{}, "f", writeContent); err != nil {
		t.Fatal(err)
	}
	if read(t, "f") != content {
		t.Error("content differs")
	}
}

func TestRemoveTempsLeavesOthers(t *testing.T) {
	dir := t.TempDir()
	keep := []string{
		".0123456789abcdef.tmp", ".f.0123456789abcde.tmp", ".f.0123456789abcdeg.tmp", ".f.0123456789ABCDEF.tmp",
		".f.tmp", "f", "f.0123456789abcdef.tmp", "f.tmp",
	}
	for _, name := range append([]string{".f.0123456789abcdef.tmp", ".a.b.c.ffffffffffffffff.tmp"}, keep...) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	removed, err := RemoveTemps(OS{}, dir)
	if err != nil || len(removed) != 2 {
		t.Errorf("removed %q, error %v", removed, err)
	}
	slices.Sort(keep)
	if got := names(t, dir); !slices.Equal(got, keep) {
		t.Errorf("directory holds %q, want %q", got, keep)
	}
}

func TestRemoveTempsFaults(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".a.0123456789abcdef.tmp", ".b.0123456789abcdef.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := RemoveTemps(&faultFS{fail: map[int]bool{0: true}}, dir); !errors.Is(err, errFault) {
		t.Errorf("error is %v", err)
	}
	removed, err := RemoveTemps(&faultFS{fail: map[int]bool{1: true}}, dir)
	if !errors.Is(err, errFault) || !slices.Equal(removed, []string{".b.0123456789abcdef.tmp"}) {
		t.Errorf("removed %q, error %v", removed, err)
	}
}
