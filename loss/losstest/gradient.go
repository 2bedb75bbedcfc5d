package losstest

import (
	"fmt"
	"math"
)

// gradientTolerance bounds the error of a gradient relative to max(1, |gradient|).
const gradientTolerance = 1e-7

// gradient compares dpred with differences of the sum over the weight. Elements that lie at a kink may have any slope
// between those of the two sides.
func gradient(h *harness[float64]) error {
	s := h.sample(h.rows, 1)
	_, weight := h.eval(s)
	for i, got := range s.dpred {
		at := func(d float64) float64 {
			x := s.pred[i]
			s.pred[i] = x + d
			sum, _ := h.value(s)
			s.pred[i] = x
			return sum / weight
		}
		if math.IsInf(got, 0) || !isSlope(got, at) {
			left, right := sides(at)
			return fmt.Errorf("dpred[%d] is %.12g where the prediction is %.12g; differences of sum/weight give %.12g (one-sided ones %.12g and %.12g)",
				i, got, s.pred[i], central(at, 1e-4), left, right)
		}
	}
	return nil
}

// isSlope reports whether got is the derivative of f at 0: the central difference for some width, because a kink beside
// 0 spoils the wide ones and rounding the narrow ones; or, at a kink, anything between the one-sided slopes.
func isSlope(got float64, f func(float64) float64) bool {
	for _, h := range []float64{1e-3, 1e-4, 1e-5} {
		if near(got, central(f, h), gradientTolerance) {
			return true
		}
	}
	left, right := sides(f)
	tol := gradientTolerance * max(1, math.Abs(left), math.Abs(right))
	return got >= min(left, right)-tol && got <= max(left, right)+tol
}

// central returns the derivative of f at 0 by central differences of widths h and h/2, extrapolated so that the error
// falls with h⁴ (Richardson).
func central(f func(float64) float64, h float64) float64 {
	wide := (f(h) - f(-h)) / (2 * h)
	narrow := (f(h/2) - f(-h/2)) / h
	return (4*narrow - wide) / 3
}

// sides returns the slopes of f on the left and on the right of 0, with an error that falls with the square of the width.
func sides(f func(float64) float64) (left, right float64) {
	const h = 1e-5
	return (3*f(0) - 4*f(-h) + f(-2*h)) / (2 * h), (-3*f(0) + 4*f(h) - f(2*h)) / (2 * h)
}
