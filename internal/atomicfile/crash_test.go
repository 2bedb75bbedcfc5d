package atomicfile_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/internal/atomicfile"
	"github.com/strata-ml/strata/internal/crashfs"
)

const versions = 3

func version(n int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "version %d.", n), 3*4096/10)
}

// forgetful leaves out syncs, as a program would that forgot them.
type forgetful struct {
	atomicfile.FS
	file, dir bool
}

func (f forgetful) CreateExclusive(name string) (atomicfile.File, error) {
	file, err := f.FS.CreateExclusive(name)
	if err == nil && f.file {
		return unsynced{file}, nil
	}
	return file, err
}

func (f forgetful) SyncDir(dir string) error {
	if f.dir {
		return nil
	}
	return f.FS.SyncDir(dir)
}

type unsynced struct{ atomicfile.File }

func (unsynced) Sync() error { return nil }

// crashes writes versions to one file, in a directory that it makes, cuts the power everywhere, and returns the number of
// states and of those in which an acknowledged version is lost or the file is damaged.
func crashes(t *testing.T, states int, forget forgetful) (all, wrong int) {
	t.Helper()
	root := t.TempDir()
	r, err := crashfs.Record(root)
	if err != nil {
		t.Fatal(err)
	}
	forget.FS = r
	dir := filepath.Join(root, "runs", "a")
	if err := atomicfile.MkdirAll(forget, dir); err != nil {
		t.Fatal(err)
	}
	for n := range versions {
		err := atomicfile.Write(forget, filepath.Join(dir, "f"), func(w io.Writer) error {
			_, err := w.Write(version(n))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		r.Acknowledge(int64(n))
	}
	for cut := range r.Cuts(1, states) {
		all++
		content, exists := cut.State.Files[filepath.Join("runs", "a", "f")]
		intact := !exists && len(cut.Acknowledged) == 0
		for n := max(0, len(cut.Acknowledged)-1); n < versions; n++ {
			intact = intact || exists && bytes.Equal(content, version(n))
		}
		if !intact {
			wrong++
		}
	}
	return all, wrong
}

func TestCrashFS(t *testing.T) {
	if all, wrong := crashes(t, 600, forgetful{}); all < 10_000 || wrong > 0 {
		t.Errorf("%d of %d states after a power cut are wrong", wrong, all)
	}
}

// TestCrashFSNoticesMissingSyncs shows that the test above can fail.
func TestCrashFSNoticesMissingSyncs(t *testing.T) {
	for name, forget := range map[string]forgetful{"file": {file: true}, "directory": {dir: true}} {
		if all, wrong := crashes(t, 100, forget); wrong < all/50 {
			t.Errorf("without the sync of the %s %d of %d states are wrong", name, wrong, all)
		}
	}
}

func TestMkdirAll(t *testing.T) {
	root := t.TempDir()
	var log []string
	r, err := crashfs.Record(root)
	if err != nil {
		t.Fatal(err)
	}
	r.Fault = func(operation string) error {
		log = append(log, operation)
		return nil
	}
	mkdir := func(path string) error {
		log = nil
		return atomicfile.MkdirAll(r, filepath.Join(root, path))
	}
	for _, test := range []struct{ path, want string }{
		{"a/b", "mkdir b, mkdir a, sync directory ., mkdir b, sync directory a"},
		{"a/b", "mkdir b, sync directory a"},
		{"a/b/c", "mkdir c, sync directory b"},
	} {
		if err := mkdir(test.path); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(log, ", "); got != test.want {
			t.Errorf("%s: operations are %q, want %q", test.path, got, test.want)
		}
	}
	if file, err := r.Open(filepath.Join(root, "f"), true); err != nil {
		t.Fatal(err)
	} else if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"f", "f/a"} {
		if err := mkdir(path); err == nil || !strings.Contains(err.Error(), "not a directory") {
			t.Errorf("%s: error is %v", path, err)
		}
	}
	unreadable := fmt.Errorf("open: %w", fs.ErrPermission)
	r.Fault = func(operation string) error {
		if strings.HasPrefix(operation, "sync") {
			return unreadable
		}
		return nil
	}
	if err := mkdir("a/b"); err != nil {
		t.Errorf("a directory that is there, in one that may not be read: %v", err)
	}
	if err := mkdir("a/new"); err == nil {
		t.Error("a new directory, in one that may not be read: no error")
	}
}
