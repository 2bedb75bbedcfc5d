package kernel

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"testing"
)

// TestGenericBits pins what the loops in Go compute: a product is rounded before it is added, so that every architecture
// gives these bits, even one whose compiler fuses where the language lets it. Functions that go through package math are
// left out.
func TestGenericBits(t *testing.T) {
	best := level
	level = plain
	defer func() { level = best }()
	t.Run("float32", func(t *testing.T) { testGenericBits[float32](t, genericBits32) })
	t.Run("float64", func(t *testing.T) { testGenericBits[float64](t, genericBits64) })
}

var genericBits32 = map[string]uint64{
	"Axpy":                                  0xee3ae0f99bc10421,
	"Momentum folded":                       0x73979edc1a04ffad,
	"Adam":                                  0x547a7088a37f203e,
	"Momentum":                              0xe6f647a9d7ff5202,
	"MulAdd":                                0x9066971a82741343,
	"SumRows":                               0x7ca748b49bc12194,
	"SGD folded":                            0x61eb2673ab6b3b92,
	"Nesterov folded":                       0xa468c8c69aa6b8cf,
	"Adam folded":                           0xce074122664ae0ba,
	"Nesterov":                              0xcef9b7dec8dbf18f,
	"GemmNN":                                0x6e62af10d6a47d0d,
	"GemmTN":                                0xacd8d36512364750,
	"GemmBias":                              0x16e836432353848a,
	"Dot":                                   0x03e7861dba72a726,
	"SGD":                                   0xd966174545b9ab49,
	"GemmNT":                                0x56019f4322e917ba,
	"SumSquares":                            0x7a56c18eb6943d89,
	"adadelta folded":                       0xd87838b03de6ad65,
	"adadelta":                              0xa0a080c9cade49d5,
	"adagrad folded":                        0x5d0321607d628390,
	"adagrad":                               0x504325e9ff386f5c,
	"adamax folded":                         0xf5b19ec23a96aaf7,
	"adamax":                                0x39a8846a91b92d47,
	"amsgrad folded":                        0x667f8d917e1f27a6,
	"amsgrad":                               0x7d5cbe5e4e746e7f,
	"centered rmsprop folded":               0x57e4b9939c0eac47,
	"centered rmsprop with momentum folded": 0x89c8a85757f33d3d,
	"centered rmsprop with momentum":        0x40a68db28ea05012,
	"centered rmsprop":                      0x7ad37ce6be63d897,
	"lion folded":                           0x0328f5b59f823352,
	"lion":                                  0x5681b33b6c2c73ed,
	"nadam folded":                          0x405e9be390d06272,
	"nadam":                                 0x305768fb5e07f6db,
	"rmsprop folded":                        0x195363acd8b87eaa,
	"rmsprop with momentum folded":          0xf2f5429e839cff57,
	"rmsprop with momentum":                 0x427446e31669cada,
	"rmsprop":                               0xf9cdc9f08433ae69,
	"unadapted folded":                      0x68ce3eeb2f804326,
	"unadapted":                             0xcac69fe0241b2765,
}

var genericBits64 = map[string]uint64{
	"GemmNN":                                0x85d434e78efd3f77,
	"SumRows":                               0x161ca292328bea5e,
	"SGD":                                   0x4194caa9b22e6809,
	"GemmBias":                              0x989d1b5e2fbb0fef,
	"Dot":                                   0xbba98d641055ddac,
	"Adam":                                  0x96c776d949cd0a00,
	"GemmTN":                                0x0de3bb3964a9e2d8,
	"Axpy":                                  0xdda0b56a164b4d37,
	"MulAdd":                                0x1bad4b1a5aa899fb,
	"SGD folded":                            0x8fe838acfddc9243,
	"Momentum folded":                       0x7714144186bc4fa4,
	"Nesterov":                              0x054d5e87dd1e4454,
	"Nesterov folded":                       0x1ee5a315daa13455,
	"GemmNT":                                0x84bf8d10fa23575e,
	"SumSquares":                            0xd708497018fc2b66,
	"Momentum":                              0x413f16abfac3705a,
	"Adam folded":                           0xbaa31af1b1761ccc,
	"adadelta folded":                       0x082fae11fbf28dba,
	"adadelta":                              0x7740c5ec58f25cab,
	"adagrad folded":                        0x1c6c49de7ccd8036,
	"adagrad":                               0xf2c968127c7ab4bb,
	"adamax folded":                         0x685ea7e89b069a3c,
	"adamax":                                0xca0035d4447684c4,
	"amsgrad folded":                        0xc5123833940cee6f,
	"amsgrad":                               0x7f5490a37a5c5fcf,
	"centered rmsprop folded":               0x8f8cc75c081973de,
	"centered rmsprop with momentum folded": 0x1d9dbe2740483dc1,
	"centered rmsprop with momentum":        0xd3b08c5b0eb289c6,
	"centered rmsprop":                      0x4e60c64282ca501c,
	"lion folded":                           0x7503b9470bd9b2a2,
	"lion":                                  0x99ea58902fdac4a0,
	"nadam folded":                          0x42ae6087ff7fe66a,
	"nadam":                                 0x29c967c46fba5029,
	"rmsprop folded":                        0xae2f0d23f45529aa,
	"rmsprop with momentum folded":          0x28e335a684bff6dd,
	"rmsprop with momentum":                 0x87cd5971541ce1b3,
	"rmsprop":                               0x9283721bc4b7f4e6,
	"unadapted folded":                      0x4d11eace40f70425,
	"unadapted":                             0x3417dab29cf04d6e,
}

func testGenericBits[T Float](t *testing.T, want map[string]uint64) {
	const m, n, k = 7, 19, 37
	got := map[string]uint64{}
	product := func(name string, run func(c, a, b []T)) {
		c, a, b := drawn[T](1, m*n), drawn[T](2, m*k), drawn[T](3, k*n)
		run(c, a, b)
		got[name] = hashBits(c)
	}
	product("GemmNN", func(c, a, b []T) { GemmNN(m, n, k, c, n, true, a, k, b, n) })
	product("GemmNT", func(c, a, b []T) { GemmNT(m, n, k, c, n, true, a, k, b, k) })
	product("GemmTN", func(c, a, b []T) { GemmTN(m, n, k, c, n, true, a, m, b, n) })
	product("GemmBias", func(c, a, b []T) { GemmBias(m, n, k, c, n, drawn[T](4, n), a, k, b, n) })

	x, y := drawn[T](5, 1000), drawn[T](6, 1000)
	got["Dot"] = hashBits([]T{Dot(x, y)})
	got["SumSquares"] = hashBits([]float64{SumSquares(x)})
	Axpy(0.3, x, y)
	got["Axpy"] = hashBits(y)
	MulAdd(y, x, drawn[T](7, 1000))
	got["MulAdd"] = hashBits(y)
	sums := drawn[T](8, 25)
	SumRows(sums, x)
	got["SumRows"] = hashBits(sums)

	update := func(name string, run func(w, g, m, v []T, f *Fold[T])) {
		for suffix, f := range map[string]*Fold[T]{"": nil, " folded": {Factor: 0.7, L1: 0.01, L2: 0.03}} {
			w, g, m, v := drawn[T](9, 1000), drawn[T](10, 1000), drawn[T](11, 1000), drawn[T](12, 1000)
			Mul(v, v, v) // the mean of squares is not negative
			run(w, g, m, v, f)
			got[name+suffix] = hashBits(append(append(w, m...), v...))
		}
	}
	update("SGD", func(w, g, _, _ []T, f *Fold[T]) { SGD(w, g, 0.1, f) })
	update("Momentum", func(w, g, _, v []T, f *Fold[T]) { Momentum(w, g, v, &MomentumStep[T]{LR: 0.1, Mu: 0.9, Take: 0.3}, f) })
	update("Nesterov", func(w, g, _, v []T, f *Fold[T]) {
		Momentum(w, g, v, &MomentumStep[T]{LR: 0.1, Mu: 0.9, Take: 0.3, Nesterov: true}, f)
	})
	update("Adam", func(w, g, m, v []T, f *Fold[T]) {
		Adam(w, g, m, v, &AdamStep[T]{0.9, 0.1, 0.999, 0.001, 1.3, 1e-8, 0.01, 0.99}, f)
	})

	for _, u := range adaptiveUpdates[T]() {
		for suffix, f := range map[string]*Fold[T]{"": nil, " folded": {Factor: 0.7, L1: 0.01, L2: 0.03}} {
			all, w, slots := []T{}, drawn[T](9, 1000), make([][]T, u.slots)
			for i := range slots {
				slots[i] = drawn[T](uint64(11+i), 1000)
				Mul(slots[i], slots[i], slots[i])
			}
			u.run(w, drawn[T](10, 1000), slots, f)
			for _, s := range append(slots, w) {
				all = append(all, s...)
			}
			got[u.name+suffix] = hashBits(all)
		}
	}

	for name, bits := range got {
		if bits != want[name] {
			t.Errorf("%q: %#016x, want %#016x", name, bits, want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d results, %d pinned", len(got), len(want))
	}
}

// drawn returns n numbers in [−1, 1) that are the same everywhere.
func drawn[T Float](key uint64, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(float64(int64(Mix(key<<32+uint64(i)*Gamma))>>11) * 0x1p-52)
	}
	return x
}

func hashBits[T Float](x []T) uint64 {
	h := fnv.New64a()
	var word [8]byte
	for _, v := range x {
		binary.LittleEndian.PutUint64(word[:], math.Float64bits(float64(v)))
		h.Write(word[:])
	}
	return h.Sum64()
}
