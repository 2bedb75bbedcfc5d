package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
)

// A tensor is the index entry of a whole tensor.
type tensor struct {
	info  TensorInfo
	parts []part
	total int64 // parts that it has when complete
}

// A part is one data object.
type part struct {
	header int64 // where its pad object begins
	offset int64
	size   int64
	crcs   []byte
}

var errIncomplete = errors.New("its last parts are missing")

func (t *tensor) complete() bool { return int64(len(t.parts)) == t.total }

// addPart adds a data object, which begins with its pad at header, to the tensor that it is a part of.
func (f *File) addPart(p partBody, header int64) error {
	if p.Part == 0 {
		if len(f.tensors) > 0 && !f.tensors[len(f.tensors)-1].complete() {
			return fmt.Errorf("stands before the last part of tensor %q", f.tensors[len(f.tensors)-1].info.Name)
		}
		if _, taken := f.byName[p.Name]; taken {
			return errors.New("is there twice")
		}
		f.byName[p.Name] = len(f.tensors)
		f.tensors = append(f.tensors, tensor{
			info:  TensorInfo{Name: p.Name, Role: p.Role, DType: DType(p.DType), Shape: ints(p.Shape)},
			total: p.Parts,
		})
	}
	if len(f.tensors) == 0 {
		return fmt.Errorf("begins with part %d", p.Part)
	}
	t := &f.tensors[len(f.tensors)-1]
	same := t.info.Name == p.Name && t.info.Role == p.Role && string(t.info.DType) == p.DType &&
		slices.Equal(t.info.Shape, ints(p.Shape)) && t.total == p.Parts
	if !same || int64(len(t.parts)) != p.Part {
		return fmt.Errorf("part %d of %d does not continue tensor %q", p.Part, p.Parts, t.info.Name)
	}
	if p.Size%int64(t.info.DType.Size()) != 0 {
		return fmt.Errorf("part %d of %d bytes cuts an element in two", p.Part, p.Size)
	}
	t.add(part{header: header, offset: p.Offset, size: p.Size, crcs: p.CRC})
	total, err := dataSize(t.info.DType, p.Shape)
	if err == nil && (t.info.Bytes > total || t.complete() && t.info.Bytes < total) {
		err = fmt.Errorf("has %d bytes, %s of shape %v has %d", t.info.Bytes, t.info.DType, t.info.Shape, total)
	}
	return err
}

func (t *tensor) add(p part) {
	fullBlock := powerOfX8(blockSize)
	for i := int64(0); i*blockSize < p.size; i++ {
		crc := binary.LittleEndian.Uint32(p.crcs[4*i:])
		if left := p.size - i*blockSize; left < blockSize {
			t.info.CRC32C = joinCRC(t.info.CRC32C, crc, left)
		} else {
			t.info.CRC32C = multiply(t.info.CRC32C, fullBlock) ^ crc
		}
	}
	t.info.Bytes += p.size
	t.parts = append(t.parts, p)
}

// ReadTensor reads the data of the named tensor into dst, which must have exactly its size, and checks the checksum of
// each block. After an error the content of dst is undefined.
func (f *File) ReadTensor(name string, dst []byte) error {
	t, err := f.find(name)
	if err != nil {
		return err
	}
	if int64(len(dst)) != t.info.Bytes {
		return f.fail(fmt.Errorf("tensor %q has %d bytes, the destination has %d", name, t.info.Bytes, len(dst)))
	}
	_, err = f.eachBlock(t, func(size int) []byte {
		block := dst[:size]
		dst = dst[size:]
		return block
	}, nil)
	if err != nil {
		return f.fail(err)
	}
	return nil
}

// Tensor reads the named tensor into memory of its own.
func (f *File) Tensor(name string) (Tensor, error) {
	t, err := f.find(name)
	if err != nil {
		return Tensor{}, err
	}
	data := make([]byte, t.info.Bytes)
	if err := f.ReadTensor(name, data); err != nil {
		return Tensor{}, err
	}
	return Tensor{
		Name: name, Role: t.info.Role, DType: t.info.DType, Shape: slices.Clone(t.info.Shape), Data: data,
	}, nil
}

// Snapshot reads the whole checkpoint.
func (f *File) Snapshot() (*Snapshot, error) {
	s := &Snapshot{Config: f.config, State: f.state}
	for i := range f.tensors {
		t, err := f.Tensor(f.tensors[i].info.Name)
		if err != nil {
			return nil, err
		}
		s.Tensors = append(s.Tensors, t)
	}
	return s, nil
}

// ReadInto reads the named tensor into dst, which must have its element type and its number of elements, in row-major
// order. On a little-endian machine nothing is copied on the way. After an error the content of dst is undefined.
func ReadInto[T Element](f *File, name string, dst []T) error {
	t, err := f.find(name)
	if err != nil {
		return err
	}
	want := DTypeOf[T]()
	if t.info.DType != want {
		return f.fail(fmt.Errorf("tensor %q holds %s, not %s", name, t.info.DType, want))
	}
	if elements := t.info.Bytes / int64(want.Size()); elements != int64(len(dst)) {
		return f.fail(fmt.Errorf("tensor %q has %d elements, the destination has %d", name, elements, len(dst)))
	}
	if littleEndian {
		return f.ReadTensor(name, view(dst))
	}
	whole, err := f.Tensor(name)
	if err != nil {
		return err
	}
	decode(dst, whole.Data)
	return nil
}

func (f *File) find(name string) (*tensor, error) {
	i, ok := f.byName[name]
	if !ok {
		return nil, f.fail(fmt.Errorf("there is no tensor %q", name))
	}
	return &f.tensors[i], nil
}

// eachBlock reads the data of t block by block, and each block in pieces. Into gives the memory for the next piece, which is
// not empty and has at most so many bytes; seen, where it is not nil, gets each piece before the checksum of its block is
// known. It returns the number of blocks.
func (f *File) eachBlock(t *tensor, into func(most int) []byte, seen func(piece []byte)) (number int, err error) {
	for _, p := range t.parts {
		if err := f.checkTensorHeader(t, p); err != nil {
			return number, err
		}
		for from := int64(0); from < p.size; from += blockSize {
			sum, end := uint32(0), min(from+blockSize, p.size)
			for at := from; at < end; {
				piece := into(int(end - at))
				if err := f.readAt(piece, p.offset+at, t.info.Name); err != nil {
					return number, inTensor(err, t, number)
				}
				if sum = crc32.Update(sum, crcTable, piece); seen != nil {
					seen(piece)
				}
				at += int64(len(piece))
			}
			if sum != binary.LittleEndian.Uint32(p.crcs[from/blockSize*4:]) {
				return number, &CorruptError{Tensor: t.info.Name, Block: number, Offset: p.offset + from, Err: errChecksum}
			}
			number++
		}
	}
	return number, nil
}

// checkTensorHeader compares the bytes before the data with the only ones that may stand there.
func (f *File) checkTensorHeader(t *tensor, p part) error {
	want, err := appendTensorHeader(nil, p.header, p.size)
	if err != nil {
		return err
	}
	got := make([]byte, len(want))
	if err := f.readAt(got, p.header, t.info.Name); err != nil {
		return inTensor(err, t, -1)
	}
	if !bytes.Equal(got, want) {
		return &CorruptError{
			Tensor: t.info.Name, Block: -1, Offset: p.header,
			Err: errors.New("padding or length is not what the index says"),
		}
	}
	return nil
}

// inTensor moves a CorruptError from a section to a block of a tensor.
func inTensor(err error, t *tensor, block int) error {
	var corrupt *CorruptError
	if errors.As(err, &corrupt) {
		corrupt.Section, corrupt.Tensor, corrupt.Block = "", t.info.Name, block
	}
	return err
}

func ints(shape []int64) []int {
	out := make([]int, len(shape))
	for i, dim := range shape {
		out[i] = int(dim)
	}
	return out
}
