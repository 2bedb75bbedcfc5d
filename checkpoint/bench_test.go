package checkpoint

import (
	"bytes"
	"io"
	"path/filepath"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

const benchBlocks = 64

func BenchmarkWrite(b *testing.B) {
	s := large(benchBlocks)
	b.SetBytes(int64(len(s.Tensors[0].Data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSave(b *testing.B) {
	s := large(benchBlocks)
	path := filepath.Join(b.TempDir(), StepFile(1))
	b.SetBytes(int64(len(s.Tensors[0].Data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Save(path, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	f := openBytes(b, encodeSnap(b, large(benchBlocks)))
	b.SetBytes(f.size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Verify(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadInto(b *testing.B) {
	s := large(benchBlocks)
	path := filepath.Join(b.TempDir(), StepFile(1))
	if err := Save(path, s); err != nil {
		b.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	dst := make([]float32, len(s.Tensors[0].Data)/4)
	b.SetBytes(int64(4 * len(dst)))
	b.ReportAllocs()
	for b.Loop() {
		if err := ReadInto(f, "w", dst); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUnmarshal is what reading the same weights as a msgpack array would cost.
func BenchmarkUnmarshal(b *testing.B) {
	weights := make([]float32, 1<<20)
	data, err := msgpack.Marshal(weights)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(4 * len(weights)))
	b.ReportAllocs()
	for b.Loop() {
		if err := msgpack.Unmarshal(data, &weights); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	entry := partBody{CRC: make([]byte, 4), DType: "float32", Name: "encoder/block12/fc1/w", Parts: 1, Role: Param, Shape: []int64{512, 512}}
	index := indexBody{Block: blockSize, Tensors: make(list[partBody, *partBody], 10_000)}
	for i := range index.Tensors {
		index.Tensors[i] = entry
	}
	data := body(b, index)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := scan(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	data := encodeSnap(b, sample())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewFile(bytes.NewReader(data), int64(len(data))); err != nil {
			b.Fatal(err)
		}
	}
}
