package train_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/strata-ml/strata/internal/atomicfile"
	"github.com/strata-ml/strata/train"
)

// countedFS counts the files that are open. The operation number failing fails.
type countedFS struct {
	atomicfile.FS
	operations, failing, open int
}

var errCounted = errors.New("the disk fails")

func (f *countedFS) fails() error {
	if f.operations++; f.operations == f.failing {
		return errCounted
	}
	return nil
}

func (f *countedFS) Open(name string, create bool) (atomicfile.File, error) {
	if err := f.fails(); err != nil {
		return nil, err
	}
	file, err := f.FS.Open(name, create)
	if err != nil {
		return nil, err
	}
	f.open++
	return &countedFile{file, f}, nil
}

func (f *countedFS) SyncDir(dir string) error {
	if err := f.fails(); err != nil {
		return err
	}
	return f.FS.SyncDir(dir)
}

type countedFile struct {
	atomicfile.File
	fs *countedFS
}

func (f *countedFile) Truncate(size int64) error {
	if err := f.fs.fails(); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *countedFile) Sync() error {
	if err := f.fs.fails(); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *countedFile) Close() error {
	f.fs.open--
	return f.File.Close()
}

// TestLogsAreClosed lets the disk fail at each operation of a start in turn: the run leaves no file open.
func TestLogsAreClosed(t *testing.T) {
	disk := atomicfile.Disk
	t.Cleanup(func() { atomicfile.Disk = disk })
	failures := 0
	for failing := 1; failing <= 8; failing++ {
		counted := &countedFS{FS: disk, failing: failing}
		atomicfile.Disk = counted
		s := setup[float32](t, "adam", t.TempDir())
		s.Config.Epochs = 1
		run, err := train.New(s)
		if err != nil {
			t.Fatal(err)
		}
		_, err = run.Train(t.Context())
		if err != nil && strings.Contains(err.Error(), errCounted.Error()) {
			failures++
		}
		if counted.open != 0 {
			t.Errorf("operation %d fails and leaves %d files open: %v", failing, counted.open, err)
		}
	}
	if failures < 4 {
		t.Errorf("only %d operations failed", failures)
	}
}
