package main

import (
	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// length is that of the arrays; the matrices of softmax have their own sizes.
const length = 1_000_000

// An operation runs on arrays of its own. Short ones are timed several calls at once.
type operation struct {
	name  string
	calls int
	run   func()
}

// repeated returns a function that makes the calls.
func (op operation) repeated() func() error {
	return func() error {
		for range op.calls {
			op.run()
		}
		return nil
	}
}

// operations returns all of them. Arrays lie in memory as those of a run do.
func operations() []operation {
	x, y, z := normal(1, length), normal(2, length), kernel.Make[float32](length)
	square, squareOut := normal(3, 1024*1024), kernel.Make[float32](1024*1024)
	narrow, narrowOut := normal(4, 128*10), make([]float32, 128*10)
	return []operation{
		{"exp", 1, func() { tensor.Exp(z, x) }},
		{"tanh", 1, func() { tensor.Tanh(z, x) }},
		{"sigmoid", 1, func() { tensor.Sigmoid(z, x) }},
		{"gelu-tanh", 1, func() { tensor.GELUTanh(z, x) }},
		{"relu", 1, func() { tensor.ReLU(z, x) }},
		{"softmax-1024x1024", 1, func() { tensor.Softmax(squareOut, square, 1024) }},
		{"softmax-128x10", 16, func() { tensor.Softmax(narrowOut, narrow, 10) }},
		{"adam", 1, adam()},
		{"add", 1, func() { tensor.Add(z, x, y) }},
		{"copy", 1, func() { tensor.Copy(z, x) }},
	}
}

// adam returns a step of Adam, by the optimizer that a run uses.
func adam() func() {
	o := optim.NewAdam[float32](registry.Defaults[optim.AdamConfig]())
	u := &optim.Update[float32]{
		Param: normal(5, length), Grad: normal(6, length),
		Slots: [][]float32{kernel.Make[float32](length), kernel.Make[float32](length)},
	}
	for _, r := range o.Rates() {
		u.Rates = append(u.Rates, r.Value.Value)
	}
	return func() {
		u.Step++
		o.Update(u)
	}
}

// normal returns standard normal numbers.
func normal(seed uint64, n int) []float32 {
	x, random := kernel.Make[float32](n), tensor.NewRandom(seed)
	for i := range x {
		x[i] = float32(random.Normal(i))
	}
	return x
}
