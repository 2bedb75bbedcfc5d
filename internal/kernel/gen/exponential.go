package main

import "github.com/mmcloughlin/avo/reg"

func init() { groups["exponential"] = exponential }

// exponential is the functions of an element that are made of eˣ.
func exponential(e *emitter) {
	e.function("exp", "computes dst = eˣ.", func(v vector) function {
		lo, hi := v.expRange()
		low, high := v.filled(lo), v.filled(hi)
		return func(x reg.VecVirtual) reg.VecVirtual {
			v.max(low, x, x)
			v.min(high, x, x)
			p, n := v.expReduced(x)
			v.scale(n, p)
			return p
		}
	})
	e.function("sigmoid", "computes dst = 1/(1+e⁻ˣ), as e/(1+e) or 1/(1+e) with e = e^−|x|.", func(v vector) function {
		lo, _ := v.expRange()
		low := v.filled(lo)
		return func(x reg.VecVirtual) reg.VecVirtual {
			a, y := v.reg(), v.reg()
			v.or(v.signs(), x, a)
			v.max(low, a, a)
			p, n := v.expReduced(a)
			v.scale(n, p)
			v.load(v.constant(1), y)
			v.blend(v.negative(x), p, y)
			v.add(p, v.constant(1), p)
			v.div(y, p, y)
			return y
		}
	})
	e.function("tanh", "computes dst = tanh x, as −t/(t+2) with t = e^−2|x| − 1 and the sign of x.", func(v vector) function {
		low := v.filled(pick(v, -20.0, -40.0)) // tanh rounds to 1 beyond
		return func(x reg.VecVirtual) reg.VecVirtual {
			a := v.reg()
			v.or(v.signs(), x, a)
			v.add(a, a, a)
			v.max(low, a, a)
			s := v.expm1(a)
			v.add(s, v.constant(2), a)
			v.div(s, a, s)
			v.and(v.magnitude(), s, s)
			v.and(v.signs(), x, x)
			v.or(s, x, s)
			return s
		}
	})
}

// A function emits code that returns f(x); it may destroy x.
type function func(x reg.VecVirtual) reg.VecVirtual

// function emits an elementwise kernel of one argument.
func (e *emitter) function(name, doc string, prepare func(v vector) function) {
	e.kernel(name, "dst []T, x []T", doc, func(v vector) {
		f := prepare(v)
		v.eachOf([]string{"x"}, []string{"dst"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			return []reg.VecVirtual{f(in[0])}
		})
	})
}
