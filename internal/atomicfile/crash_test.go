package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// A crashFS is a file system in memory that keeps apart what is durable from what is only in the cache. Power fails
// after a chosen number of operations, and then each block and each change of the directory that was not synced is kept
// or lost by chance, independently of the others. That is harsher than any journal.
type crashFS struct {
	left    int // operations until the power fails
	files   map[string]*crashFile
	durable map[string]*crashFile
	pending []func(map[string]*crashFile) // changes of the directory since its last sync

	skipSync, skipSyncDir bool // faults that a test of the test plants
}

var errPower = errors.New("power failed")

const crashBlock = 4096

func newCrashFS(left int) *crashFS {
	return &crashFS{left: left, files: map[string]*crashFile{}, durable: map[string]*crashFile{}}
}

func (c *crashFS) operation() error {
	if c.left == 0 {
		return errPower
	}
	c.left--
	return nil
}

func (c *crashFS) change(apply func(map[string]*crashFile)) {
	apply(c.files)
	c.pending = append(c.pending, apply)
}

func (c *crashFS) CreateExclusive(name string) (File, error) {
	if err := c.operation(); err != nil {
		return nil, err
	}
	if c.files[name] != nil {
		return nil, fs.ErrExist
	}
	file := &crashFile{fs: c}
	c.change(func(dir map[string]*crashFile) { dir[name] = file })
	return file, nil
}

func (c *crashFS) Rename(from, to string) error {
	if err := c.operation(); err != nil {
		return err
	}
	file := c.files[from]
	c.change(func(dir map[string]*crashFile) {
		delete(dir, from)
		dir[to] = file
	})
	return nil
}

func (c *crashFS) Remove(name string) error {
	if err := c.operation(); err != nil {
		return err
	}
	c.change(func(dir map[string]*crashFile) { delete(dir, name) })
	return nil
}

func (c *crashFS) SyncDir(string) error {
	if err := c.operation(); err != nil || c.skipSyncDir {
		return err
	}
	c.durable, c.pending = maps.Clone(c.files), nil
	return nil
}

func (c *crashFS) ReadDir(string) ([]string, error) { return slices.Sorted(maps.Keys(c.files)), nil }

// restart returns the files that one possible crash leaves.
func (c *crashFS) restart(rng *rand.Rand) map[string][]byte {
	dir := maps.Clone(c.durable)
	for _, apply := range c.pending {
		if rng.IntN(2) == 0 {
			apply(dir)
		}
	}
	left := map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(dir)) {
		left[name] = dir[name].restart(rng)
	}
	return left
}

type crashFile struct {
	fs     *crashFS
	data   []byte
	synced int // bytes of data that are durable
}

// Write keeps half of the data when the power fails: a write is no atomic step.
func (f *crashFile) Write(b []byte) (int, error) {
	err := f.fs.operation()
	if err != nil {
		b = b[:len(b)/2]
	}
	f.data = append(f.data, b...)
	return len(b), err
}

func (f *crashFile) Sync() error {
	if err := f.fs.operation(); err != nil || f.fs.skipSync {
		return err
	}
	f.synced = len(f.data)
	return nil
}

func (f *crashFile) Close() error { return f.fs.operation() }

// restart returns what is left of the file: blocks that were not synced are there, zero, or beyond its end.
func (f *crashFile) restart(rng *rand.Rand) []byte {
	b := bytes.Clone(f.data)
	if rng.IntN(2) == 0 {
		b = b[:f.synced+rng.IntN(len(b)-f.synced+1)]
	}
	for from := f.synced; from < len(b); from += crashBlock {
		if rng.IntN(2) == 0 {
			clear(b[from:min(from+crashBlock, len(b))])
		}
	}
	return b
}

func version(n int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "version %d.", n), 3*crashBlock/10)
}

// saves writes three versions to one file until the power fails, and returns the last one that was acknowledged.
func saves(c *crashFS) (acknowledged int) {
	for n := 1; n <= 3; n++ {
		err := Write(c, "run/f", func(w io.Writer) error {
			_, err := w.Write(version(n))
			return err
		})
		if err != nil {
			return n - 1
		}
	}
	return 3
}

// crashes cuts the power at every operation of saves, restarts in many ways, and returns the number of states and of
// those in which an acknowledged version is lost or the file is damaged.
func crashes(plant func(*crashFS)) (states, violations int) {
	const operations, restarts = 3 * 6, 600
	for left := range operations + 1 {
		rng := rand.New(rand.NewPCG(uint64(left), 1))
		c := newCrashFS(left)
		plant(c)
		acknowledged := saves(c)
		for range restarts {
			states++
			content, exists := c.restart(rng)["run/f"]
			intact := !exists && acknowledged == 0
			for n := max(1, acknowledged); n <= 3; n++ {
				intact = intact || exists && bytes.Equal(content, version(n))
			}
			if !intact {
				violations++
			}
		}
	}
	return states, violations
}

func TestCrashFS(t *testing.T) {
	if n := saves(newCrashFS(3 * 6)); n != 3 {
		t.Fatalf("%d saves take the operations that three should", n)
	}
	if n := saves(newCrashFS(3*6 - 1)); n != 2 {
		t.Fatalf("%d saves take fewer operations than three should", n)
	}
	states, violations := crashes(func(*crashFS) {})
	if states < 10_000 || violations > 0 {
		t.Errorf("%d of %d states after a crash are wrong", violations, states)
	}
}

// The test above must notice when a sync is left out, or it proves nothing.
func TestCrashFSNoticesMissingSyncs(t *testing.T) {
	for name, plant := range map[string]func(*crashFS){
		"file":      func(c *crashFS) { c.skipSync = true },
		"directory": func(c *crashFS) { c.skipSyncDir = true },
	} {
		if states, violations := crashes(plant); violations < states/50 {
			t.Errorf("without the sync of the %s %d of %d states are wrong", name, violations, states)
		}
	}
}
