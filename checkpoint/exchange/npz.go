package exchange

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/internal/npy"
)

const npySuffix = ".npy"

var npyTypes = map[checkpoint.DType]string{
	checkpoint.Float32: "<f4", checkpoint.Float64: "<f8", checkpoint.Int32: "<i4", checkpoint.Int64: "<i8", checkpoint.Uint8: "|u1",
}

// maxInflation is more than deflate can make of a byte: it codes at most 258 bytes in two bits.
const maxInflation = 1032

// writeNPZ writes what numpy.savez writes: members that are stored, without a date.
func writeNPZ(w io.Writer, tensors []checkpoint.Tensor) error {
	z := zip.NewWriter(w)
	for _, t := range tensors {
		header := npy.Append(nil, npyTypes[t.DType], t.Shape)
		sum := crc32.Update(crc32.ChecksumIEEE(header), crc32.IEEETable, t.Data)
		size := uint64(len(header) + len(t.Data))
		member, err := z.CreateRaw(&zip.FileHeader{
			Name: t.Name + npySuffix, Method: zip.Store, CRC32: sum, CompressedSize64: size, UncompressedSize64: size,
		})
		if err != nil {
			return err
		}
		for _, part := range [][]byte{header, t.Data} {
			if _, err := member.Write(part); err != nil {
				return err
			}
		}
	}
	return z.Close()
}

func (a *Archive) openNPZ(r io.ReaderAt, size int64) error {
	directory := &directoryReader{ReaderAt: r}
	z, err := zip.NewReader(directory, size)
	directory.read = true
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are no paths here
		return fmt.Errorf("npz: %w", err)
	}
	compressed := uint64(0)
	for _, member := range z.File {
		if compressed += member.CompressedSize64; member.CompressedSize64 > uint64(size) || compressed > uint64(size) {
			return fmt.Errorf("npz: the members have more bytes than the %d of the file: they overlap", size)
		}
		if err := a.addMember(member); err != nil {
			return err
		}
	}
	return nil
}

// A directoryReader counts the members that a zip lists while package zip reads its directory, which believes no count and
// takes memory for each.
type directoryReader struct {
	io.ReaderAt
	members int
	read    bool // all of it
}

// ReadAt implements io.ReaderAt. The end of a directory is read twice, once to find it.
func (d *directoryReader) ReadAt(b []byte, offset int64) (int, error) {
	n, err := d.ReaderAt.ReadAt(b, offset)
	if d.read {
		return n, err
	}
	const twice = 1 << 11
	if d.members += bytes.Count(b[:n], []byte("PK\x01\x02")); d.members > maxTensors+twice {
		return 0, fmt.Errorf("it lists more than %d members", maxTensors)
	}
	return n, err
}

func (a *Archive) addMember(m *zip.File) error {
	name, ok := strings.CutSuffix(m.Name, npySuffix)
	if !ok || name == "" {
		return fmt.Errorf("npz: member %.200q is no array: its name does not end in %s", m.Name, npySuffix)
	}
	fail := func(err error) error { return tensorError(name, err) }
	switch {
	case m.Flags&1 != 0:
		return fail(errors.New("it is encrypted"))
	case m.Method != zip.Store && m.Method != zip.Deflate:
		return fail(fmt.Errorf("it is compressed by method %d, and only deflate can be read", m.Method))
	case m.Method == zip.Store && m.CompressedSize64 != m.UncompressedSize64,
		m.UncompressedSize64/maxInflation > m.CompressedSize64:
		return fail(fmt.Errorf("%d bytes cannot be stored in %d", m.UncompressedSize64, m.CompressedSize64))
	}
	content, err := m.Open()
	if err != nil {
		return fail(err)
	}
	defer content.Close()
	h, header, err := npy.Read(content)
	if err != nil {
		return fail(err)
	}
	info := Info{Name: name, Shape: h.Shape}
	for dtype, code := range npyTypes {
		if code == h.Descr {
			info.DType = dtype
		}
	}
	switch {
	case info.DType == "":
		return fail(unreadable(h.Descr))
	case h.Fortran && len(h.Shape) > 1:
		return fail(errors.New("the array lies in the order of Fortran; save it with numpy.ascontiguousarray"))
	}
	return a.add(info, int64(m.UncompressedSize64)-header, func(dst []byte) error { return readMember(m, header, dst) })
}

// readMember reads the data of a member behind its header. The checksum is compared at its end.
func readMember(m *zip.File, header int64, dst []byte) error {
	content, err := m.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	r := bufio.NewReader(content)
	if _, err := r.Discard(int(header)); err != nil {
		return err
	}
	if _, err := io.ReadFull(r, dst); err != nil {
		return err
	}
	if _, err := r.ReadByte(); err != io.EOF {
		if err == nil {
			err = errors.New("there is more data than it says")
		}
		return err
	}
	return nil
}
