package main

import "github.com/mmcloughlin/avo/attr"

func init() { groups["pause"] = pause }

// pause is the hint to the processor that a loop waits for another one.
func pause(e *emitter) {
	s := signature{name: "pause"}
	e.typed = append(e.typed, s)
	e.Function(s.name)
	e.Attributes(attr.NOSPLIT)
	e.SignatureExpr(s.expression())
	e.PAUSE()
	e.PAUSE()
	e.RET()
}
