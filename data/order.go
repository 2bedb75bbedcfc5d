package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/strata-ml/strata/tensor"
)

// Order returns the order in which the rows [0, n) are visited in an epoch: a permutation that is a pure function of
// seed, epoch and n, the same on every machine and in every release. It is written to dst where dst has room for it.
//
// The permutation is the shuffle of Fisher and Yates in Durstenfeld's form (Communications of the ACM, 1964).
func Order(seed uint64, epoch int64, n int, dst []int) []int {
	r := tensor.NewRandom(seed).WithName("order").With(uint64(epoch))
	return permute(r, n, dst)
}

// Split divides the rows [0, n) at random, as a pure function of seed, n and fraction: round(fraction·n) of them for
// evaluation, the rest for training, both in ascending order.
func Split(seed uint64, n int, fraction float64) (train, eval []int) {
	rows := permute(tensor.NewRandom(seed).WithName("split"), n, nil)
	k := int(math.Round(fraction * float64(n)))
	eval, train = rows[:k:k], rows[k:]
	slices.Sort(eval)
	slices.Sort(train)
	return train, eval
}

// splitRows is Split of the rows of a file; it returns an error where a side stays empty.
func splitRows(path string, seed uint64, n int, fraction float64) (train, eval []int, err error) {
	train, eval = Split(seed, n, fraction)
	if len(train) == 0 || len(eval) == 0 {
		return nil, nil, fmt.Errorf("%s: %w", path, wrongKey("eval_fraction",
			"%v of %d rows leaves %d for training and %d for evaluation", fraction, n, len(train), len(eval)))
	}
	return train, eval, nil
}

func permute(r tensor.Random, n int, dst []int) []int {
	dst = natural(n, dst)
	for i := n - 1; i > 0; i-- {
		j := r.IntN(i, i+1)
		dst[i], dst[j] = dst[j], dst[i]
	}
	return dst
}

// natural returns 0, 1, …, n−1.
func natural(n int, dst []int) []int {
	dst = slices.Grow(dst[:0], n)[:n]
	for i := range dst {
		dst[i] = i
	}
	return dst
}
