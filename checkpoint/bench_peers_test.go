package checkpoint

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// BenchmarkSaveBesideDD saves a checkpoint and lets dd write as many bytes durably, in turn. It reports how many times
// as fast as dd a save is, as the median of the rounds: give a few, as in -benchtime 7x.
func BenchmarkSaveBesideDD(b *testing.B) {
	if _, err := exec.LookPath("dd"); err != nil {
		b.Skip("needs dd")
	}
	for _, size := range []int{64, 300} {
		b.Run(fmt.Sprintf("%dMiB", size), func(b *testing.B) {
			s := large(size)
			path := filepath.Join(b.TempDir(), StepFile(1))
			save := func() error { return Save(path, s) }
			dd := func() error {
				return exec.Command("dd", "if=/dev/zero", "of="+path, "bs=1M", fmt.Sprintf("count=%d", size), "conv=fsync").Run()
			}
			b.SetBytes(int64(len(s.Tensors[0].Data)))
			var ratios []float64
			for b.Loop() {
				var took [2]time.Duration
				for i := range took {
					which := (i + len(ratios)) % 2 // each is the first as often as the other
					took[which] = timed(b, []func() error{dd, save}[which])
					if err := os.Remove(path); err != nil {
						b.Fatal(err)
					}
				}
				ratios = append(ratios, took[0].Seconds()/took[1].Seconds())
			}
			b.ReportMetric(median(ratios), "×dd")
			b.Logf("in %d rounds: %.2f", len(ratios), ratios)
		})
	}
}

// BenchmarkLoadBesideUnmarshal reads weights from a file in the cache of the system, and as a msgpack array from memory,
// in turn. It reports how many times as fast the first is.
func BenchmarkLoadBesideUnmarshal(b *testing.B) {
	s := large(benchBlocks)
	path := filepath.Join(b.TempDir(), StepFile(1))
	if err := Save(path, s); err != nil {
		b.Fatal(err)
	}
	dst, array := make([]float32, len(s.Tensors[0].Data)/4), make([]float32, 1<<20)
	Copy(dst, s.Tensors[0].Data)
	packed, err := msgpack.Marshal(dst[:len(array)])
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(s.Tensors[0].Data)))
	var ratios []float64
	for b.Loop() {
		load := timed(b, func() error {
			f, err := Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			return ReadInto(f, "w", dst)
		})
		unmarshal := timed(b, func() error { return msgpack.Unmarshal(packed, &array) })
		ratios = append(ratios, unmarshal.Seconds()/float64(len(array))/(load.Seconds()/float64(len(dst))))
	}
	b.ReportMetric(median(ratios), "×Unmarshal")
}

// BenchmarkBombs reports how long the worst bomb keeps the reader busy, in the best of the rounds.
func BenchmarkBombs(b *testing.B) {
	least := map[string]time.Duration{}
	files := bombs(b)
	for b.Loop() {
		for name, file := range files {
			began := time.Now()
			if check(file.content) == nil {
				b.Fatalf("%s is taken", name)
			}
			if took := time.Since(began); least[name] == 0 || took < least[name] {
				least[name] = took
			}
		}
	}
	worst := time.Duration(0)
	for _, took := range least {
		worst = max(worst, took)
	}
	b.ReportMetric(worst.Seconds()*1e3, "worst-ms")
}

func timed(b *testing.B, run func() error) time.Duration {
	b.Helper()
	began := time.Now()
	if err := run(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func median(v []float64) float64 {
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
