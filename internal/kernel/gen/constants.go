package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// data returns read-only memory of a file that holds the words, each of 4 or 8 bytes. Equal names share one place.
func (e *emitter) data(name string, words []operand.Constant) operand.Mem {
	if m, ok := e.constants[name]; ok {
		return m
	}
	m := e.StaticGlobal(name)
	e.DataAttributes(attr.RODATA | attr.NOPTR)
	for _, w := range words {
		e.AppendDatum(w)
	}
	e.constants[name] = m
	return m
}

// bitsOf returns the word that holds x as an element, and a name for it.
func (v vector) bitsOf(x float64) (operand.Constant, string) {
	if v.elem == 4 {
		b := math.Float32bits(float32(x))
		return operand.U32(b), fmt.Sprintf("single%08x", b)
	}
	b := math.Float64bits(x)
	return operand.U64(b), fmt.Sprintf("double%016x", b)
}

// A constant is a number in every lane, an operand of any instruction that takes memory. With AVX2 it is a whole vector;
// with AVX-512 one element, which the instruction repeats: Go's linker aligns data to 32 bytes at most, and a load of 64
// that crosses a cache line takes twice the time.
type constant struct{ operand.Mem }

// emit emits the form of an instruction for whole operands, or the one that repeats a constant among them.
func (v vector) emit(whole, repeating func(...operand.Op), ops ...operand.Op) {
	form := whole
	for i, op := range ops {
		if c, ok := op.(constant); ok {
			ops[i] = c.Mem
			if v.wide() {
				form = repeating
			}
		}
	}
	form(ops...)
}

// constant is the constant x.
func (v vector) constant(x float64) constant {
	word, name := v.bitsOf(x)
	return v.repeated(name, word)
}

// constantBits is constant for the bits of an element, or of an integer of its size.
func (v vector) constantBits(bits uint64) constant {
	if v.elem == 4 {
		return v.repeated(fmt.Sprintf("single%08x", uint32(bits)), operand.U32(uint32(bits)))
	}
	return v.repeated(fmt.Sprintf("double%016x", bits), operand.U64(bits))
}

// repeated is the constant with a word, in 32 bytes.
func (v vector) repeated(name string, word operand.Constant) constant {
	words := make([]operand.Constant, 32/v.elem)
	for i := range words {
		words[i] = word
	}
	return constant{v.data(name, words)}
}

// filled returns a register with x in every lane.
func (v vector) filled(x float64) reg.VecVirtual {
	r := v.reg()
	v.load(v.constant(x), r)
	return r
}

// maskTable is 32 bytes of ones and 32 of zeros: n bytes before its middle lies a vector whose first n bytes are ones.
func (e *emitter) maskTable() operand.Mem {
	words := make([]operand.Constant, 16)
	for i := range words {
		words[i] = operand.U32(0)
		if i < 8 {
			words[i] = operand.U32(math.MaxUint32)
		}
	}
	return e.data("maskTable", words)
}
