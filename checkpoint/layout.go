package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// The version of the format that this package writes. A reader of major version 1 reads every file of major version 1
// whose min_reader is not above its own minor version.
const (
	major = 1
	minor = 0
)

const (
	formatName     = "strata"
	kindName       = "checkpoint"
	alignment      = 64 // of tensor data in the file, in bytes: a cache line and an AVX-512 register
	sectionVersion = 1
	sectionHeader  = 17 // bytes before the body of a section
	tensorHeader   = 5  // bytes of the msgpack bin32 header before tensor data
	padHeader      = 2  // bytes of the msgpack bin8 header before the zeros that align tensor data
	footerSize     = 48
	maxHead        = 4 << 10  // bytes in the body of "head"
	maxSection     = 64 << 20 // bytes in the body of any other section
	maxSections    = 64       // sections in a file
	maxElements    = 1 << 16  // tensors, modules and data files in a file
)

// maxPart is the most data that one msgpack object of a tensor holds; a larger tensor is split. A bin32 could take
// 4 GiB - 1, but half of that keeps clear of readers with signed 32-bit lengths. It is a variable so that a test can
// split a small tensor.
var maxPart int64 = 2 << 30

// magic is a msgpack bin8 of 12 bytes in the manner of PNG: a byte that no ASCII text has, the name, and line ends and a
// control-Z that a transfer in text mode changes.
var magic = []byte("\xc4\x0c\x89STRA\r\n\x1a\n\x00\x00\x00")

var footerMagic = []byte("\xc4\x2e\x00\x00\x00\x00\x00\x00STRAEND\n")

// A section is the header of [name, version, crc32c, body]: always a fixarray, a fixstr, a fixint, a uint32 and a bin32,
// so it has a fixed size and each bit a single legal value.
type section struct {
	name    string // four letters; a capital first letter means that a reader must understand it
	version byte
	crc     uint32 // of name, version and body
	size    int64  // bytes of the body
	offset  int64  // of the header in the file
}

func (s section) body() int64 { return s.offset + sectionHeader }
func (s section) end() int64  { return s.body() + s.size }

func sectionCRC(name string, version byte, body []byte) uint32 {
	crc := crc32c(append([]byte(name), version))
	return crc32.Update(crc, crcTable, body)
}

func appendSectionHeader(b []byte, name string, version byte, body []byte) []byte {
	b = append(b, 0x94, 0xa4)
	b = append(b, name...)
	b = append(b, version, 0xce)
	b = binary.BigEndian.AppendUint32(b, sectionCRC(name, version, body))
	b = append(b, 0xc6)
	return binary.BigEndian.AppendUint32(b, uint32(len(body)))
}

func parseSectionHeader(b []byte, offset int64) (section, error) {
	s := section{
		name:    string(b[2:6]),
		version: b[6],
		crc:     binary.BigEndian.Uint32(b[8:]),
		size:    int64(binary.BigEndian.Uint32(b[13:])),
		offset:  offset,
	}
	if b[0] != 0x94 || b[1] != 0xa4 || b[7] != 0xce || b[12] != 0xc6 || s.version > 0x7f || !isSectionName(b[2:6]) {
		return s, errors.New("not a section")
	}
	return s, nil
}

func isSectionName(b []byte) bool {
	for _, c := range b {
		if c |= 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// padding returns how many zeros go before tensor data whose pad object begins at offset, so that the data are aligned.
func padding(offset int64) int64 {
	return -(offset + padHeader + tensorHeader) & (alignment - 1)
}

// appendTensorHeader appends everything that stands between the end of the object before, at offset, and the data.
func appendTensorHeader(b []byte, offset, size int64) ([]byte, error) {
	if size < 0 || size > math.MaxUint32 {
		return b, fmt.Errorf("%d bytes do not fit in a bin32", size)
	}
	pad := padding(offset)
	b = append(b, 0xc4, byte(pad))
	b = append(b, make([]byte, pad)...)
	b = append(b, 0xc6)
	return binary.BigEndian.AppendUint32(b, uint32(size)), nil
}

// A footer is the last object of a file: where the index is, and what tells a whole file from a cut one.
type footer struct {
	indexOffset, indexSize, fileSize int64
	indexCRC                         uint32 // of the index object, header and all
}

func appendFooter(b []byte, f footer) []byte {
	start := len(b)
	b = append(b, footerMagic...)
	b = binary.LittleEndian.AppendUint64(b, uint64(f.indexOffset))
	b = binary.LittleEndian.AppendUint64(b, uint64(f.indexSize))
	b = binary.LittleEndian.AppendUint64(b, uint64(f.fileSize))
	b = binary.LittleEndian.AppendUint32(b, f.indexCRC)
	return binary.LittleEndian.AppendUint32(b, crc32c(b[start:]))
}

func parseFooter(b []byte) (footer, error) {
	if !bytes.HasPrefix(b, footerMagic) {
		return footer{}, errors.New("there is none: the file is cut short, or something follows it")
	}
	if crc32c(b[:footerSize-4]) != binary.LittleEndian.Uint32(b[footerSize-4:]) {
		return footer{}, errChecksum
	}
	return footer{
		indexOffset: int64(binary.LittleEndian.Uint64(b[16:])),
		indexSize:   int64(binary.LittleEndian.Uint64(b[24:])),
		fileSize:    int64(binary.LittleEndian.Uint64(b[32:])),
		indexCRC:    binary.LittleEndian.Uint32(b[40:]),
	}, nil
}
