// Package exchange writes and reads the files in which other programs keep weights: safetensors, and npz of numpy. Such
// a file holds named arrays of numbers and nothing of a run.
//
// A reader takes what the format's own reader takes, and is as careful as that of checkpoints: lengths are compared with
// the file before memory is taken, names are there once, and the data have neither holes nor overlaps.
package exchange

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/strata-ml/strata/checkpoint"
)

// A Format is a kind of file.
type Format string

// The formats that are written and read.
const (
	Safetensors Format = "safetensors" // huggingface/safetensors
	NPZ         Format = "npz"         // numpy.savez: a zip of npy files
)

// Formats lists all of them.
var Formats = []Format{Safetensors, NPZ}

// maxTensors is how many tensors a file may have: as many as a checkpoint.
const maxTensors = 1 << 16

// An Info describes a tensor of an archive.
type Info struct {
	Name  string
	DType checkpoint.DType
	Shape []int
	Bytes int64
}

// Write writes tensors, whose names must differ. Their roles are lost. Notes are kept by safetensors alone.
func Write(w io.Writer, f Format, tensors []checkpoint.Tensor, notes map[string]string) error {
	if err := check(tensors); err != nil {
		return err
	}
	switch f {
	case Safetensors:
		return writeSafetensors(w, tensors, notes)
	case NPZ:
		return writeNPZ(w, tensors)
	}
	return fmt.Errorf("unknown format %q", string(f))
}

func check(tensors []checkpoint.Tensor) error {
	if len(tensors) > maxTensors {
		return fmt.Errorf("%d tensors, and at most %d are allowed", len(tensors), maxTensors)
	}
	seen := map[string]bool{}
	for _, t := range tensors {
		size, err := checkpoint.DataSize(t.DType, t.Shape)
		if err == nil && size != int64(len(t.Data)) {
			err = fmt.Errorf("%s of shape %v has %d bytes, data have %d", t.DType, t.Shape, size, len(t.Data))
		}
		if err == nil && (t.Name == "" || t.Name == metadataKey) {
			err = errors.New("is no name for a tensor")
		}
		if err == nil && seen[t.Name] {
			err = errors.New("is there twice")
		}
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		seen[t.Name] = true
	}
	return nil
}

// An Archive is an open file. It reads the data of a tensor only when asked to.
type Archive struct {
	Format Format
	infos  []Info
	stored map[string]stored
	closer io.Closer
}

type stored struct {
	bytes int64
	read  func(dst []byte) error
}

// Open opens a file of either format, which its first bytes tell.
func Open(path string) (*Archive, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	stat, err := file.Stat()
	if err == nil && !stat.Mode().IsRegular() {
		err = errors.New("is not a regular file")
	}
	var a *Archive
	if err == nil {
		a, err = New(file, stat.Size())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	a.closer = file
	return a, nil
}

// New opens the file of size bytes behind r. It takes memory in proportion to the size of the file, and none for data.
func New(r io.ReaderAt, size int64) (*Archive, error) {
	a := &Archive{stored: map[string]stored{}}
	var begin [4]byte
	if n, err := r.ReadAt(begin[:], 0); n < len(begin) {
		if err == nil || err == io.EOF {
			err = fmt.Errorf("a file of %d bytes is neither safetensors nor npz", size)
		}
		return nil, err
	}
	if string(begin[:]) == "PK\x03\x04" || string(begin[:]) == "PK\x05\x06" {
		a.Format = NPZ
		return a, a.openNPZ(r, size)
	}
	a.Format = Safetensors
	return a, a.openSafetensors(r, size)
}

// add adds a tensor, whose type and shape must give as many bytes as the file has for it.
func (a *Archive) add(info Info, bytes int64, read func(dst []byte) error) error {
	size, err := checkpoint.DataSize(info.DType, info.Shape)
	switch _, taken := a.stored[info.Name]; {
	case err != nil:
	case size != bytes:
		err = fmt.Errorf("%s of shape %v has %d bytes, and the file has %d", info.DType, info.Shape, size, bytes)
	case taken:
		err = errors.New("is there twice")
	case len(a.infos) == maxTensors:
		err = fmt.Errorf("the file has more than %d tensors", maxTensors)
	}
	if err != nil {
		return tensorError(info.Name, err)
	}
	info.Bytes = size
	a.infos = append(a.infos, info)
	a.stored[info.Name] = stored{size, read}
	return nil
}

// maxQuoted is how much of a name that comes from a file is put into a message.
const maxQuoted = 200

func tensorError(name string, err error) error {
	return fmt.Errorf("tensor %q: %w", name[:min(len(name), maxQuoted)], err)
}

// Tensors describes the tensors in the order of the file.
func (a *Archive) Tensors() []Info { return slices.Clone(a.infos) }

// Read reads the data of a tensor, little-endian and in row-major order, into dst, which must have exactly its size.
// After an error the content of dst is undefined.
func (a *Archive) Read(name string, dst []byte) error {
	t, ok := a.stored[name]
	if !ok {
		return fmt.Errorf("there is no tensor %q", name)
	}
	if int64(len(dst)) != t.bytes {
		return tensorError(name, fmt.Errorf("it has %d bytes, the destination has %d", t.bytes, len(dst)))
	}
	if err := t.read(dst); err != nil {
		return tensorError(name, err)
	}
	return nil
}

// Close closes the file behind Open.
func (a *Archive) Close() error {
	if a.closer == nil {
		return nil
	}
	return a.closer.Close()
}

// unreadable is the error for elements of a type that checkpoints have not.
func unreadable(dtype string) error {
	return fmt.Errorf("the elements are %.40q, and only float32, float64, int32, int64 and uint8, all little-endian, can be read; convert them where the file was written", dtype)
}
