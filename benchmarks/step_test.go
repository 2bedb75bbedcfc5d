package benchmarks

import "testing"

// BenchmarkStep times one step of each workload; -cpu sets the threads.
func BenchmarkStep(b *testing.B) {
	for _, w := range Workloads() {
		b.Run(w.Name, func(b *testing.B) {
			s, err := NewStepper(w)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := s.Step(); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Step(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(w.GFLOP*float64(b.N)/b.Elapsed().Seconds(), "GFLOP/s")
		})
	}
}

// TestStepsAllocateNothing holds for the small workloads; the others run the same code.
func TestStepsAllocateNothing(t *testing.T) {
	for _, name := range []string{"W1", "W8"} {
		w, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewStepper(w)
		if err != nil {
			t.Fatal(err)
		}
		allocs := testing.AllocsPerRun(10, func() {
			if _, err := s.Step(); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 {
			t.Errorf("%s allocates %v times a step", name, allocs)
		}
	}
}
