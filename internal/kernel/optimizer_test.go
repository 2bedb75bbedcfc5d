package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// An update is a rule, and the same for one element in the arithmetic of the level: slots are changed in place, the new
// weight is returned.
type update[T Float] struct {
	name  string
	slots int
	run   func(w, g []T, slots [][]T, f *Fold[T])
	want  func(w, g T, slots []T) T
}

func updates[T Float]() []update[T] {
	adam := AdamStep[T]{Beta1: 0.9, C1: 0.1, Beta2: 0.99, C2: 0.01, Correction: 1.7, Eps: 1e-3, Step: 0.03, Keep: 0.98}
	momentum := func(name string, s MomentumStep[T]) update[T] {
		return update[T]{
			name, 1,
			func(w, g []T, slots [][]T, f *Fold[T]) { Momentum(w, g, slots[0], &s, f) },
			func(w, g T, slots []T) T {
				slots[0] = settled(mulAdd(s.Mu, slots[0], s.Take*g))
				direction := slots[0]
				if s.Nesterov {
					direction = mulAdd(s.Mu, slots[0], g)
				}
				return mulAdd(-s.LR, direction, w)
			},
		}
	}
	return append([]update[T]{
		{
			"sgd", 0,
			func(w, g []T, _ [][]T, f *Fold[T]) { SGD(w, g, 0.3, f) },
			func(w, g T, _ []T) T { return mulAdd(-0.3, g, w) },
		},
		momentum("momentum", MomentumStep[T]{LR: 0.3, Mu: 0.7, Take: 0.6}),
		momentum("nesterov", MomentumStep[T]{LR: 0.3, Mu: 0.7, Take: 1, Nesterov: true}),
		{
			"adam", 2,
			func(w, g []T, slots [][]T, f *Fold[T]) { Adam(w, g, slots[0], slots[1], &adam, f) },
			func(w, g T, slots []T) T {
				slots[0] = settled(mulAdd(adam.Beta1, slots[0], adam.C1*g))
				slots[1] = mulAdd(adam.C2*g, g, adam.Beta2*slots[1])
				root := T(math.Sqrt(float64(slots[1])))
				return mulAdd(-adam.Step, slots[0]/mulAdd(root, adam.Correction, adam.Eps), adam.Keep*w)
			},
		},
	}, adaptiveUpdates[T]()...)
}

// penalized is g + L1·sign(w) + L2·w in the arithmetic of the level.
func penalized[T Float](w, g T, f *Fold[T]) T {
	term := T(0)
	if w != 0 {
		term = T(math.Copysign(float64(f.L1), float64(w)))
	}
	return mulAdd(f.L2, w, g+term)
}

func folds[T Float]() map[string]*Fold[T] {
	return map[string]*Fold[T]{
		"nothing": nil,
		"penalty": {Factor: 1, L1: 0.3, L2: 0.6},
		"clip":    {Factor: 0.3},
		"all":     {Factor: 0.7, L1: 0.03, L2: 0.01},
	}
}

func TestUpdates(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testUpdates[float32])
		t.Run("float64", testUpdates[float64])
	})
}

func testUpdates[T Float](t *testing.T) {
	for _, u := range updates[T]() {
		for name, f := range folds[T]() {
			rapid.Check(t, func(t *rapid.T) {
				rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 5))
				u.check(t, rng, rapid.IntRange(0, 150).Draw(t, "n"), name, f)
			})
			u.check(t, rand.New(rand.NewPCG(17, 18)), 2*piece+7, name, f)
		}
	}
}

// TestSharedUpdates: the same bits with any number of workers, and nothing allocated.
func TestSharedUpdates(t *testing.T) {
	defer func() { forcedWorkers = 0 }()
	f := &Fold[float32]{Factor: 0.7, L1: 0.03, L2: 0.01}
	for _, u := range updates[float32]() {
		for _, forcedWorkers = range []int{1, 2, 3, 8} {
			u.check(t, rand.New(rand.NewPCG(25, 26)), 5*updateChunk+7, "all", f)
		}
		w, g, slots := make([]float32, 3*updateChunk), make([]float32, 3*updateChunk), make([][]float32, u.slots)
		for i := range slots {
			slots[i] = make([]float32, len(w))
		}
		forcedWorkers = 2
		var n float64
		for range 3 { // a worker that has left meanwhile is started anew, which allocates
			if n = testing.AllocsPerRun(10, func() { u.run(w, g, slots, f); PenalizedSumSquares(w, g, f) }); n == 0 {
				break
			}
		}
		if n != 0 {
			t.Errorf("%s: %v allocations", u.name, n)
		}
	}
}

// TestSharedSquares: sums of more pieces than there is room for at a time, by any number of workers.
func TestSharedSquares(t *testing.T) {
	defer func() { forcedWorkers = 0 }()
	rng := rand.New(rand.NewPCG(27, 28))
	n := (len(partialSums.of)+3)*sumPiece + 5
	g, w := make([]float32, n), make([]float32, n)
	for i := range g {
		g[i], w[i] = rng.Float32(), rng.Float32()-0.5
	}
	f := &Fold[float32]{Factor: 1, L1: 0.1, L2: 0.2}
	forcedWorkers = 1
	plain, penalized := SumSquares(g), PenalizedSumSquares(w, g, f)
	if want := halvesTree(n, func(chain float64, i int) float64 { return mulAdd(float64(g[i]), float64(g[i]), chain) }); plain != want {
		t.Errorf("the sum of squares is %v, want %v", plain, want)
	}
	for _, forcedWorkers = range []int{2, 3, 8} {
		if got := SumSquares(g); got != plain {
			t.Errorf("%d workers: the sum of squares is %v, alone %v", forcedWorkers, got, plain)
		}
		if got := PenalizedSumSquares(w, g, f); got != penalized {
			t.Errorf("%d workers: the penalized sum of squares is %v, alone %v", forcedWorkers, got, penalized)
		}
	}
}

func (u update[T]) check(t rapid.TB, rng *rand.Rand, n int, fold string, f *Fold[T]) {
	t.Helper()
	w, g := newOutput[T](rng, 1, n, 0), newInput[T](rng, 1, n, 0)
	var slots [][]T
	var buffers []*buffer[T]
	special := specials[T]()
	for range u.slots {
		b := newOutput[T](rng, 1, n, 0)
		for j := range n {
			v := b.at(0, j)
			if rng.IntN(8) == 0 {
				v = special[rng.IntN(len(special))]
			}
			b.set(0, j, T(math.Abs(float64(v))))
		}
		slots, buffers = append(slots, b.data()), append(buffers, b)
	}
	for j := range n {
		for _, b := range []*buffer[T]{w, g} {
			if rng.IntN(8) == 0 {
				b.set(0, j, special[rng.IntN(len(special))])
			}
		}
	}
	u.run(w.data(), g.data(), slots, f)
	w.checkOutput(t, u.name)
	g.checkInput(t, u.name)
	old := make([]T, u.slots)
	for j := range n {
		gj := g.at(0, j)
		if f != nil {
			gj = f.Factor * penalized(w.old(0, j), gj, f)
		}
		for i, b := range buffers {
			old[i] = b.old(0, j)
		}
		if want := u.want(w.old(0, j), gj, old); !sameBits(w.at(0, j), want) {
			t.Fatalf("%s, fold %s: element %d of %d with w = %v, g = %v is %v, want %v", u.name, fold, j, n, w.old(0, j), g.at(0, j), w.at(0, j), want)
		}
		for i, b := range buffers {
			if !sameBits(b.at(0, j), old[i]) {
				t.Fatalf("%s, fold %s: slot %d of element %d is %v, want %v", u.name, fold, i, j, b.at(0, j), old[i])
			}
		}
	}
	for _, b := range buffers {
		b.checkOutput(t, u.name)
	}
}

// TestMeansReachZero: without a gradient a mean of gradients decays to 0, through no denormal number; NaN stays.
func TestMeansReachZero(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", func(t *testing.T) { testMeansReachZero[float32](t, 0x1p-126) })
		t.Run("float64", func(t *testing.T) { testMeansReachZero[float64](t, 0x1p-1022) })
	})
}

func testMeansReachZero[T Float](t *testing.T, least T) {
	means := map[string]int{ // the slot that holds one
		"momentum": 0, "nesterov": 0, "adam": 0, "amsgrad": 0, "nadam": 0, "unadapted": 0, "adamax": 0, "lion": 0,
		"rmsprop with momentum": 1, "centered rmsprop": 1, "centered rmsprop with momentum": 2,
	}
	const n = 37
	for _, u := range updates[T]() {
		mean, ok := means[u.name]
		if !ok {
			continue
		}
		delete(means, u.name)
		w, g := make([]T, n), make([]T, n)
		slots := make([][]T, u.slots)
		for i := range slots {
			slots[i] = make([]T, n)
		}
		m := slots[mean]
		for i := range m {
			m[i] = least * T(i-n/2)
		}
		m[0] = T(math.NaN())
		for step := range 400 {
			u.run(w, g, slots, nil)
			for i, v := range m[1:] {
				if v != 0 && -least < v && v < least {
					t.Fatalf("%s: element %d of the mean is %v after step %d", u.name, i+1, v, step+1)
				}
			}
		}
		for i, v := range m[1:] {
			if v != 0 {
				t.Errorf("%s: element %d of the mean is still %v", u.name, i+1, v)
			}
		}
		if m[0] == m[0] {
			t.Errorf("%s: NaN became %v", u.name, m[0])
		}
	}
	for name := range means {
		t.Errorf("there is no rule %s", name)
	}
}

// TestSettledMeans: of what a mean can be, the denormal numbers become 0 and nothing else does.
func TestSettledMeans(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", func(t *testing.T) { testSettledMeans[float32](t, 0x1p-126, 0x1p-149) })
		t.Run("float64", func(t *testing.T) { testSettledMeans[float64](t, 0x1p-1022, 0x1p-1074) })
	})
}

func testSettledMeans[T Float](t *testing.T, normal, least T) {
	inf, nan := T(math.Inf(1)), T(math.NaN())
	before := []T{normal, -normal, 2 * normal, -2 * normal, 1, -1, inf, -inf, nan, normal - least, least - normal, least, -least, 0, T(math.Copysign(0, -1))}
	after := []T{normal, -normal, 2 * normal, -2 * normal, 1, -1, inf, -inf, nan, 0, 0, 0, 0, 0, 0}
	for range 2 { // more than a vector has lanes
		before, after = append(before, before...), append(after, after...)
	}
	for name, f := range map[string]*Fold[T]{"nothing": nil, "factor": {Factor: 1}} {
		for _, nesterov := range []bool{false, true} {
			v, w, g := slices.Clone(before), make([]T, len(before)), make([]T, len(before))
			Momentum(w, g, v, &MomentumStep[T]{LR: 0, Mu: 1, Take: 1, Nesterov: nesterov}, f)
			for i := range v {
				if !sameBits(v[i], after[i]) {
					t.Errorf("fold %s, Nesterov %v: a mean of %v became %v, want %v", name, nesterov, before[i], v[i], after[i])
				}
			}
		}
	}
}

// TestFoldInto: the gradient that is folded in memory is the one that an update sees, and the one whose norm is taken.
func TestFoldInto(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testFoldInto[float32])
		t.Run("float64", testFoldInto[float64])
	})
}

func testFoldInto[T Float](t *testing.T) {
	for name, f := range folds[T]() {
		for _, n := range []int{0, 1, 15, 16, 17, 100, 2*sumPiece + 9} {
			rng := rand.New(rand.NewPCG(uint64(n), 19))
			w, g := newInput[T](rng, 1, n, 0), newOutput[T](rng, 1, n, 0)
			for j := range n / 4 {
				w.set(0, 4*j, 0)
			}
			got := PenalizedSumSquares(w.data(), g.data(), f)
			want := halvesTree(n, func(chain float64, i int) float64 {
				p := g.at(0, i)
				if f != nil {
					p = penalized(w.at(0, i), p, f)
				}
				return mulAdd(float64(p), float64(p), chain)
			})
			if !sameBits(got, want) {
				t.Errorf("%s: sum of squares of %d is %v, want %v", name, n, got, want)
			}
			FoldInto(g.data(), w.data(), f)
			w.checkInput(t, "fold")
			g.checkOutput(t, "fold")
			for j := range n {
				want := g.old(0, j)
				if f != nil {
					want = f.Factor * penalized(w.at(0, j), want, f)
				}
				if !sameBits(g.at(0, j), want) {
					t.Fatalf("%s: element %d of %d is %v, want %v", name, j, n, g.at(0, j), want)
				}
			}
		}
	}
}

// TestPenaltySigns states what the penalty adds to the gradient of special weights.
func TestPenaltySigns(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, test := range []struct{ w, l1, l2, want float64 }{
		{2, 3, 0, 3},
		{-2, 3, 0, -3},
		{0, 3, 5, 0},
		{math.Copysign(0, -1), 3, 5, 0},
		{5e-324, 3, 0, 3},
		{-5e-324, 3, 0, -3},
		{2, 0, 5, 10},
		{-2, 3, 5, -13},
		{inf, 3, 5, inf},
		{-inf, 3, 5, -inf},
		{inf, 3, 0, nan},
		{nan, 3, 0, nan},
		{nan, 0, 5, nan},
	} {
		eachLevel(t, func(t *testing.T) {
			g := []float64{0}
			FoldInto(g, []float64{test.w}, &Fold[float64]{1, test.l1, test.l2})
			if !sameBits(g[0], test.want) {
				t.Errorf("w = %v, l1 = %v, l2 = %v: %v, want %v", test.w, test.l1, test.l2, g[0], test.want)
			}
		})
	}
}
