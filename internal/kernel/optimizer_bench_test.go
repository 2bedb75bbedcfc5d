package kernel

import (
	"fmt"
	"testing"
)

func BenchmarkUpdate(b *testing.B) {
	for _, n := range benchLengths {
		w, g, m, v := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range n {
			w[i], g[i], v[i] = 1, 1e-3*float32(i%17-8), 1e-6
		}
		momentum := &MomentumStep[float32]{LR: 1e-9, Mu: 0.9, Take: 1}
		adam := &AdamStep[float32]{Beta1: 0.9, C1: 0.1, Beta2: 0.999, C2: 0.001, Correction: 1, Eps: 1e-8, Step: 1e-9, Keep: 1}
		fold := &Fold[float32]{Factor: 0.9, L1: 1e-9, L2: 1e-9}
		for _, k := range []struct {
			name  string
			width int // bytes per element
			run   func()
		}{
			{"sgd", 12, func() { SGD(w, g, 1e-9, nil) }},
			{"sgdFolded", 12, func() { SGD(w, g, 1e-9, fold) }},
			{"momentum", 20, func() { Momentum(w, g, v, momentum, nil) }},
			{"momentumFolded", 20, func() { Momentum(w, g, v, momentum, fold) }},
			{"adam", 28, func() { Adam(w, g, m, v, adam, nil) }},
			{"adamFolded", 28, func() { Adam(w, g, m, v, adam, fold) }},
			{"penalizedSumSquares", 8, func() { benchSum = PenalizedSumSquares(w, g, fold) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", k.name, n), func(b *testing.B) { benchBytes(b, n, k.width, k.run) })
		}
	}
}
