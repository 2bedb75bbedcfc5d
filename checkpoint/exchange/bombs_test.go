package exchange

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// TestBombs opens files that ask for a lot: what is allocated, from beginning to end, is at most twice their size, or 16 MiB.
func TestBombs(t *testing.T) {
	header := func(text string) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	}
	const MiB = 1 << 20
	many := strings.Builder{}
	for i := range 100_000 {
		fmt.Fprintf(&many, `,"%x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`, i)
	}
	for name, test := range map[string]struct {
		file []byte
		want string // of the error
	}{
		"header of 8 EiB":        {[]byte("\xff\xff\xff\xff\xff\xff\xff\x7f{}"), "its header would have 9223372036854775807 bytes"},
		"header of 4 GiB":        {[]byte("\xff\xff\xff\xff\x00\x00\x00\x00{}"), "its header would have 4294967295 bytes"},
		"header beyond the file": {[]byte("\x00\x00\x00\x04\x00\x00\x00\x00{}"), "its header would have 67108864 bytes"},
		"long name":              {header(`{"` + strings.Repeat("a", 20*MiB) + `":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`), "safetensors header: "},
		"long note":              {header(`{"__metadata__":{"a":"` + strings.Repeat("a", 20*MiB) + `"}}`), "safetensors header: "},
		"nested arrays":          {header(`{"a":` + strings.Repeat("[", 20*MiB)), "safetensors header: "},
		"nested shapes":          {header(`{"a":{"shape":[` + strings.Repeat("[", 20*MiB)), "safetensors header: "},
		"long shape":             {header(`{"a":{"shape":[` + strings.Repeat("1,", 10*MiB)), "safetensors header: "},
		"long number":            {header(`{"a":{"shape":[` + strings.Repeat("1", 20*MiB)), "safetensors header: "},
		"100,000 tensors":        {header("{" + many.String()[1:] + "}"), "safetensors header: "},
		"400,000 members":        {listed(400_000), "npz: "},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			a, err := New(bytes.NewReader(test.file), int64(len(test.file)))
			runtime.ReadMemStats(&after)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, error %.300v, want %s", a != nil, err, test.want)
			}
			if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(max(2*len(test.file), 16*MiB)); got > limit {
				t.Errorf("a file of %d bytes costs %d", len(test.file), got)
			}
		})
	}
}

// listed returns a zip whose directory lists members that are not there.
func listed(members int) []byte {
	entry := make([]byte, 46, 47)
	copy(entry, "PK\x01\x02")
	binary.LittleEndian.PutUint16(entry[28:], 1)
	entry = append(entry, 'a')
	b := append([]byte("PK\x03\x04"), bytes.Repeat(entry, members)...)
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	binary.LittleEndian.PutUint16(end[8:], uint16(members))
	binary.LittleEndian.PutUint16(end[10:], uint16(members))
	binary.LittleEndian.PutUint32(end[12:], uint32(members*len(entry)))
	binary.LittleEndian.PutUint32(end[16:], 4)
	return append(b, end...)
}
