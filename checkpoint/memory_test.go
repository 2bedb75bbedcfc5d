package checkpoint

import (
	"io"
	"path/filepath"
	"runtime"
	"testing"
)

// TestMemory bounds what writing, verifying and reading allocate beside the weights, which are larger.
func TestMemory(t *testing.T) {
	snapshot := large(3)
	path := filepath.Join(t.TempDir(), StepFile(1))
	if err := Save(path, snapshot); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	weights := make([]byte, len(snapshot.Tensors[0].Data))
	for _, tt := range []struct {
		name  string
		limit uint64
		run   func() error
	}{
		{"write", 1 << 20, func() error { return Write(io.Discard, snapshot) }},
		{"verify", 64 << 10, func() error { _, err := f.Verify(); return err }},
		{"read", 64 << 10, func() error { return f.ReadTensor("w", weights) }},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := tt.run()
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; err != nil || got > tt.limit {
			t.Errorf("%s: %v; it allocated %d bytes, at most %d are promised", tt.name, err, got, tt.limit)
		}
	}
}
