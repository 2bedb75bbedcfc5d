package crashfs

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
)

// blockSize is the unit in which the content of a file reaches the disk, in bytes.
const blockSize = 4096

// A directory is what the disk and the cache have of one: its entries are a *directory or a *file each.
type directory struct {
	durable map[string]any
	cache   map[string]any
	pending []func(entries map[string]any) // what was done to cache and not to durable, in order
}

func newDirectory() *directory {
	return &directory{durable: map[string]any{}, cache: map[string]any{}}
}

func (d *directory) change(apply func(entries map[string]any)) {
	apply(d.cache)
	d.pending = append(d.pending, apply)
}

func (d *directory) sync() { d.durable, d.pending = maps.Clone(d.cache), nil }

// settle makes all directories from d down durable.
func (d *directory) settle() {
	d.sync()
	for _, e := range d.cache {
		if e, ok := e.(*directory); ok {
			e.settle()
		}
	}
}

// restart writes what a power cut leaves of the directory at path into s.
func (d *directory) restart(path string, l luck, s *State) {
	entries := maps.Clone(d.durable)
	for _, apply := range d.pending {
		if l.survives() {
			apply(entries)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		switch path := filepath.Join(path, name); e := entries[name].(type) {
		case *directory:
			s.Dirs = append(s.Dirs, path)
			e.restart(path, l, s)
		case *file:
			s.Files[path] = e.restart(l)
		}
	}
}

// A file is what the disk and the cache have of one. The disk may have any of the versions that a block has had since it
// was synced, and any length between those that the file has had.
type file struct {
	durable []byte
	cache   []byte
	dirty   map[int][][]byte // by number of the block: its versions since durable, the newest last
	lengths []int            // since durable
}

// write puts b at offset, and zeros where the file ended before it.
func (f *file) write(b []byte, offset int) {
	if end := offset + len(b); end > len(f.cache) {
		f.cache = append(f.cache, make([]byte, end-len(f.cache))...)
	}
	copy(f.cache[offset:], b)
	f.touch(offset, offset+len(b))
}

func (f *file) truncate(length int) {
	was := len(f.cache)
	f.cache = append(f.cache[:min(length, was)], make([]byte, max(0, length-was))...)
	f.touch(length, max(length, was))
}

// touch takes note of new versions of the blocks that hold the bytes from one offset to another.
func (f *file) touch(from, to int) {
	if f.dirty == nil {
		f.dirty = map[int][][]byte{}
	}
	for b := from / blockSize; b*blockSize < to; b++ {
		f.dirty[b] = append(f.dirty[b], bytes.Clone(block(f.cache, b)))
	}
	f.lengths = append(f.lengths, len(f.cache))
}

// block returns block b of a content, which is shorter where the content ends in it, and empty beyond the end.
func block(content []byte, b int) []byte {
	from := min(b*blockSize, len(content))
	return content[from:min(from+blockSize, len(content))]
}

// sync brings the dirty blocks to the disk: no others, since the disk need not have those either after a sync that failed.
func (f *file) sync() {
	durable := make([]byte, len(f.cache))
	copy(durable, f.durable)
	for b := range f.dirty {
		copy(block(durable, b), block(f.cache, b))
	}
	f.durable = durable
	f.clean()
}

// clean forgets which blocks are dirty, as a system does that could not write them.
func (f *file) clean() { f.dirty, f.lengths = nil, nil }

// restart returns what a power cut leaves of the file: of each block and of the length the newest version, or one before.
func (f *file) restart(l luck) []byte {
	content := make([]byte, f.length(l))
	copy(content, f.durable)
	for _, b := range slices.Sorted(maps.Keys(f.dirty)) {
		versions, survivor := f.dirty[b], -1 // that of durable
		switch {
		case l.survives():
			survivor = len(versions) - 1
		case l.mixed():
			survivor += l.rng.IntN(len(versions))
		}
		if survivor >= 0 {
			place := block(content, b)
			clear(place)
			copy(place, versions[survivor])
		}
	}
	return content
}

func (f *file) length(l luck) int {
	n := len(f.lengths)
	switch {
	case n == 0:
	case l.survives():
		return f.lengths[n-1]
	case l.mixed():
		all := append(slices.Clone(f.lengths), len(f.durable))
		if l.rng.IntN(2) == 0 {
			return all[l.rng.IntN(len(all))]
		}
		shortest := slices.Min(all)
		return shortest + l.rng.IntN(slices.Max(all)-shortest+1)
	}
	return len(f.durable)
}

// luck decides what survives of all that is not synced.
type luck struct {
	share float64 // that survives, from 0 to 1
	rng   *rand.Rand
}

func (l luck) survives() bool { return l.rng.Float64() < l.share }

// mixed reports whether some survives and some does not.
func (l luck) mixed() bool { return l.share > 0 && l.share < 1 }
