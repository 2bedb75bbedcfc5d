package main

import (
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() { groups["optimizer"] = optimizer }

// optimizer is one pass over a parameter, its gradient and its slots for each update rule, and for each with the
// gradient folded on the way.
func optimizer(e *emitter) {
	e.update(4, "sgd", nil, "lr", "w = w − lr·g", func(v vector, c coefficients, w, g reg.VecVirtual, _ []reg.VecVirtual) {
		v.fnma(c("lr"), g, w)
	})
	e.update(4, "momentum", []string{"v"}, "lr mu take", "v = mu·v + take·g, w = w − lr·v", func(v vector, c coefficients, w, g reg.VecVirtual, slots []reg.VecVirtual) {
		v.decay(c, "mu", "take", slots[0], g)
		v.fnma(c("lr"), slots[0], w)
	})
	e.update(4, "nesterov", []string{"v"}, "lr mu take", "v = mu·v + take·g, w = w − lr·(mu·v + g)", func(v vector, c coefficients, w, g reg.VecVirtual, slots []reg.VecVirtual) {
		v.decay(c, "mu", "take", slots[0], g)
		v.fma(c("mu"), slots[0], g)
		v.fnma(c("lr"), g, w)
	})
	e.update(4, "adam", []string{"m", "v"}, "beta1 c1 beta2 c2 correction eps step keep",
		"m = beta1·m + c1·g, v = beta2·v + (c2·g)·g, w = keep·w − step·(m/(√v·correction + eps))",
		func(v vector, c coefficients, w, g reg.VecVirtual, slots []reg.VecVirtual) {
			v.decay(c, "beta1", "c1", slots[0], g)
			v.decaySquare(c, "beta2", "c2", slots[1], g)
			v.mul(c("keep"), w, w)
			v.quotientStep(c, slots[0], v.correctedRoot(c, slots[1]), w)
		})
	e.kernel("fold", "w []T, g []T, factor T, l1 T, l2 T", "computes g = factor·(l2·w + (g + l1·sign(w))).", func(v vector) {
		c := v.coefficients("factor l1 l2")
		v.elements([]string{"w", "g"}, []string{"g"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			v.fold(c, in[0], in[1])
			return in[1:]
		})
	})
}

// A rule changes w and the slots by the gradient g, which it may destroy.
type rule func(v vector, c coefficients, w, g reg.VecVirtual, slots []reg.VecVirtual)

// update emits a rule as two kernels, nameVector and foldedNameVector, over w, g and slots, with the coefficients that
// the rule names; the folded one takes factor, l1 and l2 besides. The loop takes unroll vectors at a time.
func (e *emitter) update(unroll int, name string, slots []string, scalars, doc string, r rule) {
	emit := func(name, scalars, doc string, r rule) {
		params := "w []T, g []T"
		for _, s := range slots {
			params += ", " + s + " []T"
		}
		for _, s := range strings.Fields(scalars) {
			params += ", " + s + " T"
		}
		e.kernel(name, params, doc, func(v vector) {
			c := v.coefficients(scalars)
			inputs := append([]string{"w", "g"}, slots...)
			outputs := append([]string{"w"}, slots...)
			v.walk(inputs, outputs, unroll, func(in []reg.VecVirtual) []reg.VecVirtual {
				r(v, c, in[0], in[1], in[2:])
				return append([]reg.VecVirtual{in[0]}, in[2:]...)
			})
		})
	}
	emit(name, scalars, "computes "+doc+".", r)
	folded := "folded" + strings.ToUpper(name[:1]) + name[1:]
	emit(folded, scalars+" factor l1 l2", "computes g = factor·(l2·w + (g + l1·sign(w))), "+doc+", and does not store g.",
		func(v vector, c coefficients, w, g reg.VecVirtual, slots []reg.VecVirtual) {
			v.fold(c, w, g)
			r(v, c, w, g, slots)
		})
}

// coefficients gives the register of a scalar parameter.
type coefficients func(name string) reg.VecVirtual

// coefficients loads the named scalars once where there are registers for them; AVX2 loads them at each use.
func (v vector) coefficients(names string) coefficients {
	if !v.wide() {
		return v.scalar
	}
	loaded := map[string]reg.VecVirtual{}
	for _, name := range strings.Fields(names) {
		loaded[name] = v.scalar(name)
	}
	return func(name string) reg.VecVirtual { return loaded[name] }
}

// decay computes mean = keep·mean + take·g, the sum rounded once, and 0 for a denormal one.
func (v vector) decay(c coefficients, keep, take string, mean, g reg.VecVirtual) {
	part := v.reg()
	v.mul(c(take), g, part)
	v.fma(c(keep), mean, part)
	v.settle(part, mean)
}

// settle computes dst = 0 where x is denormal or ±0, else x.
func (v vector) settle(x, dst reg.VecVirtual) {
	size := v.reg()
	v.and(v.magnitude(), x, size)
	v.keep(v.compare(notLess, size, v.leastNormal()), x, dst)
}

// leastNormal is the least normal number.
func (v vector) leastNormal() constant {
	if v.elem == 4 {
		return v.constantBits(1 << 23)
	}
	return v.constantBits(1 << 52)
}

// decaySquare computes mean = keep·mean + (take·x)·x, the sum rounded once: the product, which is small where x is, is
// never a number of its own that could be denormal.
func (v vector) decaySquare(c coefficients, keep, take string, mean, x reg.VecVirtual) {
	part := v.reg()
	v.mul(c(take), x, part)
	v.mul(c(keep), mean, mean)
	v.fma(part, x, mean)
}

// quotientStep computes w = w − step·(m/by), the difference rounded once. It divides first: step·m may be denormal.
func (v vector) quotientStep(c coefficients, m, by, w reg.VecVirtual) {
	ratio := v.reg()
	v.div(m, by, ratio)
	v.fnma(c("step"), ratio, w)
}

// correctedRoot returns √x·correction + eps, the sum rounded once.
func (v vector) correctedRoot(c coefficients, x reg.VecVirtual) reg.VecVirtual {
	root := v.reg()
	v.sqrt(x, root)
	v.horner(c("eps"), c("correction"), root)
	return root
}

// keepLess computes w = keep·w − x, rounded once.
func (v vector) keepLess(x, keep, w operand.Op) { pick(v, v.VFMSUB213PS, v.VFMSUB213PD)(x, keep, w) }
