package checkpoint

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// The bodies of the sections. Fields stand in the order of their keys, because the scanner wants the keys of a map in
// ascending order. Integers are 64 bits wide even where the value is not: the decoder cuts off without a word what does
// not fit.

type headBody struct {
	Align     int64  `msgpack:"align"`
	Format    string `msgpack:"format"`
	Kind      string `msgpack:"kind"`
	Major     int64  `msgpack:"major"`
	MinReader int64  `msgpack:"min_reader"`
	Minor     int64  `msgpack:"minor"`
}

type confBody struct {
	Data          list[fileBody, *fileBody]     `msgpack:"data"`
	Go            string                        `msgpack:"go"`
	GOARCH        string                        `msgpack:"goarch"`
	GOOS          string                        `msgpack:"goos"`
	Kernel        string                        `msgpack:"kernel"`
	Modules       list[moduleBody, *moduleBody] `msgpack:"modules"`
	Preprocessing []byte                        `msgpack:"preprocessing"`
	SHA256        string                        `msgpack:"sha256"`
	Strata        string                        `msgpack:"strata"`
	Text          string                        `msgpack:"text"`
}

type fileBody struct {
	Bytes  int64  `msgpack:"bytes"`
	Path   string `msgpack:"path"`
	Rows   int64  `msgpack:"rows"`
	SHA256 string `msgpack:"sha256"`
}

type moduleBody struct {
	Path    string `msgpack:"path"`
	Version string `msgpack:"version"`
}

type statBody struct {
	Best       *bestBody  `msgpack:"best,omitempty"`
	EarlyStop  *earlyBody `msgpack:"early_stop,omitempty"`
	Epoch      int64      `msgpack:"epoch"`
	Finished   bool       `msgpack:"finished"`
	LogCRC     int64      `msgpack:"log_crc"`
	LogOffset  int64      `msgpack:"log_offset"`
	Position   int64      `msgpack:"position"`
	Seed       uint64     `msgpack:"seed"`
	Step       int64      `msgpack:"step"`
	StopReason string     `msgpack:"stop_reason"`
}

type bestBody struct {
	Epoch  int64   `msgpack:"epoch"`
	Metric string  `msgpack:"metric"`
	Step   int64   `msgpack:"step"`
	Value  float64 `msgpack:"value"`
}

type earlyBody struct {
	Best   float64 `msgpack:"best"`
	Metric string  `msgpack:"metric"`
	Waited int64   `msgpack:"waited"`
}

type indexBody struct {
	Block   int64                     `msgpack:"block"`
	Tensors list[partBody, *partBody] `msgpack:"tensors"`
}

// A partBody is one data object of a tensor. All parts of a tensor say the same name, role, type and whole shape.
type partBody struct {
	CRC    []byte  `msgpack:"crc"` // a little-endian CRC-32C for each block
	DType  string  `msgpack:"dtype"`
	Size   int64   `msgpack:"len"`
	Name   string  `msgpack:"name"`
	Offset int64   `msgpack:"off"`
	Part   int64   `msgpack:"part"`
	Parts  int64   `msgpack:"parts"`
	Role   string  `msgpack:"role"`
	Shape  []int64 `msgpack:"shape"`
}

// A list is an array whose elements are checked one by one while it is decoded; how many there are, scan has bounded. An array of empty maps costs a byte an
// element in the file and fifty times that in memory; here it ends at the first of them.
type list[T any, P interface {
	*T
	check() error
}] []T

// DecodeMsgpack implements msgpack.CustomDecoder.
func (l *list[T, P]) DecodeMsgpack(d *msgpack.Decoder) error {
	n, err := d.DecodeArrayLen()
	if err != nil {
		return err
	}
	for i := range n {
		var element T
		if err := decodeMap(d, &element); err != nil {
			return err
		}
		if err := P(&element).check(); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
		*l = append(*l, element)
	}
	return nil
}

// DecodeMsgpack implements msgpack.CustomDecoder.
func (b *bestBody) DecodeMsgpack(d *msgpack.Decoder) error {
	type plain bestBody
	return decodeMap(d, (*plain)(b))
}

// DecodeMsgpack implements msgpack.CustomDecoder.
func (b *earlyBody) DecodeMsgpack(d *msgpack.Decoder) error {
	type plain earlyBody
	return decodeMap(d, (*plain)(b))
}

// decodeMap decodes a map into the struct that v points to. The decoder would take an array of the values as well.
func decodeMap(d *msgpack.Decoder, v any) error {
	code, err := d.PeekCode()
	if err != nil {
		return err
	}
	if !msgpcode.IsFixedMap(code) && code != msgpcode.Map16 && code != msgpcode.Map32 {
		return errors.New("an element is not a map")
	}
	return d.Decode(v)
}

func encodeBody(v any) ([]byte, error) {
	var b bytes.Buffer
	e := msgpack.NewEncoder(&b)
	e.UseCompactInts(true)
	err := e.Encode(v)
	return b.Bytes(), err
}

// decodeBody decodes the body of a section into the struct that v points to. Keys that the struct lacks are an error,
// unless the file comes from a later minor version, which may have added some.
func decodeBody(body []byte, v any, later bool) error {
	if err := scan(body); err != nil {
		return err
	}
	d := msgpack.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields(!later)
	return decodeMap(d, v)
}

func (f *fileBody) check() error {
	if f.Path == "" || f.Bytes < 0 || f.Rows < 0 {
		return fmt.Errorf("impossible data file: path %q, %d bytes, %d rows", f.Path, f.Bytes, f.Rows)
	}
	return checkHash(f.SHA256)
}

func (m *moduleBody) check() error {
	if m.Path == "" {
		return errors.New("module has no path")
	}
	return nil
}

func (p *partBody) check() error {
	if err := checkName(p.Name); err != nil {
		return err
	}
	if err := checkRole(p.Role); err != nil {
		return fmt.Errorf("tensor %q: %w", p.Name, err)
	}
	total, err := dataSize(DType(p.DType), p.Shape)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", p.Name, err)
	}
	blocks := p.Size / blockSize
	if p.Size%blockSize != 0 {
		blocks++
	}
	switch {
	case p.Size < 0 || p.Size > math.MaxUint32 || p.Size > total:
		return fmt.Errorf("tensor %q: part of %d bytes where the whole has %d", p.Name, p.Size, total)
	case p.Part < 0 || p.Part >= p.Parts:
		return fmt.Errorf("tensor %q: part %d of %d", p.Name, p.Part, p.Parts)
	case int64(len(p.CRC)) != 4*blocks:
		return fmt.Errorf("tensor %q: %d bytes of checksums for %d blocks", p.Name, len(p.CRC), blocks)
	}
	return nil
}

func checkHash(s string) error {
	if b, err := hex.DecodeString(s); err != nil || len(b) != 32 || hex.EncodeToString(b) != s {
		return fmt.Errorf("not a SHA-256 in lower-case hexadecimal: %q", s)
	}
	return nil
}

func (h *headBody) check() error {
	if h.Format != formatName || h.Kind != kindName || h.Align != alignment || h.Minor < 0 || h.MinReader < 0 {
		return fmt.Errorf("impossible values %+v", *h)
	}
	return nil
}
