package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// A DimError says that a file has vectors of another size than the table.
type DimError struct {
	Path      string
	Got, Want int
}

func (e *DimError) Error() string {
	return fmt.Sprintf("%s: its vectors have %d elements, and the table has %d", e.Path, e.Got, e.Want)
}

// isHeader reports whether a first line, cut at its first space, is that of word2vec: two whole numbers.
func isHeader(first, rest string) bool {
	_, err1 := strconv.ParseUint(first, 10, 32)
	_, err2 := strconv.ParseUint(strings.TrimSpace(rest), 10, 32)
	return err1 == nil && err2 == nil
}

// readText reads the format of GloVe, or of word2vec in text.
func (r *vectorReader) readText() (count int, err error) {
	l, err := newLines(r.in)
	if err != nil {
		return 0, err
	}
	declared := -1
	for {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		text := strings.TrimRight(string(line), " ")
		if first, rest, _ := strings.Cut(text, " "); l.number == 1 && isHeader(first, rest) {
			if declared, _, err = r.header(text); err != nil {
				return 0, err
			}
			continue
		}
		if err := r.addLine(l, text, count); err != nil {
			return 0, err
		}
		count++
	}
	switch {
	case count == 0:
		return 0, fmt.Errorf("%s: the file has no vectors", r.in.path)
	case declared >= 0 && declared != count:
		return 0, fmt.Errorf("%s: the first line says %d words, and %d follow; get the file again if it is cut short, or correct the line", r.in.path, declared, count)
	}
	return count, nil
}

// maxVectorDim is how many elements a vector may have by the claim of its file.
const maxVectorDim = 1 << 16

// checkDim returns an error unless the vectors have as many elements as the table. What a file claims may be no size at
// all, and then it is the file that is to blame.
func (r *vectorReader) checkDim(dim int) error {
	switch {
	case dim > maxVectorDim:
		return fmt.Errorf("%s: it says that its vectors have %d elements, and at most %d are allowed; is it a file of word vectors?", r.in.path, dim, maxVectorDim)
	case dim != r.dim:
		return &DimError{r.in.path, dim, r.dim}
	}
	return nil
}

// header reads the line of word2vec.
func (r *vectorReader) header(line string) (count, dim int, err error) {
	if n, err := fmt.Sscanf(line, "%d %d", &count, &dim); err != nil || n != 2 || count < 0 || dim < 1 {
		return 0, 0, fmt.Errorf("%s:1: %q is not the number of words and of their elements", r.in.path, line[:min(len(line), 60)])
	}
	return count, dim, r.checkDim(dim)
}

// mendLine is the remedy for a line that its neighbours do not resemble.
const mendLine = "correct the line or remove it"

// addLine reads a word and its numbers. The numbers are the last ones: a word may hold spaces.
func (r *vectorReader) addLine(l *lines, text string, before int) error {
	begin := len(text) // of the numbers
	for n := 0; n < r.dim; n++ {
		at := strings.LastIndexByte(text[:begin], ' ')
		if at < 1 {
			switch {
			case before == 0 && n == 0:
				return l.errorAt(0, "the line is no word with its numbers, between single spaces")
			case before == 0:
				return &DimError{r.in.path, n, r.dim}
			}
			return l.errorAt(0, "the line has %d numbers, and those before have %d; %s", n, r.dim, mendLine)
		}
		begin = at
	}
	word := text[:begin]
	if at := strings.LastIndexByte(word, ' '); at > 0 {
		if _, err := strconv.ParseFloat(word[at+1:], 32); err == nil {
			if before == 0 {
				return &DimError{r.in.path, strings.Count(text, " "), r.dim}
			}
			return l.errorAt(0, "the line has more than %d numbers; %s", r.dim, mendLine)
		}
	}
	dst := r.place([]byte(word))
	at := begin + 1
	for i := range r.dim {
		number, _, _ := strings.Cut(text[at:], " ")
		v, err := strconv.ParseFloat(number, 32)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return l.errorAt(at, "%q is no finite number that float32 can hold; %s", number[:min(len(number), 60)], mendLine)
		}
		if dst != nil {
			dst[i] = float32(v)
		}
		at += len(number) + 1
	}
	return nil
}

// readBinary reads word2vec's binary format.
func (r *vectorReader) readBinary() (count int, err error) {
	line, err := r.in.ReadSlice('\n')
	if err != nil {
		return 0, fmt.Errorf("%s: the file does not begin with a line of the number of words and of their elements", r.in.path)
	}
	if count, _, err = r.header(strings.TrimSpace(string(line))); err != nil {
		return 0, err
	}
	offset := int64(len(line))
	word, raw := make([]byte, 0, maxWordBytes), make([]byte, 4*r.dim)
	for i := range count {
		word = word[:0]
		for {
			b, err := r.in.ReadByte()
			if err != nil {
				return 0, r.cutShort(err, count, i)
			}
			if offset++; b == ' ' {
				break
			}
			if len(word) == maxWordBytes {
				return 0, fmt.Errorf("%s: byte %d: a word is longer than %d bytes; does the file have other vectors than its first line says?", r.in.path, offset, maxWordBytes)
			}
			if b != '\n' || len(word) > 0 { // some writers end a vector with a line
				word = append(word, b)
			}
		}
		if _, err := io.ReadFull(r.in, raw); err != nil {
			return 0, r.cutShort(err, count, i)
		}
		if err := decodeFloats(raw, 4, r.place(word)); err != nil {
			return 0, fmt.Errorf("%s: byte %d: the vector of %q: %w", r.in.path, offset, word, err)
		}
		offset += int64(len(raw))
	}
	rest, err := io.ReadAll(io.LimitReader(r.in, 2))
	if err != nil {
		return 0, unplaced(r.in.path, err)
	}
	if strings.TrimSpace(string(rest)) != "" {
		return 0, fmt.Errorf("%s: byte %d: more follows the %d words of the first line; correct their number", r.in.path, offset, count)
	}
	return count, nil
}

func (r *vectorReader) cutShort(err error, count, read int) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: it says %d words, and ends after %d; it is cut short: get it again", r.in.path, count, read)
	}
	return unplaced(r.in.path, err)
}

// decodeFloats reads little-endian floating-point numbers of a size in bytes, and writes them to dst unless it is nil.
func decodeFloats(raw []byte, size int, dst []float32) error {
	for i := 0; (i+1)*size <= len(raw); i++ {
		var v float64
		if size == 4 {
			v = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
		} else {
			v = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
		}
		if !(math.Abs(v) <= math.MaxFloat32) {
			return fmt.Errorf("element %d is %v, which is no finite number that float32 can hold", i, v)
		}
		if dst != nil {
			dst[i] = float32(v)
		}
	}
	return nil
}
