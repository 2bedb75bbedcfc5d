package registry

import (
	"fmt"
	"reflect"
)

// A Pair makes a part for either element type that a program may compute with: an A of float32, a B of float64. It is
// what the registries of parts with a type parameter hold, and the type of the choices of such a part.
type Pair[A, B any] struct {
	F32 func() A
	F64 func() B
}

// RegisterPair is Register for a part with a constructor for each element type.
func RegisterPair[A, B, C any](r *Registry[Pair[A, B]], name string, defaults C, f32 func(C) A, f64 func(C) B) {
	Register(r, name, defaults, func(c C) Pair[A, B] { return PairOf(c, f32, f64) })
}

// PairOf returns the pair that makes a part with a configuration.
func PairOf[A, B, C any](c C, f32 func(C) A, f64 func(C) B) Pair[A, B] {
	return Pair[A, B]{F32: func() A { return f32(c) }, F64: func() B { return f64(c) }}
}

// Of makes the part of a pair that is an E, which is A or B. It panics where E is neither.
func Of[E, A, B any](p Pair[A, B]) E {
	if f32, ok := any(p.F32).(func() E); ok {
		return f32()
	}
	if f64, ok := any(p.F64).(func() E); ok {
		return f64()
	}
	panic(fmt.Sprintf("registry: %T makes no %v", p, reflect.TypeFor[E]()))
}
