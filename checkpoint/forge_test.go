package checkpoint

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"testing"
)

// A forged section has right checksums and whatever content.
type forged struct {
	name    string
	version byte
	body    []byte
}

// forge assembles a file without tensors. The last section is taken for the index.
func forge(sections ...forged) []byte {
	b := bytes.Clone(magic)
	start := 0
	for _, s := range sections {
		start = len(b)
		b = appendSectionHeader(b, s.name, s.version, s.body)
		b = append(b, s.body...)
	}
	return sealed(b, start)
}

// sealed appends the footer of a file whose index begins at start and ends with b.
func sealed(b []byte, start int) []byte {
	return appendFooter(b, footer{
		indexOffset: int64(start), indexSize: int64(len(b) - start), indexCRC: crc32c(b[start:]),
		fileSize: int64(len(b) + footerSize),
	})
}

// sections returns the sections of a valid file without tensors.
func sections(t testing.TB) []forged {
	return []forged{
		{"head", 1, body(t, validHead())},
		{"conf", 1, body(t, validConf())},
		{"stat", 1, body(t, statBody{})},
		{"indx", 1, body(t, indexBody{Block: blockSize, Tensors: list[partBody, *partBody]{}})},
	}
}

func validHead() headBody {
	return headBody{Align: alignment, Format: formatName, Kind: kindName, Major: major, Minor: minor}
}

func validConf() confBody {
	c, err := (&Config{}).toBody()
	if err != nil {
		panic(err)
	}
	return *c
}

func body(t testing.TB, v any) []byte {
	t.Helper()
	b, err := encodeBody(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// withIndex returns a copy of a file with another index and right checksums.
func withIndex(t testing.TB, b []byte, change func(*indexBody)) []byte {
	t.Helper()
	f := openBytes(t, b)
	foot, err := f.readFooter()
	if err != nil {
		t.Fatal(err)
	}
	parts, err := f.readIndex(foot)
	if err != nil {
		t.Fatal(err)
	}
	index := indexBody{Block: blockSize, Tensors: parts}
	change(&index)
	content := body(t, index)
	out := bytes.Clone(b[:foot.indexOffset])
	out = appendSectionHeader(out, "indx", 1, content)
	return sealed(append(out, content...), int(foot.indexOffset))
}

// repair rewrites every checksum of a file that is mostly in order, so that a fuzzer gets past them.
func repair(b []byte) []byte {
	b = bytes.Clone(b)
	for at := 0; at+sectionHeader <= len(b); at++ {
		s, err := parseSectionHeader(b[at:at+sectionHeader], int64(at))
		if err == nil && s.end() <= int64(len(b)) {
			binary.BigEndian.PutUint32(b[at+8:], sectionCRC(s.name, s.version, b[s.body():s.end()]))
		}
	}
	if len(b) < footerSize {
		return b
	}
	foot := b[len(b)-footerSize:]
	copy(foot, footerMagic)
	binary.LittleEndian.PutUint64(foot[32:], uint64(len(b)))
	start, size := binary.LittleEndian.Uint64(foot[16:]), binary.LittleEndian.Uint64(foot[24:])
	if start <= uint64(len(b)) && size <= uint64(len(b))-start {
		binary.LittleEndian.PutUint32(foot[40:], crc32c(b[start:start+size]))
	}
	binary.LittleEndian.PutUint32(foot[44:], crc32c(foot[:44]))
	return b
}

func newTestWriter(b *bytes.Buffer) *writer { return &writer{w: bufio.NewWriterSize(b, writeBuffer)} }
