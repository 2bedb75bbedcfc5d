package kernel

import (
	"fmt"
	"testing"
)

func BenchmarkUpdate(b *testing.B) {
	for _, n := range benchLengths {
		w, g, m, v, h := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range n {
			w[i], g[i], v[i], h[i] = 1, 1e-3*(float32(i%17)-8.5), 1e-6, 1e-6
		}
		tiny, fading := make([]float32, n), make([]float32, n) // a gradient whose square is 0, and its mean, which fades
		for i := range n {
			tiny[i], fading[i] = 1e-30, 1e-36
		}
		momentum := &MomentumStep[float32]{LR: 1e-9, Mu: 0.9, Take: 1}
		adam := &AdamStep[float32]{Beta1: 0.9, C1: 0.1, Beta2: 0.999, C2: 0.001, Correction: 1, Eps: 1e-8, Step: 1e-9, Keep: 1}
		lasting := new(*adam) // its mean of squares stays, however often it runs
		lasting.Beta2 = 1
		adagrad := &AdagradStep[float32]{LR: 1e-9, Eps: 1e-8}
		adadelta := &AdadeltaStep[float32]{LR: 1e-9, Rho: 0.9, Take: 0.1, Eps: 1e-8}
		rmsprop := &RMSpropStep[float32]{LR: 1e-9, Rho: 0.9, Take: 0.1, Eps: 1e-8, Mu: 0.9}
		adamax := &AdamaxStep[float32]{Beta1: 0.9, C1: 0.1, Beta2: 0.999, Eps: 1e-8, Step: 1e-9}
		nadam := &NAdamStep[float32]{Beta1: 0.9, C1: 0.1, Beta2: 0.999, C2: 0.001, Correction: 1, Eps: 1e-8, GradientPart: 0.1, MeanPart: 0.9, Step: 1e-9}
		lion := &LionStep[float32]{LR: 1e-9, Beta1: 0.9, C1: 0.1, Beta2: 0.99, C2: 0.01, Keep: 1}
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
			{"adamVanished", 28, func() { Adam(w, tiny, fading, v, lasting, nil) }},
			{"adamFolded", 28, func() { Adam(w, g, m, v, adam, fold) }},
			{"adagrad", 20, func() { Adagrad(w, g, v, adagrad, nil) }},
			{"adagradFolded", 20, func() { Adagrad(w, g, v, adagrad, fold) }},
			{"adadelta", 28, func() { Adadelta(w, g, v, h, adadelta, nil) }},
			{"rmsprop", 20, func() { RMSprop(w, g, v, nil, nil, rmsprop, nil) }},
			{"rmspropMomentum", 28, func() { RMSprop(w, g, v, nil, m, rmsprop, nil) }},
			{"rmspropCentered", 28, func() { RMSprop(w, g, v, m, nil, rmsprop, nil) }},
			{"rmspropCenteredMomentum", 36, func() { RMSprop(w, g, v, m, h, rmsprop, nil) }},
			{"rmspropFolded", 20, func() { RMSprop(w, g, v, nil, nil, rmsprop, fold) }},
			{"adamax", 28, func() { Adamax(w, g, m, v, adamax, nil) }},
			{"amsgrad", 36, func() { AMSGrad(w, g, m, v, h, adam, nil) }},
			{"nadam", 28, func() { NAdam(w, g, m, v, nadam, nil) }},
			{"unadapted", 28, func() { Unadapted(w, g, m, v, adam, nil) }},
			{"lion", 20, func() { Lion(w, g, m, lion, nil) }},
			{"penalizedSumSquares", 8, func() { benchSum = PenalizedSumSquares(w, g, fold) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", k.name, n), func(b *testing.B) { benchBytes(b, n, k.width, k.run) })
		}
	}
}
