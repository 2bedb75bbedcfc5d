package exchange

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
)

// sample has every type, a number, an empty array, and numbers that are not finite.
func sample() []checkpoint.Tensor {
	nan := math.Float32frombits(0x7fc00123)
	return []checkpoint.Tensor{
		checkpoint.NewTensor("mask", checkpoint.Param, []int{3}, []uint8{0, 1, 255}),
		checkpoint.NewTensor("fc1/w", checkpoint.Param, []int{3, 2}, []float32{1, -2.5, nan, 1e-45, 0, float32(math.Inf(1))}),
		checkpoint.NewTensor("fc1/w/m", checkpoint.Slot, []int{3, 2}, []float64{1, -2.5, 3, math.SmallestNonzeroFloat64, math.Copysign(0, -1), math.NaN()}),
		checkpoint.NewTensor("bn/count", checkpoint.Aux, []int{}, []int64{math.MinInt64}),
		checkpoint.NewTensor("empty", checkpoint.Aux, []int{0, 5}, []int32{}),
	}
}

func encode(t testing.TB, f Format, tensors []checkpoint.Tensor) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f, tensors, map[string]string{"producer": "strata"}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, b []byte) *Archive {
	t.Helper()
	a, err := New(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// readAll reads all tensors, without their roles.
func readAll(a *Archive) ([]checkpoint.Tensor, error) {
	var list []checkpoint.Tensor
	for _, info := range a.Tensors() {
		dst := make([]byte, info.Bytes)
		if err := a.Read(info.Name, dst); err != nil {
			return nil, err
		}
		list = append(list, checkpoint.Tensor{Name: info.Name, DType: info.DType, Shape: info.Shape, Data: dst})
	}
	return list, nil
}

func TestRoundTrip(t *testing.T) {
	for _, f := range Formats {
		b := encode(t, f, sample())
		if !bytes.Equal(b, encode(t, f, sample())) {
			t.Errorf("%s: two writes of the same tensors differ", f)
		}
		a := open(t, b)
		got, err := readAll(a)
		if err != nil || a.Format != f || len(got) != len(sample()) {
			t.Fatalf("%s: got %v, %s, %v", f, got, a.Format, err)
		}
		for _, want := range sample() {
			i := slices.IndexFunc(got, func(one checkpoint.Tensor) bool { return one.Name == want.Name })
			if i < 0 || got[i].DType != want.DType || !slices.Equal(got[i].Shape, want.Shape) || !bytes.Equal(got[i].Data, want.Data) {
				t.Errorf("%s: %q comes back as %+v, want %+v", f, want.Name, got, want)
			}
		}
		if err := a.Read("fc1/w", make([]byte, 5)); err == nil || !strings.Contains(err.Error(), "24 bytes, the destination has 5") {
			t.Errorf("%s: error is %v", f, err)
		}
		if err := a.Read("x", nil); err == nil {
			t.Errorf("%s: no error for a tensor that is not there", f)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	w := sample()[1]
	short, named := w, w
	short.Data, named.Name = w.Data[:3], "__metadata__"
	for want, tensors := range map[string][]checkpoint.Tensor{
		"is there twice": {w, w}, "data have 3": {short}, "is no name": {named},
	} {
		for _, f := range Formats {
			if err := Write(&bytes.Buffer{}, f, tensors, nil); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error is %v, want one with %q", f, err, want)
			}
		}
	}
	if err := Write(&bytes.Buffer{}, "pickle", nil, nil); err == nil {
		t.Error("no error for an unknown format")
	}
}

// The header is what the documentation of the format shows.
func TestSafetensorsBytes(t *testing.T) {
	got := encode(t, Safetensors, []checkpoint.Tensor{checkpoint.NewTensor("w", checkpoint.Param, []int{1, 2}, []float32{1, -2})})
	const header = `{"__metadata__":{"producer":"strata"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}   `
	want := fmt.Sprintf("%c\x00\x00\x00\x00\x00\x00\x00%s\x00\x00\x80\x3f\x00\x00\x00\xc0", len(header), header)
	if string(got) != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func safetensors(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestSafetensorsHostile(t *testing.T) {
	w := func(rest string) string { return `{"w":{"dtype":"F32",` + rest + `}}` }
	tests := map[string][]byte{
		"neither safetensors nor npz":          []byte("abc"),
		"neither":                              []byte("abcdefg"),
		"header would have":                    []byte("{\"not\": \"a header\"}"),
		"where 1 follow":                       safetensors("{}", 0)[:9],
		"and 100000000 are allowed":            binary.LittleEndian.AppendUint64(nil, math.MaxUint64),
		"does not begin with {":                safetensors(" {}", 0),
		"not UTF-8":                            safetensors("{\"\xff\":0}", 0),
		"ends within the object":               safetensors(`{"w":`, 0),
		"bytes follow the object":              safetensors("{}\n", 0),
		"follow the object":                    safetensors("{}{}", 0),
		`"w" is there twice`:                   safetensors(`{"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0),
		`"shape" is there twice`:               safetensors(w(`"shape":[0],"shape":[0],"data_offsets":[0,0]`), 0),
		`tensor "w": it lacks`:                 safetensors(w(`"shape":[1]`), 4),
		`unknown key "extra"`:                  safetensors(w(`"extra":[1]`), 4),
		`"[" stands where "{"`:                 safetensors(`{"w":[]}`, 4),
		`"7" is no string`:                     safetensors(`{"__metadata__":{"a":7}}`, 0),
		`"-1" is no whole number`:              safetensors(w(`"shape":[-1],"data_offsets":[0,4]`), 4),
		`"1.0" is no whole number`:             safetensors(w(`"shape":[1.0],"data_offsets":[0,4]`), 4),
		`"9223372036854775808" is no whole`:    safetensors(w(`"shape":[9223372036854775808],"data_offsets":[0,4]`), 4),
		`"[" is no whole number`:               safetensors(w(`"shape":[[1]],"data_offsets":[0,4]`), 4),
		"has more than 8 numbers":              safetensors(w(`"shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]`), 4),
		"has 1 numbers instead of 2":           safetensors(w(`"shape":[1],"data_offsets":[0]`), 4),
		"impossible shape":                     safetensors(w(`"shape":[4611686018427387904,4],"data_offsets":[0,4]`), 4),
		"has 8 bytes, and the file has 4":      safetensors(w(`"shape":[2],"data_offsets":[0,4]`), 4),
		"bytes 0 to 8 of 4":                    safetensors(w(`"shape":[2],"data_offsets":[0,8]`), 4),
		"bytes 4 to 0 of 4":                    safetensors(w(`"shape":[1],"data_offsets":[4,0]`), 4),
		"only 4 of them belong":                safetensors(w(`"shape":[1],"data_offsets":[0,4]`), 5),
		"the bytes from 0 on belong to noth":   safetensors(w(`"shape":[1],"data_offsets":[1,5]`), 5),
		"inside those of the tensor before":    safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[3,7]}}`, 7),
		`tensor "b": its data begin at byte 8`: safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, 12),
		`the elements are "BF16"`:              safetensors(strings.Replace(w(`"shape":[2],"data_offsets":[0,4]`), "F32", "BF16", 1), 4),
		`the elements are "F16"`:               safetensors(strings.Replace(w(`"shape":[2],"data_offsets":[0,4]`), "F32", "F16", 1), 4),
		`unknown key "a"`:                      safetensors(strings.Repeat(`{"a":`, 1<<15), 0),
		"lists more than 65536 tensors":        safetensors(strings.Repeat(`{"a":`, 1<<20), 0),
	}
	for want, b := range tests {
		checkRefused(t, want, b)
	}
}

// checkRefused fails the test unless a file is refused with an error that says want, in little memory.
func checkRefused(t *testing.T, want string, b []byte) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := readThrough(b)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want one with %q", err, want)
	}
	if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(8<<20+16*len(b)); got > limit {
		t.Errorf("%q: a file of %d bytes costs %d", want, len(b), got)
	}
}

// readThrough opens a file and reads it in a buffer of at most its size, since whoever imports weights knows theirs.
func readThrough(b []byte) error {
	a, err := New(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	for _, info := range a.Tensors() {
		if info.Bytes > int64(4*len(b)) {
			return errors.New("larger than the file")
		}
		if err := a.Read(info.Name, make([]byte, info.Bytes)); err != nil {
			return err
		}
	}
	return nil
}

// zipped returns a zip with one member; change may tell lies in its header.
func zipped(t *testing.T, name, content string, method uint16, change func(*zip.FileHeader)) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	if err == nil {
		_, err = w.Write([]byte(content))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	if change == nil {
		return b.Bytes()
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	header := r.File[0].FileHeader
	offset, err := r.File[0].DataOffset()
	if err != nil {
		t.Fatal(err)
	}
	raw := bytes.Clone(b.Bytes()[offset : uint64(offset)+header.CompressedSize64])
	b.Reset()
	z = zip.NewWriter(&b)
	header.Flags &^= 8 // its sizes stand before the data
	change(&header)
	if w, err = z.CreateRaw(&header); err == nil {
		_, err = w.Write(raw)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func npyFile(descr, fortran, shape string, data int) string {
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr, fortran, shape)
	return "\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(text)))) + text + strings.Repeat("\x00", data)
}

func TestNPZHostile(t *testing.T) {
	right := npyFile("<f4", "False", "(2,)", 8)
	damaged := zipped(t, "w.npy", right, zip.Store, nil)
	damaged[bytes.Index(damaged, []byte("(2,), }\n"))+9] ^= 1
	tests := map[string][]byte{
		"not a valid zip file":           []byte("PK\x03\x04 and no more"),
		"does not end in .npy":           zipped(t, "w.txt", right, zip.Store, nil),
		`member ".npy"`:                  zipped(t, ".npy", right, zip.Store, nil),
		"it is encrypted":                zipped(t, "w.npy", right, zip.Store, func(h *zip.FileHeader) { h.Flags |= 1 }),
		"by method 12":                   zipped(t, "w.npy", right, zip.Store, func(h *zip.FileHeader) { h.Method = 12 }),
		"cannot be stored in":            zipped(t, "w.npy", right, zip.Store, func(h *zip.FileHeader) { h.UncompressedSize64++ }),
		"4294967296 bytes cannot":        zipped(t, "w.npy", right, zip.Deflate, func(h *zip.FileHeader) { h.UncompressedSize64 = 1 << 32 }),
		"no npy file":                    zipped(t, "w.npy", "words", zip.Store, nil),
		"has 12 bytes, and the file has": zipped(t, "w.npy", npyFile("<f4", "False", "(3,)", 8), zip.Store, nil),
		"has 4 bytes, and the file has":  zipped(t, "w.npy", npyFile("<f4", "False", "()", 8), zip.Store, nil),
		"impossible shape":               zipped(t, "w.npy", npyFile("<f4", "False", "(4611686018427387904, 4)", 8), zip.Store, nil),
		"9 dimensions":                   zipped(t, "w.npy", npyFile("<f4", "False", "(1, 1, 1, 1, 1, 1, 1, 1, 2)", 8), zip.Store, nil),
		"order of Fortran":               zipped(t, "w.npy", npyFile("<f4", "True", "(1, 2)", 8), zip.Store, nil),
		`the elements are "<f2"`:         zipped(t, "w.npy", npyFile("<f2", "False", "(4,)", 8), zip.Store, nil),
		`the elements are ">f4"`:         zipped(t, "w.npy", npyFile(">f4", "False", "(2,)", 8), zip.Store, nil),
		`the elements are "|O"`:          zipped(t, "w.npy", npyFile("|O", "False", "(1,)", 8), zip.Store, nil),
		"checksum error":                 damaged,
		"larger than the file":           zipped(t, "w.npy", npyFile("<f4", "False", "(16777216,)", 64<<20), zip.Deflate, nil),
	}
	for want, b := range tests {
		checkRefused(t, want, b)
	}
}

// Two members of one name, and members that share their bytes.
func TestNPZMembers(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for range 2 {
		w, err := z.Create("w.npy")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(npyFile("<f4", "False", "(2,)", 8))); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	checkRefused(t, `tensor "w": is there twice`, b.Bytes())

	// The directory of a zip is its end: one that lists a member many times over.
	one := zipped(t, "w.npy", npyFile("<f4", "False", "(1000,)", 4000), zip.Store, nil)
	at := bytes.Index(one, []byte("PK\x01\x02"))
	end := bytes.Index(one, []byte("PK\x05\x06"))
	entry := one[at:end]
	bomb := bytes.Clone(one[:at])
	for i := range 500 {
		again := bytes.Clone(entry)
		copy(again[46:], fmt.Sprintf("%c.npy", 'a'+i%26))
		bomb = append(bomb, again...)
	}
	tail := bytes.Clone(one[end:])
	binary.LittleEndian.PutUint16(tail[8:], 500)
	binary.LittleEndian.PutUint16(tail[10:], 500)
	binary.LittleEndian.PutUint32(tail[12:], uint32(500*len(entry)))
	checkRefused(t, "they overlap", append(bomb, tail...))
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "missing")} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("error is %v", err)
		}
	}
}

// numpy reads what is written as npz, and its own npz, deflated too, is read.
func TestNumpy(t *testing.T) {
	if exec.Command("python3", "-c", "import numpy").Run() != nil {
		t.Skip("needs python3 with the module numpy: package python3-numpy of Debian")
	}
	c := exec.Command("python3", "-c", `
import io, sys, numpy
arrays = dict(numpy.load(io.BytesIO(sys.stdin.buffer.read())))
numpy.savez_compressed(sys.stdout.buffer, **arrays)
`)
	c.Stdin = bytes.NewReader(encode(t, NPZ, sample()))
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(open(t, out))
	want, _ := readAll(open(t, encode(t, NPZ, sample())))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("error %v, got\n%v, want\n%v", err, got, want)
	}
}

func FuzzNew(f *testing.F) {
	for _, format := range Formats {
		f.Add(encode(f, format, sample()))
	}
	f.Add(safetensors(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  `, 4))
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a, err := New(bytes.NewReader(b), int64(len(b)))
		runtime.ReadMemStats(&after)
		if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(8<<20+100*len(b)); got > limit {
			t.Errorf("a file of %d bytes costs %d", len(b), got)
		}
		if err != nil {
			return
		}
		for _, info := range a.Tensors() {
			if info.Bytes > 1<<20 {
				return
			}
		}
		tensors, err := readAll(a)
		if err != nil {
			return // of a checksum
		}
		again, err := readAll(open(t, encode(t, a.Format, tensors)))
		if err != nil || len(again) != len(tensors) {
			t.Errorf("a file that was read cannot be written: %v", err)
		}
	})
}
