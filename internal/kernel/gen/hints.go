package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
)

func init() { groups["hints"] = hints }

// hints tell the processor what a program is about to do. They compute nothing.
func hints(e *emitter) {
	e.scalar("pause", "", "says that a loop waits for another processor.")
	e.PAUSE()
	e.PAUSE()
	e.RET()

	e.scalar("prefetch", "p *byte, n int", "asks for n > 0 bytes at p to be brought into the cache, and waits for nothing.")
	p, n := e.Load(e.Param("p"), e.GP64()), e.Load(e.Param("n"), e.GP64())
	e.ADDQ(p, n)
	e.ANDQ(operand.I8(-64), p)
	loop := e.label("line")
	e.Label(loop)
	e.PREFETCHT0(operand.Mem{Base: p})
	e.ADDQ(operand.I8(64), p)
	e.CMPQ(p, n)
	e.JLT(operand.LabelRef(loop))
	e.RET()
}

// scalar begins a function that is the same for every element type and instruction set.
func (e *emitter) scalar(name, params, doc string) {
	s := signature{name: name}
	if params != "" {
		s = parseSignature(name, params)
	}
	e.typed = append(e.typed, s)
	e.Function(name)
	e.Attributes(attr.NOSPLIT)
	e.SignatureExpr(s.expression())
	e.Doc(name + " " + doc)
}
