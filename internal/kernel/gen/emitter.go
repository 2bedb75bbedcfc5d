package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An emitter collects the kernels of one assembly file.
type emitter struct {
	*build.Context
	typed     []signature // the assembly functions
	generic   []signature // the kernels, in T
	records   []record    // the structures that kernels are given
	labels    int
	constants map[string]operand.Mem // by name
}

// An isa is a vector instruction set and an element type.
type isa struct {
	name  string // suffix of the function
	bytes int    // of a vector
	elem  int    // bytes of an element
}

var isas = []isa{{"AVX512", 64, 4}, {"AVX512", 64, 8}, {"AVX2", 32, 4}, {"AVX2", 32, 8}}

// kernel emits a kernel four times: for float32 and float64, with AVX-512 and AVX2. The parameters are a Go list in
// which T is the element type: "alpha T, x []T, y []T", with "-> T" for a result; each has its own type. The Go side
// calls nameVector; the assembly functions are name32AVX512 and so on. body ends with RET.
func (e *emitter) kernel(name, params, doc string, body func(v vector)) {
	e.emitKernel(parseSignature(name, params), doc, isas, body)
}

// wideKernel emits a kernel for AVX-512 alone, without which the Go side must not call it.
func (e *emitter) wideKernel(name, params, doc string, body func(v vector)) {
	s := parseSignature(name, params)
	s.wide = true
	wide := slices.DeleteFunc(slices.Clone(isas), func(i isa) bool { return i.bytes != 64 })
	e.emitKernel(s, doc, wide, body)
}

func (e *emitter) emitKernel(s signature, doc string, isas []isa, body func(v vector)) {
	e.generic = append(e.generic, s)
	for _, i := range isas {
		t := s.typed(fmt.Sprintf("%s%d%s", s.name, i.elem*8, i.name), fmt.Sprintf("float%d", i.elem*8))
		e.typed = append(e.typed, t)
		e.Function(t.name)
		e.Attributes(attr.NOSPLIT)
		e.SignatureExpr(e.plainPointers(t.expression()))
		e.Doc(t.name + " " + doc)
		v := vector{emitter: e, isa: i}
		body(v)
	}
}

// A record is a structure of words, by which Go and a kernel that takes a pointer to it share what would be many arguments
// and variables.
type record struct {
	name, doc string
	fields    []field
}

// A field is a word of a record: an int, or an unsafe.Pointer.
type field struct{ name, typ, doc string }

// record declares a structure in the Go file.
func (e *emitter) record(r record) record {
	e.records = append(e.records, r)
	return r
}

// field is the memory of a field of the record at base.
func (r record) field(base reg.Register, name string) operand.Mem {
	i := slices.IndexFunc(r.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		panic(fmt.Sprintf("%s has no field %s", r.name, name))
	}
	return at(base, nil, 1, 8*i)
}

// A recordVector is a vector within a function that is given a record, which holds what registers do not.
type recordVector struct {
	vector
	record record
	self   reg.Register // the address of the record
}

// given is a vector within a function whose parameter of that name is a pointer to a record.
func (v vector) given(name string, r record) recordVector {
	return recordVector{v, r, v.Load(v.Param(name), v.GP64())}
}

// slot is the memory of a field of the record.
func (v recordVector) slot(name string) operand.Mem { return v.record.field(v.self, name) }

// get loads a field of the record.
func (v recordVector) get(name string) reg.Register {
	r := v.GP64()
	v.MOVQ(v.slot(name), r)
	return r
}

// set copies a field of the record to another.
func (v recordVector) set(dst, src string) { v.MOVQ(v.get(src), v.slot(dst)) }

// plainPointers replaces pointers to records, whose types avo does not know, by pointers of the same size.
func (e *emitter) plainPointers(expression string) string {
	for _, r := range e.records {
		expression = strings.ReplaceAll(expression, "*"+r.name, "*byte")
	}
	return expression
}

// label returns a name for a jump target that no other has.
func (e *emitter) label(name string) string {
	e.labels++
	return fmt.Sprintf("%s%d", name, e.labels)
}

var (
	functionLine = regexp.MustCompile(`(?m)^TEXT ·(\w+)`)
	upperHalf    = regexp.MustCompile(`\b[XYZ](1[6-9]|2\d|3[01])\b`)
	anyZ         = regexp.MustCompile(`\bZ\d+\b|\bK[0-7]\b`)
)

// checkRegisters refuses AVX2 functions that use what only AVX-512 has: more than 16 registers, wide ones or masks.
func checkRegisters(text []byte) error {
	starts := functionLine.FindAllSubmatchIndex(text, -1)
	for i, s := range starts {
		end := len(text)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		name, body := string(text[s[2]:s[3]]), text[s[1]:end]
		if !regexp.MustCompile(`AVX2`).MatchString(name) {
			continue
		}
		if m := upperHalf.Find(body); m != nil {
			return fmt.Errorf("%s uses register %s", name, m)
		}
		if m := anyZ.Find(body); m != nil {
			return fmt.Errorf("%s uses register %s", name, m)
		}
	}
	return nil
}

// base loads the address of a slice parameter.
func (e *emitter) base(name string) reg.Register { return e.Load(e.Param(name).Base(), e.GP64()) }

// length loads the length of a slice parameter.
func (e *emitter) length(name string) reg.Register { return e.Load(e.Param(name).Len(), e.GP64()) }

// at is the memory at base + index·scale + offset bytes.
func at(base, index reg.Register, scale uint8, offset int) operand.Mem {
	m := operand.Mem{Base: base, Disp: offset}
	if index != nil {
		m.Index, m.Scale = index, scale
	}
	return m
}
