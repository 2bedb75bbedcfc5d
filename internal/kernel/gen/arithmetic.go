package main

import "github.com/mmcloughlin/avo/reg"

func init() { groups["arithmetic"] = arithmetic }

// arithmetic is the elementwise kernels of one operation or two.
func arithmetic(e *emitter) {
	e.kernel("axpy", "alpha T, x []T, y []T", "computes y = α·x + y, each element rounded once.", func(v vector) {
		alpha := v.scalar("alpha")
		n, x, y := v.length("x"), v.base("x"), v.base("y")
		v.each(n, []reg.Register{x, y}, []reg.Register{y}, 4, func(in []reg.VecVirtual) []reg.VecVirtual {
			v.fma(alpha, in[0], in[1])
			return in[1:]
		})
		v.ret()
	})
}
