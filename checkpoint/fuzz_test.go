package checkpoint

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// checkHostile reads b in every way and fails the test on a wrong kind of error, on more memory than a file of its size
// may cost, and on a file that can be read but not written again.
func checkHostile(t *testing.T, b []byte) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := check(b)
	runtime.ReadMemStats(&after)
	if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(8<<20+16*len(b)); got > limit {
		t.Errorf("a file of %d bytes costs %d bytes", len(b), got)
	}
	var corrupt *CorruptError
	if err != nil {
		if !errors.As(err, &corrupt) && !errors.Is(err, ErrVersion) {
			t.Errorf("error is %v", err)
		}
		return
	}
	s, err := openBytes(t, b).Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again, err := openBytes(t, encodeSnap(t, s)).Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encodeSnap(t, again), encodeSnap(t, s)) {
		t.Error("a file changes when it is read and written")
	}
}

// FuzzOpen reads whole files, as they are and with their checksums repaired: else the fuzzer would rarely get past them.
func FuzzOpen(f *testing.F) {
	golden, err := os.ReadFile(goldenFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(encodeSnap(f, &Snapshot{}))
	f.Add(forge(append(sections(f)[:3:3], forged{"note", 7, []byte("x")}, sections(f)[3])...))
	f.Fuzz(func(t *testing.T, b []byte) {
		checkHostile(t, b)
		checkHostile(t, repair(b))
	})
}

// FuzzScan checks that what passes the scan can be decoded, even into untyped values.
func FuzzScan(f *testing.F) {
	for _, s := range sections(f) {
		f.Add(s.body)
	}
	f.Add([]byte("\x82\xa1a\x92\xc0\xc3\xa1b\xcb12345678"))
	f.Add(bytes.Repeat([]byte{0x91}, 20))
	f.Fuzz(func(t *testing.T, b []byte) {
		if scan(b) != nil {
			return
		}
		var v any
		r := bytes.NewReader(b)
		if err := msgpack.NewDecoder(r).Decode(&v); err != nil {
			t.Errorf("%x passes the scan: %v", b, err)
		}
		if r.Len() > 0 {
			t.Errorf("%x passes the scan, the decoder leaves %d bytes", b, r.Len())
		}
	})
}

// FuzzSections puts bodies into files that are otherwise right.
func FuzzSections(f *testing.F) {
	for i, s := range sections(f) {
		f.Add(uint8(i), s.body)
	}
	full := encodeSnap(f, sample())
	whole := openBytes(f, full)
	foot, err := whole.readFooter()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint8(4), full[foot.indexOffset+sectionHeader:foot.indexOffset+foot.indexSize])
	for _, s := range whole.sections {
		place := map[string]uint8{"head": 0, "conf": 1, "stat": 2}[s.name]
		f.Add(place, full[s.body():s.end()])
	}
	f.Fuzz(func(t *testing.T, place uint8, body []byte) {
		if place %= 5; place < 4 {
			all := sections(t)
			all[place].body = body
			checkHostile(t, forge(all...))
			return
		}
		b := appendSectionHeader(bytes.Clone(full[:foot.indexOffset]), "indx", 1, body)
		checkHostile(t, sealed(append(b, body...), int(foot.indexOffset)))
	})
}
