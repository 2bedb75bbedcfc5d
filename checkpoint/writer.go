package checkpoint

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/strata-ml/strata/internal/atomicfile"
)

const writeBuffer = 256 << 10 // bytes; larger writes go straight through

// Save writes the snapshot to path so that a crash at any instant leaves the old content or the whole new one. A nil
// error means that the file is durable. After an error no temporary file is left, and what stood at path stands there
// still; see package internal/atomicfile for the protocol. Where the file system says that it has no room for the file,
// nothing is written and the error is a *SpaceError.
func Save(path string, s *Snapshot) error {
	return save(atomicfile.Disk, path, s)
}

func save(fsys atomicfile.FS, path string, s *Snapshot) error {
	err := checkSpace(fsys, filepath.Dir(path), s)
	if err == nil {
		err = atomicfile.Write(fsys, path, func(w io.Writer) error { return write(w, s) })
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// Write writes the snapshot to w, front to back and without seeking, so w may be a pipe. It copies no tensor data and
// needs memory only for the index. A snapshot that a reader would refuse is refused before the first byte.
func Write(w io.Writer, s *Snapshot) error {
	if err := write(w, s); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// Size returns the bytes of the file that Write makes of the snapshot. It reads no tensor data.
func Size(s *Snapshot) (int64, error) {
	n, err := size(s)
	if err != nil {
		return 0, fmt.Errorf("checkpoint: %w", err)
	}
	return n, nil
}

func size(s *Snapshot) (int64, error) {
	out := &writer{dry: true}
	err := out.snapshot(s)
	return out.off, err
}

func write(w io.Writer, s *Snapshot) error {
	out := &writer{w: bufio.NewWriterSize(w, writeBuffer)}
	return out.snapshot(s)
}

// snapshot writes all of a checkpoint.
func (w *writer) snapshot(s *Snapshot) error {
	conf, stat, err := encodeSnapshot(s)
	if err != nil {
		return err
	}
	head, err := encodeBody(headBody{
		Align: alignment, Format: formatName, Kind: kindName, Major: major, Minor: minor, MinReader: 0,
	})
	if err != nil {
		return err
	}
	w.write(magic)
	w.section("head", head)
	w.section("conf", conf)
	index := indexBody{Block: blockSize, Tensors: list[partBody, *partBody]{}}
	for _, t := range s.Tensors {
		index.Tensors = append(index.Tensors, w.tensor(t)...)
	}
	w.section("stat", stat)
	w.finish(&index)
	return w.err
}

// encodeSnapshot checks the whole snapshot and returns the bodies of "conf" and "stat".
func encodeSnapshot(s *Snapshot) (conf, stat []byte, err error) {
	c, err := s.Config.toBody()
	if err != nil {
		return nil, nil, err
	}
	st, err := s.State.toBody()
	if err != nil {
		return nil, nil, err
	}
	if len(c.Data) > maxElements || len(c.Modules) > maxElements {
		return nil, nil, fmt.Errorf("config: %d data files and %d modules, at most %d are allowed",
			len(c.Data), len(c.Modules), maxElements)
	}
	if err := checkTensors(s.Tensors); err != nil {
		return nil, nil, err
	}
	if conf, err = encodeChecked("conf", c); err != nil {
		return nil, nil, err
	}
	stat, err = encodeChecked("stat", st)
	return conf, stat, err
}

// encodeChecked encodes a body that holds text from outside, which need not be the UTF-8 that msgpack wants.
func encodeChecked(name string, v any) ([]byte, error) {
	body, err := encodeBody(v)
	if err == nil && len(body) > maxSection {
		err = fmt.Errorf("%d bytes, at most %d are allowed", len(body), maxSection)
	}
	if err == nil {
		err = scan(body)
	}
	if err != nil {
		return nil, fmt.Errorf("section %q: %w", name, err)
	}
	return body, nil
}

func checkTensors(tensors []Tensor) error {
	seen := make(map[string]bool, len(tensors))
	parts := int64(0)
	for _, t := range tensors {
		if err := checkName(t.Name); err != nil {
			return err
		}
		if seen[t.Name] {
			return fmt.Errorf("two tensors are named %q", t.Name)
		}
		seen[t.Name] = true
		if err := checkRole(t.Role); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		size, err := dataSize(t.DType, int64s(t.Shape))
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if size != int64(len(t.Data)) {
			return fmt.Errorf("tensor %q: %s of shape %v has %d bytes, data have %d", t.Name, t.DType, t.Shape, size, len(t.Data))
		}
		parts += partCount(size)
	}
	if parts > maxElements {
		return fmt.Errorf("%d tensors and parts, at most %d are allowed", parts, maxElements)
	}
	return nil
}

func partCount(size int64) int64 { return max(1, (size+maxPart-1)/maxPart) }

// A writer counts bytes and keeps the first error. A dry one does nothing else.
type writer struct {
	w   *bufio.Writer
	dry bool
	off int64
	err error
}

func (w *writer) write(b []byte) {
	if w.err != nil {
		return
	}
	if w.dry {
		w.off += int64(len(b))
		return
	}
	n, err := w.w.Write(b)
	w.off += int64(n)
	w.err = err
}

func (w *writer) section(name string, body []byte) {
	w.write(appendSectionHeader(nil, name, sectionVersion, body))
	w.write(body)
}

// tensor writes the data of t and returns their entries in the index.
func (w *writer) tensor(t Tensor) []partBody {
	parts := make([]partBody, partCount(int64(len(t.Data))))
	rest := t.Data
	for i := range parts {
		data := rest[:min(int64(len(rest)), maxPart)]
		rest = rest[len(data):]
		header, err := appendTensorHeader(nil, w.off, int64(len(data)))
		w.err = errors.Join(w.err, err)
		w.write(header)
		parts[i] = partBody{
			DType: string(t.DType), Size: int64(len(data)), Name: t.Name, Offset: w.off,
			Part: int64(i), Parts: int64(len(parts)), Role: t.Role, Shape: int64s(t.Shape),
		}
		parts[i].CRC = w.blocks(data)
	}
	return parts
}

// blocks writes data and returns the checksums of their blocks. Those of large data are computed while the data are
// written: in front of the writes, they would take a tenth of the time of a save.
func (w *writer) blocks(data []byte) []byte {
	if w.dry {
		w.off += int64(len(data))
		return make([]byte, 4*((len(data)+blockSize-1)/blockSize))
	}
	if len(data) <= blockSize {
		w.write(data)
		return blockSums(data)
	}
	sums := make(chan []byte, 1)
	go func(data []byte) { sums <- blockSums(data) }(data)
	for len(data) > 0 && w.err == nil {
		n := min(len(data), blockSize)
		w.write(data[:n])
		data = data[n:]
	}
	return <-sums
}

// blockSums returns the checksums of the blocks of data.
func blockSums(data []byte) []byte {
	crcs := []byte{}
	for ; len(data) > 0; data = data[min(len(data), blockSize):] {
		crcs = binary.LittleEndian.AppendUint32(crcs, crc32c(data[:min(len(data), blockSize)]))
	}
	return crcs
}

// finish writes the index and the footer.
func (w *writer) finish(index *indexBody) {
	body, err := encodeChecked("indx", index)
	if w.err = errors.Join(w.err, err); w.err != nil {
		return
	}
	object := append(appendSectionHeader(nil, "indx", sectionVersion, body), body...)
	f := footer{indexOffset: w.off, indexSize: int64(len(object)), indexCRC: crc32c(object)}
	f.fileSize = f.indexOffset + f.indexSize + footerSize
	w.write(object)
	w.write(appendFooter(nil, f))
	if w.err == nil && !w.dry {
		w.err = w.w.Flush()
	}
}

func int64s(shape []int) []int64 {
	out := make([]int64, len(shape))
	for i, dim := range shape {
		out[i] = int64(dim)
	}
	return out
}
