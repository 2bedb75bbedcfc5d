package experiment_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/strata-ml/strata/experiment"
)

// bombs are texts made to cost more than they weigh.
var bombs = map[string]string{
	"aliases":           aliasBomb(),
	"brackets":          strings.Repeat("[", 400_000),
	"braces":            strings.Repeat("{a: ", 100_000),
	"dashes":            strings.Repeat("- ", 400_000),
	"indentation":       indentation(2000),
	"two mebibytes":     strings.Repeat("name: x # ", 200_000),
	"one mebibyte":      "name: " + strings.Repeat("x", 1<<20-7),
	"long key":          strings.Repeat("x", 1<<20-4) + ": 1",
	"many keys":         manyKeys(100_000),
	"most keys allowed": manyKeys(9_900),
	"many commas":       "freeze: [" + strings.Repeat("a,", 300_000) + "]",
	"many nodes":        "model:\n" + strings.Repeat("  - relu\n", 9_900),
	"many anchors":      strings.Repeat("- &a x\n", 9_900),
	"comment":           "#" + strings.Repeat(" ", 1<<20-2),
	"escapes":           `name: "` + strings.Repeat(`\u0041`, 100_000) + `"`,
}

func aliasBomb() string {
	b := strings.Builder{}
	b.WriteString("a: &a [x, x, x, x, x, x, x, x, x]\n")
	for c := 'b'; c < 'k'; c++ {
		fmt.Fprintf(&b, "%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 9), ", "))
	}
	return b.String()
}

func indentation(levels int) string {
	b := strings.Builder{}
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func manyKeys(n int) string {
	b := strings.Builder{}
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1\n", i)
	}
	return b.String()
}

// TestBombs checks that texts made to cost time or memory are refused in 32 MiB, and in a time that no bomb would keep
// to. BenchmarkBombs tells how long they take.
func TestBombs(t *testing.T) {
	for name, text := range bombs {
		t.Run(name, func(t *testing.T) {
			took, bytes := cost(t, text)
			if bytes > 32<<20 {
				t.Errorf("it took %d bytes", bytes)
			}
			if took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// BenchmarkBombs times the refusals: 50 ms are many.
func BenchmarkBombs(b *testing.B) {
	for name, text := range bombs {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := experiment.Parse("bomb.yaml", []byte(text), experiment.Options{}); err == nil {
					b.Fatal("it is accepted")
				}
			}
		})
	}
}

func cost(t *testing.T, text string) (time.Duration, uint64) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	_, err := experiment.Parse("bomb.yaml", []byte(text), experiment.Options{})
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Error("it is accepted")
	}
	if n := len(err.Error()); n > 64<<10 {
		t.Errorf("the message has %d bytes", n)
	}
	return took, after.TotalAlloc - before.TotalAlloc
}

// FuzzParse feeds any text and any override to the reader: it may refuse, and must not panic, hang or take memory
// beyond what the text weighs.
func FuzzParse(f *testing.F) {
	f.Add(small, "optimizer.lr=0.1", "STRATA_SEED=4")
	f.Add(everything, "model.fc1.units=3", "STRATA_MODEL_FC1_UNITS=4")
	f.Add("model: [relu]", "model.relu.x.y=[1", "STRATA_X=")
	f.Add("a: &a [*a]", "a=*b", "STRATA_=1")
	f.Add("- 1", "0=2", "STRATA_0=1")
	f.Fuzz(func(t *testing.T, text, set, env string) {
		opts := experiment.Options{Set: []string{set}, Env: []string{env}, SkipData: true, Resumed: true, Memory: memory}
		var e *experiment.Experiment
		var err error
		if n := allocated(func() { e, err = experiment.Parse("fuzz.yaml", []byte(text), opts) }); n > configLimit {
			t.Errorf("it took %d bytes", n)
		}
		if err != nil {
			checkMessage(t, err)
			d, ok := errors.AsType[*experiment.Diagnostics](err)
			if !ok || len(d.List) == 0 || strings.TrimSpace(err.Error()) == "" {
				t.Fatalf("the error is %#v", err)
			}
			return
		}
		resolved := e.Resolved()
		again, err := experiment.Parse("fuzz.yaml", resolved, experiment.Options{SkipData: true, Resumed: true})
		if err != nil {
			t.Fatalf("the resolved text is refused: %v\n%s", err, resolved)
		}
		if string(again.Resolved()) != string(resolved) {
			t.Fatalf("got\n%s\nwant\n%s", again.Resolved(), resolved)
		}
	})
}
