package checkpoint

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Each flipped bit of a small file is found, and the error names the section or the tensor and block that it is in.
func TestEveryBitFlip(t *testing.T) {
	b := encodeSnap(t, sample())
	places := placesOf(t, b)
	for i := range b {
		for bit := range 8 {
			b[i] ^= 1 << bit
			err := check(b)
			b[i] ^= 1 << bit
			places[i].wantIn(t, err, "bit %d of byte %d", bit, i)
		}
	}
}

// A place is what a byte of a file belongs to.
type place struct {
	section string
	tensor  string
	block   int // -1 for the header of a tensor
	loose   bool
}

// placesOf returns the place of each byte of a file.
func placesOf(t *testing.T, b []byte) []place {
	t.Helper()
	f := openBytes(t, b)
	foot, err := f.readFooter()
	if err != nil {
		t.Fatal(err)
	}
	places := make([]place, len(b))
	fill := func(from, to int64, p place) {
		for i := from; i < to; i++ {
			places[i] = p
		}
	}
	fill(0, int64(len(magic)), place{section: "magic"})
	for _, s := range f.sections {
		fill(s.offset, s.body(), place{section: s.name, loose: true}) // the name of the section is in its header
		fill(s.body(), s.end(), place{section: s.name})
	}
	for _, tensor := range f.tensors {
		for _, p := range tensor.parts {
			fill(p.header, p.offset, place{tensor: tensor.info.Name, block: -1})
			fill(p.header, p.header+1, place{loose: true}) // where this code is another, no tensor begins
			for from := int64(0); from < p.size; from += blockSize {
				fill(p.offset+from, p.offset+min(from+blockSize, p.size), place{tensor: tensor.info.Name, block: int(from / blockSize)})
			}
		}
	}
	fill(foot.indexOffset, foot.indexOffset+sectionHeader, place{section: "indx", loose: true})
	fill(foot.indexOffset+sectionHeader, int64(len(b)-footerSize), place{section: "indx"})
	fill(int64(len(b)-footerSize), int64(len(b)), place{section: "footer"})
	for i, p := range places {
		if p == (place{}) {
			t.Fatalf("byte %d belongs to nothing", i)
		}
	}
	return places
}

// wantIn fails the test unless an error is that of damage in the place: just there, or, where it is loose, at a place
// that has a name.
func (p place) wantIn(t *testing.T, err error, format string, args ...any) {
	t.Helper()
	var corrupt *CorruptError
	if !errors.As(err, &corrupt) {
		t.Fatalf(format+": error is %v", append(args, err)...)
	}
	named := corrupt.Section == p.section && corrupt.Tensor == p.tensor && (p.tensor == "" || corrupt.Block == p.block)
	if p.loose {
		named = corrupt.Section != "" || corrupt.Tensor != ""
	}
	if !named || p.tensor != "" && !strings.Contains(err.Error(), strconv.Quote(p.tensor)) {
		t.Fatalf(format+" in %+v: error is %v", append(args, p, err)...)
	}
}

func TestEveryTruncation(t *testing.T) {
	b := encodeSnap(t, sample())
	for n := range b {
		if got := asCorrupt(t, check(b[:n])); got.Section == "" {
			t.Errorf("cut at %d bytes: error is %v", n, got)
		}
	}
}

func TestEveryExtension(t *testing.T) {
	b := encodeSnap(t, sample())
	for _, more := range []string{"\x00", "\xc0", strings.Repeat("\x00", 48), string(b)} {
		asCorrupt(t, check(append(bytes.Clone(b), more...)))
	}
}

// Random bursts of up to 64 bytes, as a bad disk or cable leaves them.
func TestBursts(t *testing.T) {
	b := encodeSnap(t, sample())
	rng := rand.New(rand.NewPCG(7, 7))
	bursts := 5_000
	if *long {
		bursts = 1_000_000
	}
	for range bursts {
		bad := bytes.Clone(b)
		at := rng.IntN(len(bad))
		for i := at; i < min(at+1+rng.IntN(64), len(bad)); i++ {
			bad[i] = byte(rng.Uint32())
		}
		if bytes.Equal(bad, b) {
			continue
		}
		if check(bad) == nil {
			t.Fatalf("burst at byte %d is not found", at)
		}
	}
	t.Logf("%d bursts in a file of %d bytes", bursts, len(b))
}

// Sectors that a power cut left as zeros or as bytes of another file.
func TestLostBlocks(t *testing.T) {
	b := encodeSnap(t, large(1))
	for at := 0; at < len(b); at += 4096 {
		for _, fill := range []byte{0x00, 0xff} {
			bad := bytes.Clone(b)
			block := bad[at:min(at+4096, len(bad))]
			copy(block, bytes.Repeat([]byte{fill}, len(block)))
			asCorrupt(t, check(bad))
		}
	}
}

func TestErrorNamesTensorAndBlock(t *testing.T) {
	path := filepath.Join(t.TempDir(), StepFile(7))
	b := encodeSnap(t, large(3))
	at := openBytes(t, b).tensors[0].parts[0].offset + 2*blockSize + 17
	b[at] ^= 1
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err) // opening reads no data
	}
	defer f.Close()
	_, err = f.Verify()
	want := &CorruptError{Path: path, Tensor: "w", Block: 2, Offset: at - 17, Err: errChecksum}
	if got := asCorrupt(t, err); *got != *want {
		t.Errorf("error is %+v, want %+v", got, want)
	}
	if want := path + `: tensor "w": block 2 at byte 2097472: checksum does not match`; err.Error() != "checkpoint: "+want {
		t.Errorf("error is %v, want %s", err, want)
	}
	if _, err := f.Tensor("w"); err == nil {
		t.Error("the tensor can be read")
	}
}

func TestNotACheckpoint(t *testing.T) {
	b := encodeSnap(t, sample())
	tests := []struct{ name, want, content string }{
		{"empty", "not a strata checkpoint: the file is empty", ""},
		{"cut", "not a strata checkpoint: the file is cut short at 9 bytes", string(b[:9])},
		{"text", "not a strata checkpoint", "model:\n  - dense: {units: 2}\n"},
		{"zeros", "not a strata checkpoint", strings.Repeat("\x00", 4096)},
		{"CRLF to LF", "as by a copy in text mode", strings.ReplaceAll(string(b), "\r\n", "\n")},
		{"LF to CRLF", "as by a copy in text mode", strings.ReplaceAll(string(b), "\n", "\r\n")},
		{"seven bits", "as by a copy in text mode", sevenBits(b)},
		{"decoded as UTF-8", "as by a copy in text mode", strings.ToValidUTF8(string(b), "�")},
		{"cut at control-Z", "the file is cut short at 9 bytes", string(b[:bytes.IndexByte(b, 0x1a)])},
	}
	for _, test := range tests {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, []byte(test.content), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		asCorrupt(t, err)
		if !errors.Is(err, ErrNotCheckpoint) || !strings.Contains(err.Error(), path+": ") ||
			!strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("%s: error is %v", test.name, err)
		}
	}
}

func sevenBits(b []byte) string {
	out := bytes.Clone(b)
	for i := range out {
		out[i] &= 0x7f
	}
	return string(out)
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "no")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: error is %v", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("directory: error is %v", err)
	}
}

// failingReaderAt fails from a byte on.
type failingReaderAt struct {
	b    []byte
	from int64
	err  error
}

func (r *failingReaderAt) ReadAt(b []byte, offset int64) (int, error) {
	if offset+int64(len(b)) > r.from {
		return 0, r.err
	}
	return copy(b, r.b[offset:]), nil
}

// An error of the disk is no damage of the file: the file may be fine, and falling back to an older one would be wrong.
func TestReadErrorIsNotCorruption(t *testing.T) {
	b := encodeSnap(t, sample())
	cause := errors.New("input/output error")
	for from := range int64(len(b)) {
		_, err := NewFile(&failingReaderAt{b, from, cause}, int64(len(b)))
		var corrupt *CorruptError
		if !errors.Is(err, cause) || errors.As(err, &corrupt) {
			t.Fatalf("from byte %d: error is %v", from, err)
		}
	}
	r := &failingReaderAt{b, int64(len(b)), cause}
	f, err := NewFile(r, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	r.from = 0
	if _, err := f.Verify(); !errors.Is(err, cause) {
		t.Errorf("verify: error is %v", err)
	}
	if _, err := f.Tensor("fc1/w"); !errors.Is(err, cause) {
		t.Errorf("tensor: error is %v", err)
	}
}

// A file that is cut while it is open.
func TestFileShrinks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := Save(path, large(2)); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(path, blockSize+1000); err != nil {
		t.Fatal(err)
	}
	_, err = f.Tensor("w")
	if got := asCorrupt(t, err); got.Tensor != "w" || got.Block != 1 {
		t.Errorf("error is %v", err)
	}
}

func TestNonFinite(t *testing.T) {
	f32 := []uint32{0, 1, 0x7f7fffff, 0xff7fffff, 0x80000000, 0x007fffff, 0x7f800000, 0xff800000, 0x7f800001, 0xffffffff, 0x7fc00000}
	f64 := []uint64{
		0, 1, 0x7fefffff_ffffffff, 0xffefffff_ffffffff, 1 << 63, 0x000fffff_ffffffff,
		0x7ff00000_00000000, 0xfff00000_00000000, 0x7ff00000_00000001, 0xffffffff_ffffffff, 0x7ff80000_00000000,
	}
	b32, b64 := make([]int32, len(f32)), make([]int64, len(f64))
	for i := range f32 {
		b32[i], b64[i] = int32(f32[i]), int64(f64[i])
	}
	for n := range len(f32) + 1 {
		want := int64(max(0, n-6))
		if got := nonFinite(Float32, Bytes(b32[:n])); got != want {
			t.Errorf("%d of %#x: %d, want %d", n, f32[:n], got, want)
		}
		if got := nonFinite(Float64, Bytes(b64[:n])); got != want {
			t.Errorf("%d of %#x: %d, want %d", n, f64[:n], got, want)
		}
	}
	for lane := range 20 {
		var w [20]float32
		w[lane] = float32(math.Inf(-1))
		if got := nonFinite(Float32, Bytes(w[:])); got != 1 {
			t.Errorf("infinity at %d: %d", lane, got)
		}
	}
	if got := nonFinite(Int32, Bytes(b32)); got != 0 {
		t.Errorf("integers: %d", got)
	}
}
