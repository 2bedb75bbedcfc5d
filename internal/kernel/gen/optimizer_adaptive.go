package main

import "github.com/mmcloughlin/avo/reg"

func init() { groups["optimizer_adaptive"] = adaptive }

// adaptive is the update rules that scale each step by what an element's gradients have been. They wait for roots and
// quotients, so that a loop of one vector keeps up.
func adaptive(e *emitter) {
	rule := func(name string, slots []string, scalars, doc string, r rule) {
		e.update(1, name, slots, scalars, doc, r)
	}
	rule("adagrad", []string{"sum"}, "lr eps initial", "sum = sum + g², w = w − lr·(g/(√(initial + sum) + eps))",
		func(v vector, c coefficients, w, g reg.VecVirtual, slots []reg.VecVirtual) {
			root := v.reg()
			v.fma(g, g, slots[0])
			v.add(c("initial"), slots[0], root)
			v.sqrt(root, root)
			v.add(root, c("eps"), root)
			v.div(g, root, g)
			v.fnma(c("lr"), g, w)
		})
	rule("adadelta", []string{"v", "u"}, "lr rho take eps",
		"v = rho·v + (take·g)·g, d = √(u + eps)/√(v + eps)·g, u = rho·u + (take·d)·d, w = w − lr·d",
		func(v vector, c coefficients, w, g reg.VecVirtual, slots []reg.VecVirtual) {
			v.decaySquare(c, "rho", "take", slots[0], g)
			step, root := v.reg(), v.reg()
			v.add(slots[1], c("eps"), step)
			v.sqrt(step, step)
			v.add(slots[0], c("eps"), root)
			v.sqrt(root, root)
			v.div(step, root, step)
			v.mul(step, g, step)
			v.decaySquare(c, "rho", "take", slots[1], step)
			v.fnma(c("lr"), step, w)
		})
	rmsprop(rule)
	rule("adamax", []string{"m", "u"}, "beta1 c1 beta2 eps step",
		"m = beta1·m + c1·g, u = max(beta2·u, |g| + eps), w = w − step·(m/u)",
		func(v vector, c coefficients, w, g reg.VecVirtual, slots []reg.VecVirtual) {
			v.decay(c, "beta1", "c1", slots[0], g)
			v.and(v.magnitude(), g, g)
			v.add(g, c("eps"), g)
			v.mul(c("beta2"), slots[1], slots[1])
			v.larger(g, slots[1])
			v.quotientStep(c, slots[0], slots[1], w)
		})
	rule("amsgrad", []string{"m", "v", "h"}, "beta1 c1 beta2 c2 correction eps step",
		"m = beta1·m + c1·g, v = beta2·v + (c2·g)·g, h = max(h, v), w = w − step·(m/(√h·correction + eps))",
		func(v vector, c coefficients, w, g reg.VecVirtual, slots []reg.VecVirtual) {
			v.decay(c, "beta1", "c1", slots[0], g)
			v.decaySquare(c, "beta2", "c2", slots[1], g)
			v.larger(slots[1], slots[2])
			v.quotientStep(c, slots[0], v.correctedRoot(c, slots[2]), w)
		})
	rule("nadam", []string{"m", "v"}, "beta1 c1 beta2 c2 correction eps gradientPart meanPart step",
		"m = beta1·m + c1·g, v = beta2·v + (c2·g)·g, w = w − step·((meanPart·m + gradientPart·g)/(√v·correction + eps))",
		func(v vector, c coefficients, w, g reg.VecVirtual, slots []reg.VecVirtual) {
			v.decay(c, "beta1", "c1", slots[0], g)
			v.decaySquare(c, "beta2", "c2", slots[1], g)
			v.mul(c("gradientPart"), g, g)
			v.fma(c("meanPart"), slots[0], g)
			v.quotientStep(c, g, v.correctedRoot(c, slots[1]), w)
		})
	rule("unadapted", []string{"m", "v"}, "beta1 c1 beta2 c2 step", "m = beta1·m + c1·g, v = beta2·v + (c2·g)·g, w = w − step·m",
		func(v vector, c coefficients, w, g reg.VecVirtual, slots []reg.VecVirtual) {
			v.decay(c, "beta1", "c1", slots[0], g)
			v.decaySquare(c, "beta2", "c2", slots[1], g)
			v.fnma(c("step"), slots[0], w)
		})
	rule("lion", []string{"m"}, "lr beta1 c1 beta2 c2 keep",
		"w = keep·w − lr·sign(beta1·m + c1·g), m = beta2·m + c2·g",
		func(v vector, c coefficients, w, g reg.VecVirtual, slots []reg.VecVirtual) {
			step, size := v.reg(), v.reg()
			v.mul(c("c1"), g, step)
			v.fma(c("beta1"), slots[0], step)
			v.and(v.magnitude(), step, size)
			some := v.compare(greater, size, v.filled(0))
			v.and(v.signs(), step, size)
			v.xor(c("lr"), size, size)
			v.blend(some, size, step) // 0 and NaN are their own sign
			v.keepLess(step, c("keep"), w)
			v.decay(c, "beta2", "c2", slots[0], g)
		})
}

// rmsprop emits the rule in four forms: with the mean m, which the square of makes v a variance, and with the velocity b.
func rmsprop(emit func(name string, slots []string, scalars, doc string, r rule)) {
	for _, centered := range []bool{false, true} {
		for _, moving := range []bool{false, true} {
			name, slots, scalars := "rmsprop", []string{"v"}, "lr rho take eps"
			doc, root, step := "v = rho·v + (take·g)·g", "√v", "w = w − lr·d"
			if centered {
				name, slots = "centered", append(slots, "m")
				doc, root = doc+", m = rho·m + take·g", "√max(v − m², 0)"
			}
			if moving {
				name, slots, scalars = name+"Moving", append(slots, "b"), scalars+" mu"
				step = "b = mu·b + d, w = w − lr·b"
			}
			emit(name, slots, scalars, doc+", d = g/("+root+" + eps), "+step, func(v vector, c coefficients, w, g reg.VecVirtual, slots []reg.VecVirtual) {
				v.decaySquare(c, "rho", "take", slots[0], g)
				root := v.copyOf(slots[0])
				if centered {
					m := slots[1]
					v.decay(c, "rho", "take", m, g)
					v.fnma(m, m, root)
					v.max(v.filled(0), root, root)
				}
				v.sqrt(root, root)
				v.add(root, c("eps"), root)
				v.div(g, root, g)
				step := g
				if moving {
					step = slots[len(slots)-1]
					v.fma(c("mu"), step, g)
					v.settle(g, step)
				}
				v.fnma(c("lr"), step, w)
			})
		}
	}
}

// larger computes dst = max(a, dst), NaN where either is.
func (v vector) larger(a, dst reg.VecVirtual) {
	odd := v.compare(unordered, dst, dst)
	kept := v.copyOf(dst)
	v.max(dst, a, dst)
	v.blend(odd, kept, dst)
}
