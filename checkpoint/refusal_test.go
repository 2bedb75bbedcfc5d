package checkpoint

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
)

// TestRefusals forges files that are wrong in one thing, with every checksum right, and looks for the words of the check
// that is there for it: another one may refuse the file too, and must not be all that does.
func TestRefusals(t *testing.T) {
	// with returns a file in which section at was changed.
	with := func(at int, change func(*forged)) []byte {
		all := sections(t)
		change(&all[at])
		return forge(all...)
	}
	inserted := func(at int, s forged) []byte {
		all := sections(t)
		return forge(append(all[:at:at], append([]forged{s}, all[at:]...)...)...)
	}
	another := func(at int, v any) []byte { return with(at, func(s *forged) { s.body = body(t, v) }) }
	tail := func(s string) func(*forged) { return func(f *forged) { f.body = append(f.body, s...) } }
	head, conf := validHead(), validConf()
	head.Minor = -1
	file := func(bytes, rows int64, hash string) confBody {
		c := conf
		c.Data = list[fileBody, *fileBody]{{Path: "x", Bytes: bytes, Rows: rows, SHA256: hash}}
		return c
	}
	hash := strings.Repeat("ab", 32)
	for _, test := range []struct {
		name, want string
		file       []byte
	}{
		{"version of two bytes", "not a section", inserted(1, forged{"note", 0x80, nil})},
		{"digit in a name", "not a section", inserted(1, forged{"n0te", 1, nil})},
		{"brace in a name", "not a section", inserted(1, forged{"n{te", 1, nil})},
		{"another section for the head", `expected here, found section "conf"`, forge(sections(t)[1:]...)},
		{"long head", `expected here, found section "head" of 5000 bytes`, with(0, func(s *forged) { s.body = make([]byte, 5000) })},
		{"negative version", "impossible values", another(0, head)},
		{"bytes after a body", "follow the object", with(2, tail("\x00"))},
		{"key twice", "is not after", with(2, func(s *forged) { s.body = []byte("\x82\xa4step\x01\xa4step\x02") })},
		{"conf twice", "is there twice", inserted(2, forged{"conf", 1, body(t, conf)})},
		{"negative size of a data file", "impossible data file", another(1, file(-1, 0, hash))},
		{"negative rows of a data file", "impossible data file", another(1, file(0, -1, hash))},
		{"capitals in a hash", "not a SHA-256", another(1, file(0, 0, strings.ToUpper(hash)))},
		{"nothing but a head", "there is none: the file is cut short at", forge(sections(t)[0])[:len(magic)+sectionHeader+len(sections(t)[0].body)+20]},
	} {
		refused(t, test.name, test.want, test.file)
	}
}

func refused(t *testing.T, name, want string, file []byte) {
	t.Helper()
	err := check(file)
	var corrupt *CorruptError
	if !errors.As(err, &corrupt) || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: error is %v, want one with %q", name, err, want)
	}
}

// TestIndexRefusals does the same with the index.
func TestIndexRefusals(t *testing.T) {
	split(t, 16) // fc1/w is the first tensor, in parts 0 and 1
	b := encodeSnap(t, sample())
	for _, test := range []struct {
		name, want string
		change     func(*indexBody)
	}{
		{"part left out", "does not continue tensor", func(x *indexBody) { x.Tensors[0].Parts, x.Tensors[1].Parts, x.Tensors[1].Part = 3, 3, 2 }},
		{"last part never comes", "its last parts are missing", func(x *indexBody) { x.Tensors[len(x.Tensors)-1].Parts = 2 }},
		{"negative length", "part of -8 bytes", func(x *indexBody) { x.Tensors[2].Size = -8 }},
		{"length beyond the tensor", "part of 12 bytes where the whole has 8", func(x *indexBody) { x.Tensors[2].Size = 12 }},
		{"length beyond bin32", "part of 8589934592 bytes where", func(x *indexBody) {
			x.Tensors[2].DType, x.Tensors[2].Shape, x.Tensors[2].Size = "uint8", []int64{1 << 40}, 1<<33
			x.Tensors[2].CRC = make([]byte, 4*(1<<13))
		}},
		{"negative part", `element 2: tensor "fc1/b": part -1 of 1`, func(x *indexBody) { x.Tensors[2].Part = -1 }},
		{"part out of range", `element 2: tensor "fc1/b": part 1 of 1`, func(x *indexBody) { x.Tensors[2].Part = 1 }},
		{"too many checksums", "8 bytes of checksums for 1 blocks", func(x *indexBody) { x.Tensors[2].CRC = make([]byte, 8) }},
		{"offset one alignment on", "in the index, expected at byte", func(x *indexBody) { x.Tensors[2].Offset += alignment }},
		{"tensor before the file", "in the index, expected at byte", func(x *indexBody) { x.Tensors[0].Offset = math.MinInt64 }},
		{"data into the index", "and to end by byte", func(x *indexBody) {
			last := &x.Tensors[len(x.Tensors)-1]
			last.DType, last.Shape, last.Size, last.CRC = "uint8", []int64{1 << 20}, 1<<20, make([]byte, 4)
		}},
	} {
		refused(t, test.name, test.want, withIndex(t, b, test.change))
	}
	split(t, 15)
	refused(t, "half an element", "cuts an element in two", encodeSnap(t, sample()))
	parts := withIndex(t, b, func(x *indexBody) {
		x.Tensors[0].Shape, x.Tensors[1].Shape = []int64{4}, []int64{4} // parts of 16 and 8 bytes
	})
	refused(t, "parts beyond the tensor", "has 24 bytes, float32 of shape [4] has 16", parts)
}

// TestFooterRefusals does the same with the footer, and with what lies before it.
func TestFooterRefusals(t *testing.T) {
	b := encodeSnap(t, sample())
	foot, err := openBytes(t, b).readFooter()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, want string
		change     func(*footer)
	}{
		{"index after the footer", "does not end at the footer", func(f *footer) { f.indexOffset, f.indexSize = f.fileSize, -footerSize }},
		{"index too short", "does not end at the footer", func(f *footer) { f.indexSize-- }},
		{"tiny index", "10 bytes are no section", func(f *footer) { f.indexOffset, f.indexSize = f.fileSize-footerSize-10, 10 }},
	} {
		changed := foot
		test.change(&changed)
		refused(t, test.name, test.want, appendFooter(bytes.Clone(b[:len(b)-footerSize]), changed))
	}
	index := b[foot.indexOffset : foot.indexOffset+foot.indexSize]
	again := append(bytes.Clone(b[:foot.indexOffset]), appendSectionHeader(nil, "head", 1, nil)...)
	refused(t, "head behind the tensors", "is there twice", sealed(append(again, index...), len(again)))
	refused(t, "no footer", "the file is cut short, or something follows it", b[:len(b)-1])

	// A section whose header declares more than there is, or than a section may have, or an index that ends early.
	all := sections(t)
	long := forge(all...)
	at := bytes.Index(long, []byte("conf")) - 2
	s, err := parseSectionHeader(long[at:at+sectionHeader], int64(at))
	if err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]uint32{"one byte beyond the index": uint32(len(long) - int(s.body()) - footerSize), "4 GiB": math.MaxUint32} {
		bad := bytes.Clone(long)
		copy(bad[at+13:], []byte{byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)})
		refused(t, name, "bytes declared where", bad)
	}
	early := append(appendSectionHeader(nil, "indx", 1, all[3].body), all[3].body...)
	early = append(early, "more"...)
	start := len(forge(all[:3]...)) - footerSize
	refused(t, "index that ends early", "expected here, found section", sealed(append(forge(all[:3]...)[:start:start], early...), start))
}

// TestSectionOfMoreThan64MiB opens a file whose declared length is true and too much.
func TestSectionOfMoreThan64MiB(t *testing.T) {
	all := sections(t)
	all = append(all[:1:1], append([]forged{{"note", 1, make([]byte, maxSection+1)}}, all[1:]...)...)
	refused(t, "long section", "and 67108864 are allowed", forge(all...))
}

func TestTensorHeaderRefusesWhatDoesNotFit(t *testing.T) {
	for _, size := range []int64{-1, math.MaxUint32 + 1} {
		if _, err := appendTensorHeader(nil, 0, size); err == nil {
			t.Errorf("no error for %d bytes", size)
		}
	}
}
