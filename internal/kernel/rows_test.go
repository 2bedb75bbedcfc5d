package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestRows(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		t.Run("float32", testRows[float32])
		t.Run("float64", testRows[float64])
	})
}

func testRows[T Float](t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
		checkRows[T](t, rng, rapid.IntRange(0, 40).Draw(t, "rows"), rapid.IntRange(1, 200).Draw(t, "n"))
	})
	for _, s := range [][2]int{{2*piece/10 + 3, 10}, {5, piece/2 + 3}, {2, piece + 5}} { // several calls of vector code
		checkRows[T](t, rand.New(rand.NewPCG(15, 16)), s[0], s[1])
	}
}

func checkRows[T Float](t rapid.TB, rng *rand.Rand, rows, n int) {
	y, b := newOutput[T](rng, rows, n, 0), newInput[T](rng, 1, n, 0)
	AddRow(y.data(), b.data())
	b.checkInput(t, "add row")
	y.checkOutput(t, "add row")
	for i := range rows {
		for j := range n {
			if got, want := y.at(i, j), y.old(i, j)+b.at(0, j); got != want {
				t.Fatalf("add row: y[%d, %d] = %v, want %v", i, j, got, want)
			}
		}
	}
	for _, add := range []bool{true, false} {
		dy, db := newInput[T](rng, rows, n, 0), newOutput[T](rng, 1, n, 0)
		if add {
			SumRows(db.data(), dy.data())
		} else {
			SumRowsOverwrite(db.data(), dy.data())
		}
		dy.checkInput(t, "sum rows")
		db.checkOutput(t, "sum rows")
		for j := range n {
			want := T(0)
			if add {
				want = db.old(0, j)
			}
			for i := range rows {
				want += dy.at(i, j)
			}
			if got := db.at(0, j); !sameBits(got, want) {
				t.Fatalf("sum rows of [%d %d], add=%v: db[%d] = %v, the chain gives %v", rows, n, add, j, got, want)
			}
		}
	}
}

func TestRowsPropagate(t *testing.T) { eachLevel(t, testRowsPropagate) }

func testRowsPropagate(t *testing.T) {
	for _, special := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		for i := range 3 {
			for j := range 5 {
				dy, db := make([]float32, 15), make([]float32, 5)
				dy[5*i+j] = special
				SumRows(db, dy)
				y := make([]float32, 15)
				AddRow(y, db)
				for l := range 15 {
					want := float32(0)
					if l%5 == j {
						want = special
					}
					if !sameBits(y[l], want) {
						t.Errorf("%v at row %d, column %d: y[%d] = %v, want %v", special, i, j, l, y[l], want)
					}
				}
			}
		}
	}
}
