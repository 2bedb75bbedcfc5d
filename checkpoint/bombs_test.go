package checkpoint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A bomb is a file of right checksums with a section that asks for a lot.
type bomb struct {
	section string
	content []byte
}

// bombs puts small inputs that ask for a lot into each section. They are those that brought down the decoder of msgpack or
// a reader built on it, and what else is short and claims much.
func bombs(t testing.TB) map[string]bomb {
	array32 := func(n uint32, element string, times int) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{0xdd}, n), strings.Repeat(element, times)...)
	}
	key := func(name string, value []byte) []byte {
		return append(append([]byte{0x81, 0xa0 | byte(len(name))}, name...), value...)
	}
	bodies := map[string][]byte{
		"nothing":                 {},
		"array of 4 Gi":           array32(math.MaxUint32, "", 0),
		"map of 4 Gi":             {0xdf, 0xff, 0xff, 0xff, 0xff},
		"string of 4 GiB":         {0xdb, 0xff, 0xff, 0xff, 0xff},
		"binary of 4 GiB":         {0xc6, 0xff, 0xff, 0xff, 0xff},
		"extension of 4 GiB":      {0xc9, 0xff, 0xff, 0xff, 0xff, 0x01},
		"timestamp":               {0xd6, 0xff, 0, 0, 0, 0},
		"nil":                     {0xc0},
		"reserved code":           {0xc1},
		"nested arrays":           bytes.Repeat([]byte{0x91}, 1<<20),
		"nested maps":             bytes.Repeat([]byte{0x81, 0xa0}, 1<<20),
		"nested wide arrays":      bytes.Repeat([]byte{0xdd, 0, 1, 0, 0}, 1<<18),
		"float array of 4 Gi":     key("tensors", array32(math.MaxUint32, "", 0)),
		"checksums of 4 GiB":      key("crc", []byte{0xc6, 0xff, 0xff, 0xff, 0xff}),
		"text of 4 GiB":           key("text", []byte{0xdb, 0xff, 0xff, 0xff, 0xff}),
		"65,536 empty tensors":    key("tensors", array32(maxElements, "\x80", maxElements)),
		"4 Mi empty tensors":      key("tensors", array32(4<<20, "\x80", 4<<20)),
		"65,536 empty data files": key("data", array32(maxElements, "\x80", maxElements)),
		"4 Mi empty modules":      key("modules", array32(4<<20, "\x80", 4<<20)),
		"65,536 arrays as files":  key("data", array32(maxElements, "\x90", maxElements)),
		"array in place of a map": {0x96, 0x40, 0xa6, 's', 't', 'r', 'a', 't', 'a', 0xaa, 'c', 'h', 'e', 'c', 'k', 'p', 'o', 'i', 'n', 't', 1, 0, 0},
	}
	files := map[string]bomb{}
	for name, body := range bodies {
		for i, section := range []string{"head", "conf", "stat", "indx"} {
			all := sections(t)
			all[i].body = body
			files[fmt.Sprintf("%s in %q", name, section)] = bomb{section, forge(all...)}
		}
	}
	return files
}

// Each bomb must be refused in little memory, and in a time that no bomb would keep to: how long it really is,
// BenchmarkBombs says.
func TestBombs(t *testing.T) {
	for what, b := range bombs(t) {
		took, allocated, err := cost(func() error { return check(b.content) })
		if got := asCorrupt(t, err); got.Section != b.section {
			t.Errorf("%s: error is %v", what, err)
		}
		if took > 10*time.Second {
			t.Errorf("%s: refused after %v", what, took)
		}
		if allocated > 16<<20 || allocated > uint64(8<<20+len(b.content)) {
			t.Errorf("%s: %d bytes allocated for a file of %d", what, allocated, len(b.content))
		}
	}
}

// cost returns the time and memory that run took: the least of a few runs, because other goroutines allocate too.
func cost(run func() error) (least time.Duration, allocated uint64, err error) {
	least, allocated = math.MaxInt64, math.MaxUint64
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		err = run()
		least = min(least, time.Since(start))
		runtime.ReadMemStats(&after)
		allocated = min(allocated, after.TotalAlloc-before.TotalAlloc)
	}
	return least, allocated, err
}

// The densest index that is legal: what an open file keeps in memory is still bounded by its size.
func TestManyTensorsNeedLittleMemory(t *testing.T) {
	s := &Snapshot{}
	for i := range maxElements {
		s.Tensors = append(s.Tensors, Tensor{Name: fmt.Sprintf("%x", i), Role: Slot, DType: Uint8, Shape: []int{0}})
	}
	b := encodeSnap(t, s)
	var f *File
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f = openBytes(t, b)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if got, limit := int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(2*len(b)+8<<20); got > limit {
		t.Errorf("an open file of %d bytes keeps %d bytes", len(b), got)
	}
	runtime.KeepAlive(f)
	s.Tensors = append(s.Tensors, Tensor{Name: "one.more", Role: Slot, DType: Uint8, Shape: []int{0}})
	if err := Write(&bytes.Buffer{}, s); err == nil || !strings.Contains(err.Error(), "65537 tensors") {
		t.Errorf("error is %v", err)
	}
}

// A section of more than 64 MiB is refused by its header, without reading the body: the file is only said to be there.
func TestSectionsAreBounded(t *testing.T) {
	all := sections(t)
	const size = int64(1) << 30
	for _, name := range []string{"head", "conf", "stat", "note", "indx"} {
		begin := bytes.Clone(magic)
		if name != "head" {
			begin = append(appendSectionHeader(begin, "head", 1, all[0].body), all[0].body...)
		}
		end := append(appendSectionHeader(nil, "indx", 1, all[3].body), all[3].body...)
		foot := footer{indexOffset: size - footerSize - int64(len(end)), indexSize: int64(len(end)), indexCRC: crc32c(end), fileSize: size}
		huge := appendSectionHeader(nil, name, 1, nil)
		binary.BigEndian.PutUint32(huge[13:], maxSection+1)
		if name == "indx" {
			foot.indexOffset, foot.indexSize = size-footerSize-sectionHeader-maxSection-1, sectionHeader+maxSection+1
			end = append(huge, make([]byte, maxSection+1)...)
		} else {
			begin = append(begin, huge...)
		}
		r := &hollow{begin: begin, end: appendFooter(end, foot), size: size}
		_, allocated, err := cost(func() error { _, err := NewFile(r, size); return err })
		if got := asCorrupt(t, err); got.Section != name || !strings.Contains(err.Error(), "67108864 are allowed") {
			t.Errorf("%q: error is %v", name, err)
		}
		if allocated > 1<<20 {
			t.Errorf("%q: %d bytes allocated", name, allocated)
		}
	}
}

// hollow is a large file that has only a beginning and an end.
type hollow struct {
	begin, end []byte
	size       int64
}

func (h *hollow) ReadAt(b []byte, offset int64) (int, error) {
	clear(b)
	if offset < int64(len(h.begin)) {
		copy(b, h.begin[offset:])
	}
	if from := h.size - int64(len(h.end)); offset >= from {
		copy(b, h.end[offset-from:])
	}
	return len(b), nil
}
