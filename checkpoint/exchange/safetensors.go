package exchange

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/strata-ml/strata/checkpoint"
)

// The format is that of github.com/huggingface/safetensors: eight bytes with the length of the header, little-endian;
// the header, a JSON object that blanks may follow; and the data of the tensors, without holes. The value of a name is
// {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]}, with offsets from the end of the header; that of
// metadataKey has strings for strings.
const (
	metadataKey = "__metadata__"
	maxHeader   = 100_000_000 // bytes, as the format has it
	aligned     = 8           // the data begin at a multiple of so many bytes in files of ours
)

var safetensorsTypes = map[checkpoint.DType]string{
	checkpoint.Float32: "F32", checkpoint.Float64: "F64", checkpoint.Int32: "I32", checkpoint.Int64: "I64", checkpoint.Uint8: "U8",
}

type safetensorsEntry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

func writeSafetensors(w io.Writer, tensors []checkpoint.Tensor, notes map[string]string) error {
	// Larger elements first: so each tensor begins at a multiple of its element's size.
	tensors = slices.Clone(tensors)
	slices.SortStableFunc(tensors, func(a, b checkpoint.Tensor) int { return cmp.Compare(b.DType.Size(), a.DType.Size()) })
	header := map[string]any{} // which is encoded in the order of its keys
	if len(notes) > 0 {
		header[metadataKey] = notes
	}
	offset := int64(0)
	for _, t := range tensors {
		end := offset + int64(len(t.Data))
		header[t.Name] = safetensorsEntry{safetensorsTypes[t.DType], append([]int{}, t.Shape...), [2]int64{offset, end}}
		offset = end
	}
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	text = append(text, bytes.Repeat([]byte{' '}, (aligned-len(text)%aligned)%aligned)...)
	if len(text) > maxHeader {
		return fmt.Errorf("the header has %d bytes, and at most %d are allowed", len(text), maxHeader)
	}
	if _, err := w.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := w.Write(t.Data); err != nil {
			return err
		}
	}
	return nil
}

func (a *Archive) openSafetensors(r io.ReaderAt, size int64) error {
	var begin [8]byte
	if size < int64(len(begin)) {
		return fmt.Errorf("a file of %d bytes is neither safetensors nor npz", size)
	}
	if _, err := r.ReadAt(begin[:], 0); err != nil {
		return err
	}
	length := binary.LittleEndian.Uint64(begin[:])
	if rest := size - int64(len(begin)); length > maxHeader || length > uint64(rest) {
		return fmt.Errorf("it is no safetensors file, and no npz: its header would have %d bytes, where %d follow and %d are allowed", length, rest, maxHeader)
	}
	text := make([]byte, length)
	if _, err := r.ReadAt(text, int64(len(begin))); err != nil && !(err == io.EOF && length == uint64(size)-8) {
		return err
	}
	entries, err := parseHeader(text)
	if err != nil {
		return fmt.Errorf("safetensors header: %w", err)
	}
	data := int64(len(begin)) + int64(length)
	if err := checkCover(entries, size-data); err != nil {
		return err
	}
	for _, e := range entries {
		if err := a.addEntry(e, r, data); err != nil {
			return err
		}
	}
	return nil
}

type namedEntry struct {
	name string
	safetensorsEntry
}

func (a *Archive) addEntry(e namedEntry, r io.ReaderAt, data int64) error {
	info := Info{Name: e.name, Shape: e.Shape}
	for dtype, code := range safetensorsTypes {
		if code == e.DType {
			info.DType = dtype
		}
	}
	if info.DType == "" {
		return tensorError(e.name, unreadable(e.DType))
	}
	return a.add(info, e.Offsets[1]-e.Offsets[0], func(dst []byte) error {
		n, err := r.ReadAt(dst, data+e.Offsets[0])
		if n == len(dst) {
			return nil
		}
		return err
	})
}

// checkCover checks that the tensors cover the data from the first byte to the last, each byte once. It brings them into
// their order.
func checkCover(entries []namedEntry, size int64) error {
	slices.SortStableFunc(entries, func(a, b namedEntry) int {
		return cmp.Or(cmp.Compare(a.Offsets[0], b.Offsets[0]), cmp.Compare(a.Offsets[1], b.Offsets[1]))
	})
	at := int64(0)
	for _, e := range entries {
		begin, end := e.Offsets[0], e.Offsets[1]
		switch {
		case end < begin || end > size:
			return tensorError(e.name, fmt.Errorf("its data are bytes %d to %d of %d", begin, end, size))
		case begin < at:
			return tensorError(e.name, fmt.Errorf("its data begin at byte %d, inside those of the tensor before, which end at %d", begin, at))
		case begin > at:
			return tensorError(e.name, fmt.Errorf("its data begin at byte %d, and the bytes from %d on belong to nothing", begin, at))
		}
		at = end
	}
	if at != size {
		return fmt.Errorf("the data have %d bytes, and only %d of them belong to tensors", size, at)
	}
	return nil
}

// parseHeader reads the header token by token: a map of Go would keep one of two equal names, without a word.
func parseHeader(text []byte) ([]namedEntry, error) {
	if len(text) == 0 || text[0] != '{' {
		return nil, errors.New("it does not begin with {")
	}
	if !utf8.Valid(text) {
		return nil, errors.New("it is not UTF-8")
	}
	if err := checkTokens(text); err != nil {
		return nil, err
	}
	p := headerParser{json.NewDecoder(bytes.NewReader(text))}
	p.UseNumber()
	var entries []namedEntry
	err := p.object(maxTensors+1, func(name string) error {
		if name == metadataKey {
			return p.object(maxTensors, func(string) error {
				_, err := p.text()
				return err
			})
		}
		e := namedEntry{name: name}
		err := p.entry(&e.safetensorsEntry)
		entries = append(entries, e)
		if err != nil {
			return tensorError(name, err)
		}
		return nil
	})
	if errors.Is(err, io.EOF) {
		return nil, errors.New("it ends within the object")
	}
	if err != nil {
		return nil, err
	}
	if rest := bytes.Trim(text[p.InputOffset():], " "); len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes follow the object", len(rest))
	}
	return entries, nil
}

// The bounds of what stands in a header, beside that of its length: the parser takes memory in proportion to each.
const (
	maxText   = 1 << 20 // bytes of one string; programs keep documents in the metadata
	maxDigits = 20      // of a number
)

// checkTokens goes through a header without taking memory.
func checkTokens(text []byte) error {
	objects := 0
	for i := 0; i < len(text); i++ {
		begin := i
		switch c := text[i]; {
		case c == '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if i-begin > maxText {
				return fmt.Errorf("the string at byte %d has more than %d bytes", begin, maxText)
			}
		case c >= '0' && c <= '9':
			for i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '9' {
				i++
			}
			if i-begin >= maxDigits {
				return fmt.Errorf("the number at byte %d has more than %d digits", begin, maxDigits)
			}
		case c == '{':
			if objects++; objects > maxTensors+2 { // the header itself, and the metadata
				return fmt.Errorf("it lists more than %d tensors", maxTensors)
			}
		}
	}
	return nil
}

type headerParser struct{ *json.Decoder }

// object reads an object of at most most entries, and calls value for each key to read what stands there.
func (p headerParser) object(most int, value func(key string) error) error {
	if err := p.delimiter('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.More() {
		key, err := p.text()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%.200q is there twice", key)
		}
		if len(seen) == most {
			return fmt.Errorf("an object has more than %d entries", most)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	return p.delimiter('}')
}

// entry reads what the header says of a tensor, which must be all three keys and no other.
func (p headerParser) entry(e *safetensorsEntry) error {
	keys := 0
	err := p.object(3, func(key string) (err error) {
		keys++
		switch key {
		case "dtype":
			e.DType, err = p.text()
		case "shape":
			e.Shape, err = integers[int](p, 0, 8)
		case "data_offsets":
			var offsets []int64
			if offsets, err = integers[int64](p, 2, 2); err == nil {
				e.Offsets = [2]int64(offsets)
			}
		default:
			err = fmt.Errorf("unknown key %.200q", key)
		}
		return err
	})
	if err == nil && keys < 3 {
		err = errors.New("it lacks one of dtype, shape and data_offsets")
	}
	return err
}

// integers reads an array of least to most integers, none negative.
func integers[I int | int64](p headerParser, least, most int) ([]I, error) {
	if err := p.delimiter('['); err != nil {
		return nil, err
	}
	list := []I{}
	for p.More() {
		token, err := p.Token()
		if err != nil {
			return nil, err
		}
		number, ok := token.(json.Number)
		n, err := strconv.ParseUint(number.String(), 10, 64)
		if !ok || err != nil || n > math.MaxInt64 || int64(I(n)) != int64(n) {
			return nil, fmt.Errorf("%.40q is no whole number that fits", fmt.Sprint(token))
		}
		if len(list) == most {
			return nil, fmt.Errorf("an array has more than %d numbers", most)
		}
		list = append(list, I(n))
	}
	if len(list) < least {
		return nil, fmt.Errorf("an array has %d numbers instead of %d", len(list), least)
	}
	return list, p.delimiter(']')
}

func (p headerParser) text() (string, error) {
	token, err := p.Token()
	if err != nil {
		return "", err
	}
	s, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("%.40q is no string", fmt.Sprint(token))
	}
	return s, nil
}

func (p headerParser) delimiter(want json.Delim) error {
	token, err := p.Token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("%.40q stands where %q was expected", fmt.Sprint(token), want.String())
	}
	return nil
}
