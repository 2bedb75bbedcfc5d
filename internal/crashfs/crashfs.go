// Package crashfs tells what a power cut leaves of files. It is for tests.
//
// A Recorder is a file system that runs the code under test and writes down what is done. Cuts then gives, for the instant
// after each operation, contents that the disk may have had if the power had failed there:
//
//	what was synced            is there
//	a block of 4 KiB           written since the file was synced, has the newest content, or any that it had before
//	the length of a file       is the newest, or any between those that it had since it was synced
//	an entry of a directory    created, renamed or removed since the directory was synced: done, or not
//
// each independently of the others. Syncing a file does not sync its entry. That is harsher than any journaling file
// system, so what survives here does not lean on one.
package crashfs

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/strata-ml/strata/internal/atomicfile"
)

// A Recorder is an atomicfile.FS of the operating system that writes down what is done below its root. It syncs nothing:
// the machine that tests run on will not fail. Any number of goroutines may use it.
type Recorder struct {
	atomicfile.OS
	// Fault, where it is not nil, is asked before each operation, by its name, and an error of it is the result. A Sync that
	// fails so leaves the file as Linux does: what it should have written is taken for clean and never written again.
	Fault func(operation string) error

	root  string
	start State
	mu    sync.Mutex
	ops   []operation
	files int // opened
}

// An operation is one entry of the record.
type operation struct {
	name  string
	apply func(*disk)
	note  int64 // of Acknowledge, which is no operation; apply is nil
}

// Record returns a recorder of what is done below root. What is there already counts as durable.
func Record(root string) (*Recorder, error) {
	r := &Recorder{root: root}
	var err error
	r.start, err = Read(root)
	return r, err
}

// During calls f with the recorder in the place of atomicfile.Disk.
func (r *Recorder) During(f func()) {
	disk := atomicfile.Disk
	defer func() { atomicfile.Disk = disk }()
	atomicfile.Disk = r
	f()
}

// Acknowledge writes down that something is said to be durable by now, such as the checkpoint of a step.
func (r *Recorder) Acknowledge(step int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, operation{note: step})
}

// do performs an operation and writes it down. For a sync that fails, failed is written down instead.
func (r *Recorder) do(name string, perform func() error, apply, failed func(*disk)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Fault != nil {
		if err := r.Fault(name); err != nil {
			if failed != nil {
				r.ops = append(r.ops, operation{name: name + ", failed", apply: failed})
			}
			return err
		}
	}
	if err := perform(); err != nil {
		return err
	}
	r.ops = append(r.ops, operation{name: name, apply: apply})
	return nil
}

// place returns the directory and the base name of a path, relative to the root.
func (r *Recorder) place(path string) (dir, base string) {
	rel, err := filepath.Rel(r.root, path)
	if err != nil || strings.HasPrefix(rel, "..") {
		panic(fmt.Sprintf("crashfs: %s is not below %s", path, r.root))
	}
	return filepath.Dir(rel), filepath.Base(rel)
}

// CreateExclusive implements atomicfile.FS.
func (r *Recorder) CreateExclusive(name string) (atomicfile.File, error) {
	return r.open("create", name, func() (atomicfile.File, error) { return r.OS.CreateExclusive(name) })
}

// Open implements atomicfile.FS.
func (r *Recorder) Open(name string, create bool) (atomicfile.File, error) {
	return r.open("open", name, func() (atomicfile.File, error) { return r.OS.Open(name, create) })
}

func (r *Recorder) open(operation, name string, open func() (atomicfile.File, error)) (atomicfile.File, error) {
	dir, base := r.place(name)
	f := &openFile{r: r, name: base}
	err := r.do(operation+" "+base, func() (err error) {
		f.File, err = open()
		f.id = r.files
		r.files++
		return err
	}, func(d *disk) {
		parent := d.directory(dir)
		node, there := parent.cache[base].(*file)
		if !there {
			node = &file{}
			parent.change(func(entries map[string]any) { entries[base] = node })
		}
		d.open[f.id] = node
	}, nil)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Mkdir implements atomicfile.FS.
func (r *Recorder) Mkdir(name string) error {
	dir, base := r.place(name)
	return r.do("mkdir "+base, func() error { return r.OS.Mkdir(name) }, func(d *disk) {
		made := newDirectory()
		d.directory(dir).change(func(entries map[string]any) { entries[base] = made })
	}, nil)
}

// Rename implements atomicfile.FS.
func (r *Recorder) Rename(from, to string) error {
	dir, base := r.place(from)
	_, target := r.place(to)
	return r.do("rename to "+target, func() error { return r.OS.Rename(from, to) }, func(d *disk) {
		parent := d.directory(dir)
		moved := parent.cache[base]
		parent.change(func(entries map[string]any) {
			delete(entries, base)
			entries[target] = moved
		})
	}, nil)
}

// Remove implements atomicfile.FS.
func (r *Recorder) Remove(name string) error {
	dir, base := r.place(name)
	return r.do("remove "+base, func() error { return r.OS.Remove(name) }, func(d *disk) {
		d.directory(dir).change(func(entries map[string]any) { delete(entries, base) })
	}, nil)
}

// SyncDir implements atomicfile.FS.
func (r *Recorder) SyncDir(dir string) error {
	parent, base := r.place(dir)
	return r.do("sync directory "+base, func() error { return nil },
		func(d *disk) { d.directory(filepath.Join(parent, base)).sync() }, func(*disk) {})
}

// An openFile is an open file of a Recorder.
type openFile struct {
	atomicfile.File
	r    *Recorder
	id   int
	name string
	end  int64 // of what Write has written
}

func (f *openFile) Write(b []byte) (int, error) {
	n, err := f.WriteAt(b, f.end)
	f.end += int64(n)
	return n, err
}

func (f *openFile) WriteAt(b []byte, offset int64) (n int, err error) {
	b = slices.Clone(b)
	err = f.r.do(fmt.Sprintf("write %d bytes of %s at %d", len(b), f.name, offset), func() (err error) {
		n, err = f.File.WriteAt(b, offset)
		return err
	}, func(d *disk) { d.open[f.id].write(b, int(offset)) }, nil)
	return n, err
}

func (f *openFile) Truncate(size int64) error {
	return f.r.do(fmt.Sprintf("truncate %s to %d bytes", f.name, size), func() error { return f.File.Truncate(size) },
		func(d *disk) { d.open[f.id].truncate(int(size)) }, nil)
}

func (f *openFile) Sync() error {
	return f.r.do("sync "+f.name, func() error { return nil },
		func(d *disk) { d.open[f.id].sync() }, func(d *disk) { d.open[f.id].clean() })
}

// A disk is what the operations so far have made of the files.
type disk struct {
	root *directory
	open map[int]*file
}

func (d *disk) directory(path string) *directory {
	dir := d.root
	if path == "." {
		return dir
	}
	for name := range strings.SplitSeq(path, string(filepath.Separator)) {
		dir = dir.cache[name].(*directory)
	}
	return dir
}

// A Cut is a power cut and one of the states that it may leave.
type Cut struct {
	Operations   int     // done before it
	Last         string  // of them
	Acknowledged []int64 // before it, in order
	State        State
}

// Cuts cuts the power before the first operation and after each, and gives so many of the states that may be left: that in
// which nothing survives that was not synced, that in which everything does, and others by chance. The same record and seed give
// the same cuts.
func (r *Recorder) Cuts(seed uint64, states int) iter.Seq[Cut] {
	return func(yield func(Cut) bool) {
		d := &disk{root: r.start.directory(), open: map[int]*file{}}
		var acknowledged []int64
		for i := -1; i < len(r.ops); i++ {
			last := ""
			if i >= 0 {
				op := r.ops[i]
				if last = op.name; op.apply == nil {
					acknowledged = append(acknowledged, op.note)
					last = fmt.Sprintf("acknowledge %d", op.note)
				} else {
					op.apply(d)
				}
			}
			rng := rand.New(rand.NewPCG(seed, uint64(i+1)))
			for n := range states {
				l := luck{share: float64(n), rng: rng} // nothing, everything
				if n > 1 {
					l.share = []float64{0.5, 0.9, 0.1}[n%3]
				}
				s := State{Files: map[string][]byte{}}
				d.root.restart("", l, &s)
				if !yield(Cut{i + 1, last, slices.Clone(acknowledged), s}) {
					return
				}
			}
		}
	}
}

// A State is what is in a directory, by paths relative to it.
type State struct {
	Dirs  []string // each after the one it is in
	Files map[string][]byte
}

// Read returns what is in the directory root.
func Read(root string) (State, error) {
	s := State{Files: map[string][]byte{}}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			s.Dirs = append(s.Dirs, rel)
			return nil
		}
		s.Files[rel], err = os.ReadFile(path)
		return err
	})
	return s, err
}

// Key returns the same for two states only if they are the same.
func (s State) Key() string {
	h := sha256.New()
	for _, dir := range s.Dirs {
		fmt.Fprintf(h, "%q/", dir)
	}
	for _, path := range slices.Sorted(maps.Keys(s.Files)) {
		fmt.Fprintf(h, "%q %d ", path, len(s.Files[path]))
		h.Write(s.Files[path])
	}
	return string(h.Sum(nil))
}

// Write makes the files and directories of the state in root.
func (s State) Write(root string) error {
	for _, dir := range s.Dirs {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o777); err != nil {
			return err
		}
	}
	for path, content := range s.Files {
		if err := os.WriteFile(filepath.Join(root, path), content, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// directory returns the state as what is durable.
func (s State) directory() *directory {
	root := &disk{root: newDirectory()}
	for _, dir := range s.Dirs {
		root.directory(filepath.Dir(dir)).cache[filepath.Base(dir)] = newDirectory()
	}
	for path, content := range s.Files {
		root.directory(filepath.Dir(path)).cache[filepath.Base(path)] = &file{durable: content, cache: slices.Clone(content)}
	}
	root.root.settle()
	return root.root
}
