package train_test

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/strata-ml/strata/train"
)

// FuzzHistory reads any metrics.jsonl and any timing.jsonl: an error names the file and the line, and nothing takes memory
// beyond what the files weigh.
func FuzzHistory(f *testing.F) {
	f.Add([]byte(`{"kind":"step","step":1,"epoch":0.5,"loss":"NaN","lr":0.1,"metrics":{"accuracy":1}}`+"\n"), []byte(`{"kind":"start","step":0,"epoch":0,"time":"2026-01-01T00:00:00.000Z"}`+"\n"))
	f.Add([]byte(`{"kind":"eval","histograms":{"w":{"min":0,"max":"+Inf","counts":[1,2]}},"change":{"key":"x"}}`+"\n{}\nnull\n"), []byte("{\n"))
	f.Add([]byte("{}\n\x00{}\n"), []byte(""))
	f.Add([]byte(`{"loss":1e400}`+"\n"), []byte(`{"seconds":"x"}`+"\n"))
	place := regexp.MustCompile(`(metrics|timing)\.jsonl:[0-9]+: .`)
	f.Fuzz(func(t *testing.T, metrics, timing []byte) {
		dir := t.TempDir()
		for name, content := range map[string][]byte{train.MetricsFile: metrics, train.TimingFile: timing} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h, err := train.ReadHistory(dir)
		runtime.ReadMemStats(&after)
		size := len(metrics) + len(timing)
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(1<<20+400*size) {
			t.Errorf("%d bytes cost %d", size, got)
		}
		if err != nil && !place.MatchString(err.Error()) {
			t.Errorf("the error has no place: %v", err)
		}
		if err == nil && len(h.Records) > strings.Count(string(metrics), "\n") {
			t.Errorf("%d records of %q", len(h.Records), metrics)
		}
	})
}

// TestLongLineOfHistory bounds the memory for a line that has no end.
func TestLongLineOfHistory(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, train.MetricsFile)
	if err := os.WriteFile(path, []byte("{}\n"+strings.Repeat(" ", 40<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := train.ReadHistory(dir)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "metrics.jsonl:2: the line is longer than 32 MiB") {
		t.Errorf("the error is %v", err)
	}
	limit := uint64(2 * 40 << 20)
	if underRace {
		limit *= 2
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > limit {
		t.Errorf("it took %d bytes", got)
	}
}
