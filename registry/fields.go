package registry

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// A Description is what a person needs to know to use a part.
type Description struct {
	Kind, Name, Doc, Module string
	Fields                  []Field
}

// A Field is one key of a configuration.
type Field struct {
	Key     string
	Type    string // "whole number", "number", "text", "true or false", "list of …", "initializer", …
	Default string // as it is written in YAML; "" where the key is required
	Rule    string // "> 0", "one of a, b"; "" where any value will do
	Class   Class  // "" for a block, whose keys have classes of their own, and where nothing says it
	Doc     string
}

// Describe returns the description of a part.
func (r *Registry[E]) Describe(name string) (Description, error) {
	p, err := r.find(name)
	if err != nil {
		return Description{}, err
	}
	d := describeConfig(p.defaults, r.class)
	d.Kind, d.Name, d.Module = r.kind, p.name, p.module
	return d, nil
}

// DescribeConfig describes a configuration struct that belongs to no part.
func DescribeConfig(config any) Description { return describeConfig(config, "") }

// describeConfig describes a configuration whose keys have a class where no tag says another.
func describeConfig(config any, class Class) Description {
	v := reflect.ValueOf(config)
	fields, err := fieldsOf(v.Type())
	if err != nil {
		panic("registry: " + err.Error())
	}
	d := Description{Doc: docOf(v.Type())}
	for _, f := range fields {
		out := Field{Key: f.key, Type: typeName(f.typ), Rule: f.rules.String(), Class: f.class, Doc: f.doc}
		if f.typ.Kind() != reflect.Struct || isPart(f.typ) {
			out.Class = f.class.or(class)
		}
		if !f.rules.required {
			out.Default = encodeInline(v.FieldByIndex(f.index))
		}
		d.Fields = append(d.Fields, out)
	}
	return d
}

// field is one key of a configuration struct.
type field struct {
	key, doc string
	index    []int
	typ      reflect.Type
	rules    rules
	class    Class
}

// isPart reports whether a type is a struct that stands for one value: the choice of a part, a number or a schedule, or
// what writes itself.
func isPart(t reflect.Type) bool {
	switch reflect.New(t).Interface().(type) {
	case Coded, anyChoice, *Number:
		return true
	}
	return false
}

// fieldsOf lists the keys of a configuration struct in the order of its fields. Embedded structs lend their keys.
func fieldsOf(t reflect.Type) ([]field, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("configuration %v is no struct", t)
	}
	var out []field
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		r, err := parseRules(f.Tag.Get("is"))
		if err != nil {
			return nil, fmt.Errorf("field %s of %v: %w", f.Name, t, err)
		}
		class, err := parseClass(f.Tag.Get("class"))
		if err != nil {
			return nil, fmt.Errorf("field %s of %v: %w", f.Name, t, err)
		}
		key := f.Tag.Get("key")
		if key == "" {
			key = snake(f.Name)
		}
		out = append(out, field{key: key, doc: f.Tag.Get("doc"), index: f.Index, typ: f.Type, rules: r, class: class})
	}
	return out, nil
}

func docOf(t reflect.Type) string {
	for i := range t.NumField() {
		if f := t.Field(i); f.Name == "_" {
			return f.Tag.Get("doc")
		}
	}
	return ""
}

// snake turns MaxNorm into max_norm, LR into lr, and L2Strength into l2_strength.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		boundary := i > 0 && unicode.IsUpper(r) &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if boundary {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

var numberType = reflect.TypeFor[Number]()

func typeName(t reflect.Type) string {
	if c, ok := reflect.New(t).Interface().(Coded); ok {
		return c.TypeName()
	}
	if c, ok := reflect.New(t).Interface().(anyChoice); ok {
		return c.kind().Kind()
	}
	switch {
	case t == numberType:
		return "number or schedule"
	case t.Kind() == reflect.Pointer:
		return typeName(t.Elem())
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list of " + typeName(t.Elem())
	case reflect.Struct:
		return "block"
	case reflect.Map:
		return "map of names to names"
	}
	return "whole number"
}

// A NumberField is a Number of a configuration, its key, and the range that its tag asks for.
type NumberField struct {
	Key   string
	Value Number
	Range Range
}

// Numbers returns the Numbers of a configuration, a struct, in the order of its fields, those of embedded structs
// included.
func Numbers(config any) []NumberField {
	v := reflect.ValueOf(config)
	fields, err := fieldsOf(v.Type())
	if err != nil {
		panic("registry: " + err.Error())
	}
	var out []NumberField
	for _, f := range fields {
		if f.typ == numberType {
			out = append(out, NumberField{f.key, v.FieldByIndex(f.index).Interface().(Number), Range{f.rules}})
		}
	}
	return out
}

// WithNumber returns a copy of a configuration, a struct, in which the Number of a key is n. It panics where the
// configuration has no such Number.
func WithNumber(config any, key string, n Number) any {
	v := reflect.New(reflect.TypeOf(config)).Elem()
	v.Set(reflect.ValueOf(config))
	fields, err := fieldsOf(v.Type())
	if err != nil {
		panic("registry: " + err.Error())
	}
	for _, f := range fields {
		if f.key == key && f.typ == numberType {
			v.FieldByIndex(f.index).Set(reflect.ValueOf(n))
			return v.Interface()
		}
	}
	panic(fmt.Sprintf("registry: %v has no number %q", v.Type(), key))
}

// A Range is the bounds of a number. The zero Range has none. Decoding and Check compare a constant with them; what a
// schedule gives is compared at each step.
type Range struct{ rules rules }

// Check returns a *FieldError with the key unless v is finite and within the bounds.
func (r Range) Check(key string, v float64) error { return r.rules.check(key, v) }

// rules are what the tag is:"…" asks of a value.
type rules struct {
	required bool
	bounds   []bound
	oneOf    []string
}

type bound struct {
	op    string // ">", ">=", "<", "<="
	limit float64
}

func parseRules(tag string) (rules, error) {
	var r rules
	for rule := range strings.SplitSeq(tag, ",") {
		rule = strings.TrimSpace(rule)
		switch {
		case rule == "":
		case rule == "required":
			r.required = true
		case strings.HasPrefix(rule, "one of "):
			r.oneOf = strings.Split(strings.TrimPrefix(rule, "one of "), "|")
		default:
			op := strings.TrimRight(rule, "0123456789.-e")
			limit, err := strconv.ParseFloat(strings.TrimPrefix(rule, op), 64)
			if err != nil || !(op == ">" || op == ">=" || op == "<" || op == "<=") {
				return r, fmt.Errorf("unknown rule %q", rule)
			}
			r.bounds = append(r.bounds, bound{op, limit})
		}
	}
	return r, nil
}

// String formats the rules for a reader, without required.
func (r rules) String() string {
	var parts []string
	for _, b := range r.bounds {
		parts = append(parts, b.op+" "+formatFloat(b.limit))
	}
	if len(r.oneOf) > 0 {
		parts = append(parts, "one of "+strings.Join(r.oneOf, ", "))
	}
	return strings.Join(parts, ", ")
}

// checkNumber returns what is wrong with v, or "".
func (r rules) checkNumber(v float64) string {
	for _, b := range r.bounds {
		ok := b.op == ">" && v > b.limit || b.op == ">=" && v >= b.limit ||
			b.op == "<" && v < b.limit || b.op == "<=" && v <= b.limit
		switch {
		case ok:
		case b.op == ">" && b.limit == 0:
			return "must be positive, is " + formatFloat(v)
		case b.op == ">=" && b.limit == 0:
			return "must not be negative, is " + formatFloat(v)
		default:
			return fmt.Sprintf("must be %s %s, is %s", b.op, formatFloat(b.limit), formatFloat(v))
		}
	}
	return ""
}

func formatFloat(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
