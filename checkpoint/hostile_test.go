package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

func TestForgedFileIsValid(t *testing.T) {
	if err := check(forge(sections(t)...)); err != nil {
		t.Error(err)
	}
	b := encodeSnap(t, sample())
	if !bytes.Equal(withIndex(t, b, func(*indexBody) {}), b) {
		t.Error("an unchanged index changes the file")
	}
}

func TestUnknownSections(t *testing.T) {
	for place := 1; place <= 3; place++ {
		file := func(s forged) []byte {
			all := sections(t)
			return forge(append(all[:place:place], append([]forged{s}, all[place:]...)...)...)
		}
		for _, lower := range []forged{{"nota", 1, nil}, {"note", 99, []byte("not even msgpack")}, {"nOTE", 1, nil}} {
			b := file(lower)
			if err := check(b); err != nil {
				t.Errorf("at %d: %v", place, err)
			}
			at := bytes.Index(b, []byte(lower.name))
			b[at+6] ^= 1 // checksum
			if got := asCorrupt(t, check(b)); got.Section != lower.name {
				t.Errorf("at %d: error is %v", place, got)
			}
		}
		upper := file(forged{"Note", 1, []byte("x")})
		if err := check(upper); !errors.Is(err, ErrVersion) {
			t.Errorf("at %d: error is %v", place, err)
		}
		for _, twice := range []string{"head", "conf", "stat", "indx"} {
			if err := check(file(forged{twice, 1, nil})); asCorrupt(t, err).Section != twice {
				t.Errorf("%q at %d: error is %v", twice, place, err)
			}
		}
	}
}

// A small unknown section just before the tensors has the length that padding could have.
func TestUnknownSectionBeforeTensors(t *testing.T) {
	for size := range 2 * alignment {
		s := sample()
		conf, stat, err := encodeSnapshot(s)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		w := newTestWriter(&b)
		w.write(magic)
		w.section("head", body(t, validHead()))
		w.section("conf", conf)
		w.section("note", make([]byte, size))
		index := indexBody{Block: blockSize, Tensors: w.tensor(s.Tensors[0])}
		w.section("note", nil)
		w.section("stat", stat)
		w.finish(&index)
		if err := errors.Join(w.err, check(b.Bytes())); err != nil {
			t.Fatalf("section of %d bytes: %v", size, err)
		}
	}
}

func TestVersions(t *testing.T) {
	with := func(change func(*headBody)) []byte {
		head := validHead()
		change(&head)
		all := sections(t)
		all[0].body = body(t, head)
		return forge(all...)
	}
	for _, later := range [][]byte{
		with(func(h *headBody) { h.Major = 2 }),
		with(func(h *headBody) { h.Minor, h.MinReader = 3, 1 }),
	} {
		err := check(later)
		var corrupt *CorruptError
		if !errors.Is(err, ErrVersion) || errors.As(err, &corrupt) {
			t.Errorf("error is %v", err)
		}
	}
	if err := check(with(func(h *headBody) { h.Minor = 3 })); err != nil {
		t.Errorf("a later minor version that says it can be read: %v", err)
	}
	for _, change := range []func(*headBody){
		func(h *headBody) { h.Format = "other" },
		func(h *headBody) { h.Kind = "model" },
		func(h *headBody) { h.Align = 32 },
		func(h *headBody) { h.MinReader = -1 },
	} {
		asCorrupt(t, check(with(change)))
	}
	for i := range 4 {
		all := sections(t)
		all[i].version = 2
		if err := check(forge(all...)); !errors.Is(err, ErrVersion) {
			t.Errorf("section %q: error is %v", all[i].name, err)
		}
	}
}

// Keys that a later minor version adds are ignored there, and refused in a file of this version: in every section, and in
// every map inside of one. Those of head are always ignored.
func TestUnknownKeys(t *testing.T) {
	b := encodeSnap(t, sample())
	for place, inside := range map[string][]string{
		"head": {""}, "conf": {"", "data", "modules"}, "stat": {"", "best", "early_stop"}, "indx": {"", "tensors"},
	} {
		for _, inner := range inside {
			where := fmt.Sprintf("%q in %q", inner, place)
			err := check(rewriteBodies(t, b, 0, place, inner))
			if place == "head" {
				if err != nil {
					t.Errorf("%s: %v", where, err)
				}
			} else if got := asCorrupt(t, err); got.Section != place || !strings.Contains(err.Error(), "zebra") {
				t.Errorf("%s: error is %v", where, err)
			}
			later := rewriteBodies(t, b, 1, place, inner)
			if err := check(later); err != nil {
				t.Errorf("%s of a later minor version: %v", where, err)
				continue
			}
			got, err := openBytes(t, later).Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			bitEqual(t, got, sample())
		}
	}
}

// rewriteBodies returns a copy of a file that says that it is of another minor version and has one more key in a section:
// in its own map, or in that under a key of it, or in the first element of the array there. Data move with the sections
// before them, so the tensors keep their bytes and get other offsets.
func rewriteBodies(t *testing.T, b []byte, minor int64, place, inner string) []byte {
	t.Helper()
	f := openBytes(t, b)
	bodyOf := func(name string, content []byte) []byte {
		if name != place && name != "head" {
			return content
		}
		var m map[string]any
		if err := msgpack.Unmarshal(content, &m); err != nil {
			t.Fatal(err)
		}
		if name == "head" {
			m["minor"] = minor
		}
		if name == place {
			at := m
			switch v := m[inner].(type) {
			case []any:
				at = v[0].(map[string]any)
			case map[string]any:
				at = v
			}
			at["zebra"] = map[string]any{"added": []string{"later"}}
		}
		var out bytes.Buffer
		e := msgpack.NewEncoder(&out)
		e.SetSortMapKeys(true)
		if err := e.Encode(m); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	var out bytes.Buffer
	w := newTestWriter(&out)
	w.write(magic)
	section := func(name string) {
		for _, s := range f.sections {
			if s.name == name {
				w.section(name, bodyOf(name, b[s.body():s.end()]))
			}
		}
	}
	section("head")
	section("conf")
	index := indexBody{Block: blockSize}
	for _, one := range sample().Tensors {
		index.Tensors = append(index.Tensors, w.tensor(one)...)
	}
	section("stat")
	start, content := w.off, bodyOf("indx", body(t, index))
	w.section("indx", content)
	if err := errors.Join(w.err, w.w.Flush()); err != nil {
		t.Fatal(err)
	}
	return sealed(out.Bytes(), int(start))
}

func TestTooManySections(t *testing.T) {
	all := sections(t)
	for range maxSections {
		all = append([]forged{all[0], {"note", 1, nil}}, all[1:]...)
	}
	err := check(forge(all...))
	if asCorrupt(t, err); !strings.Contains(err.Error(), "more than 64 sections") {
		t.Errorf("error is %v", err)
	}
}

func TestMissingSections(t *testing.T) {
	for i, want := range []string{"head", "conf", "stat", "indx"} {
		all := sections(t)
		all = append(all[:i], all[i+1:]...)
		if got := asCorrupt(t, check(forge(all...))); got.Section != want {
			t.Errorf("without %q: error is %v", want, got)
		}
	}
}

func TestHostileIndex(t *testing.T) {
	split(t, 16) // fc1/w is the first tensor, in parts 0 and 1
	b := encodeSnap(t, sample())
	tests := map[string]func(*indexBody){
		"other block size":        func(x *indexBody) { x.Block = 1 << 19 },
		"first tensor missing":    func(x *indexBody) { x.Tensors = x.Tensors[2:] },
		"last tensor missing":     func(x *indexBody) { x.Tensors = x.Tensors[:len(x.Tensors)-1] },
		"all missing":             func(x *indexBody) { x.Tensors = x.Tensors[:0] },
		"one too many":            func(x *indexBody) { x.Tensors = append(x.Tensors, x.Tensors[0]) },
		"two swapped":             func(x *indexBody) { x.Tensors[0], x.Tensors[1] = x.Tensors[1], x.Tensors[0] },
		"name taken":              func(x *indexBody) { x.Tensors[2].Name = "fc1/w" },
		"bad name":                func(x *indexBody) { x.Tensors[2].Name = "../x" },
		"bad role":                func(x *indexBody) { x.Tensors[2].Role = "" },
		"bad type":                func(x *indexBody) { x.Tensors[2].DType = "complex128" },
		"other type":              func(x *indexBody) { x.Tensors[2].DType = "float64" },
		"other shape":             func(x *indexBody) { x.Tensors[2].Shape = []int64{3} },
		"negative shape":          func(x *indexBody) { x.Tensors[2].Shape = []int64{-2} },
		"shape that wraps":        func(x *indexBody) { x.Tensors[2].Shape = []int64{2, 1 << 62, 1 << 2} },
		"negative length":         func(x *indexBody) { x.Tensors[2].Size = -8 },
		"huge length":             func(x *indexBody) { x.Tensors[2].Size = math.MaxInt64 },
		"shorter":                 func(x *indexBody) { x.Tensors[2].Size-- },
		"negative offset":         func(x *indexBody) { x.Tensors[0].Offset = math.MinInt64 },
		"huge offset":             func(x *indexBody) { x.Tensors[0].Offset = math.MaxInt64 },
		"offset one alignment on": func(x *indexBody) { x.Tensors[2].Offset += alignment },
		"overlap":                 func(x *indexBody) { x.Tensors[1].Offset = x.Tensors[0].Offset },
		"too few checksums":       func(x *indexBody) { x.Tensors[2].CRC = nil },
		"too many checksums":      func(x *indexBody) { x.Tensors[2].CRC = make([]byte, 8) },
		"wrong checksum":          func(x *indexBody) { x.Tensors[2].CRC[0]++ },
		"part out of range":       func(x *indexBody) { x.Tensors[2].Part = 1 },
		"no parts":                func(x *indexBody) { x.Tensors[2].Parts = 0 },
		"huge parts":              func(x *indexBody) { x.Tensors[2].Parts = math.MaxInt64 },
		"last part never comes":   func(x *indexBody) { x.Tensors[0].Parts, x.Tensors[1].Parts = 3, 3 },
		"parts differ":            func(x *indexBody) { x.Tensors[1].Parts = 3 },
		"part of another name":    func(x *indexBody) { x.Tensors[1].Name = "fc2/w" },
		"part of another shape":   func(x *indexBody) { x.Tensors[1].Shape = []int64{2, 3} },
		"part of another role":    func(x *indexBody) { x.Tensors[1].Role = Slot },
		"part twice":              func(x *indexBody) { x.Tensors[1].Part = 0 },
		"begins with part 1":      func(x *indexBody) { x.Tensors[0].Part = 1 },
	}
	for name, change := range tests {
		err := check(withIndex(t, b, change))
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestHostileBodies(t *testing.T) {
	tests := []struct {
		name string
		at   int
		body any
	}{
		{"negative step", 2, statBody{Step: -1}},
		{"negative epoch", 2, statBody{Epoch: -1}},
		{"negative position", 2, statBody{Position: -1}},
		{"negative log offset", 2, statBody{LogOffset: -1}},
		{"log checksum of 33 bits", 2, statBody{LogCRC: 1 << 32}},
		{"negative wait", 2, statBody{EarlyStop: &earlyBody{Waited: -1}}},
		{"negative best step", 2, statBody{Best: &bestBody{Step: -1}}},
		{"hash", 1, confBody{SHA256: "x", Data: list[fileBody, *fileBody]{}, Modules: list[moduleBody, *moduleBody]{}, Preprocessing: []byte{}}},
		{"best as an array", 2, struct {
			Best []int64 `msgpack:"best"`
		}{[]int64{1}}},
		{"step as a string", 2, struct {
			Step string `msgpack:"step"`
		}{"7"}},
	}
	for _, test := range tests {
		all := sections(t)
		all[test.at].body = body(t, test.body)
		if got := asCorrupt(t, check(forge(all...))); got.Section != all[test.at].name {
			t.Errorf("%s: error is %v", test.name, got)
		}
	}
}

func TestHostileFooter(t *testing.T) {
	b := encodeSnap(t, sample())
	foot, err := openBytes(t, b).readFooter()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*footer){
		"index before the file": func(f *footer) { f.indexOffset = -1; f.indexSize = f.fileSize - footerSize + 1 },
		"index in the magic":    func(f *footer) { f.indexOffset = 0; f.indexSize = f.fileSize - footerSize },
		"index after the end":   func(f *footer) { f.indexOffset = math.MaxInt64 },
		"index empty":           func(f *footer) { f.indexOffset += f.indexSize; f.indexSize = 0 },
		"index too short":       func(f *footer) { f.indexSize-- },
		"index that wraps":      func(f *footer) { f.indexOffset = math.MinInt64; f.indexSize = math.MinInt64 },
		"other file size":       func(f *footer) { f.fileSize++ },
		"other index":           func(f *footer) { f.indexCRC++ },
	} {
		changed := foot
		change(&changed)
		if err := check(appendFooter(bytes.Clone(b[:len(b)-footerSize]), changed)); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			asCorrupt(t, err)
		}
	}
}
