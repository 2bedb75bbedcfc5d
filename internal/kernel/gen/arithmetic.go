package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() { groups["arithmetic"] = arithmetic }

// arithmetic is the elementwise kernels of one operation or two.
func arithmetic(e *emitter) {
	e.kernel("axpy", "alpha T, x []T, y []T", "computes y = α·x + y, each element rounded once.", func(v vector) {
		alpha := v.scalar("alpha")
		v.elements([]string{"x", "y"}, []string{"y"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			v.fma(alpha, in[0], in[1])
			return in[1:]
		})
	})
	e.kernel("copy", "dst []T, x []T", "computes dst = x, bit for bit.", func(v vector) {
		v.elements([]string{"x"}, []string{"dst"}, func(in []reg.VecVirtual) []reg.VecVirtual { return in })
	})
	e.kernel("scale", "alpha T, x []T, dst []T", "computes dst = α·x.", func(v vector) {
		alpha := v.scalar("alpha")
		v.elements([]string{"x"}, []string{"dst"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			v.mul(alpha, in[0], in[0])
			return in
		})
	})
	binary := func(name, doc string, op func(v vector, a, b, dst operand.Op)) {
		e.kernel(name, "dst []T, x []T, y []T", doc, func(v vector) {
			v.elements([]string{"x", "y"}, []string{"dst"}, func(in []reg.VecVirtual) []reg.VecVirtual {
				op(v, in[0], in[1], in[0])
				return in[:1]
			})
		})
	}
	binary("add", "computes dst = x + y.", vector.add)
	binary("sub", "computes dst = x − y.", vector.sub)
	binary("mul", "computes dst = x·y.", vector.mul)
	e.kernel("mulAdd", "dst []T, x []T, y []T", "computes dst = x·y + dst, each element rounded once.", func(v vector) {
		v.elements([]string{"x", "y", "dst"}, []string{"dst"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			v.fma(in[0], in[1], in[2])
			return in[2:]
		})
	})
	e.kernel("clamp", "limit T, x []T", "computes x = min(max(x, −limit), limit). NaN stays.", func(v vector) {
		upper, lower := v.scalar("limit"), v.reg()
		v.zero(lower)
		v.sub(lower, upper, lower)
		v.elements([]string{"x"}, []string{"x"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			v.max(lower, in[0], in[0])
			v.min(upper, in[0], in[0])
			return in
		})
	})
}

// elements is the whole of a kernel that walks slices of one length, that of the first input, and waits for memory.
func (v vector) elements(inputs, outputs []string, step func(in []reg.VecVirtual) []reg.VecVirtual) {
	v.walk(inputs, outputs, 4, step)
}

// walk is the whole of a kernel over slices of the length of the first input. See each.
func (v vector) walk(inputs, outputs []string, unroll int, step func(in []reg.VecVirtual) []reg.VecVirtual) {
	n := v.length(inputs[0])
	bases := map[string]reg.Register{}
	registers := func(names []string) []reg.Register {
		list := make([]reg.Register, len(names))
		for i, name := range names {
			if bases[name] == nil {
				bases[name] = v.base(name)
			}
			list[i] = bases[name]
		}
		return list
	}
	v.each(n, registers(inputs), registers(outputs), unroll, step)
	v.ret()
}
