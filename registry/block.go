package registry

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxExplained is after how many problems of one block no more remedies are searched for: nobody reads on.
const maxExplained = 50

// DecodeBlock reads a mapping into config, a pointer to a struct that holds the defaults, and returns every problem.
// Keys in reserved belong to the caller: they are passed over, and offered as suggestions.
func DecodeBlock(at Place, n *yaml.Node, config any, reserved ...string) []Problem {
	v := reflect.ValueOf(config).Elem()
	fields, err := fieldsOf(v.Type())
	if err != nil {
		panic("registry: " + err.Error())
	}
	b := block{at: at, fields: fields, known: slices.Clone(reserved), config: v.Interface()}
	for _, f := range fields {
		b.known = append(b.known, f.key)
	}
	if n.Kind != yaml.MappingNode {
		return []Problem{at.Problem(n, "must be a block of keys, is "+describeNode(n), "its keys: "+strings.Join(b.known, ", "))}
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if f, ok := b.find(key.Value); ok {
			seen[f.key] = true
			b.add(f, decodeValue(at.At(f.key), f.key, value, v.FieldByIndex(f.index), f.rules))
		} else if !slices.Contains(reserved, key.Value) {
			meant, hint := b.explainUnknown(key.Value, n)
			seen[meant] = true
			b.problems = append(b.problems, at.At(key.Value).Problem(key, fmt.Sprintf("unknown key %q", shorten(key.Value)), hint))
		}
	}
	for _, f := range fields {
		if f.rules.required && !seen[f.key] {
			b.problems = append(b.problems, at.At(f.key).Problem(n, f.key+" is required", requiredHint(f)))
		}
	}
	if len(b.problems) == 0 {
		b.validate(n, config)
	}
	return b.problems
}

// block is one mapping while it is read.
type block struct {
	at       Place
	fields   []field
	known    []string
	config   any // the defaults
	problems []Problem

	below   []string          // the last words of the keys in blocks below; see keysBelow
	blockOf map[string]string // the block of each
}

func (b *block) find(key string) (field, bool) {
	i := slices.IndexFunc(b.fields, func(f field) bool { return f.key == key })
	if i < 0 {
		return field{}, false
	}
	return b.fields[i], true
}

// add appends the problems of a field. One of the value itself without a remedy gets what the field takes.
func (b *block) add(f field, problems []Problem) {
	for _, p := range problems {
		if p.Hint == "" && p.Path == b.at.At(f.key).Path {
			p.Hint = f.explain()
		}
		b.problems = append(b.problems, p)
	}
}

// explainUnknown returns the key of the block that was meant, "" for none, and the remedy. A key that belongs into a
// block below, such as lr in optimizer, is found there.
func (b *block) explainUnknown(key string, n *yaml.Node) (meant, hint string) {
	if len(b.problems) >= maxExplained {
		return "", ""
	}
	if near := Nearest(key, b.known); near != "" {
		return near, fmt.Sprintf("did you mean %q?", near)
	}
	b.keysBelow(n)
	if near := Nearest(key, b.below); near != "" {
		return "", fmt.Sprintf("did you mean %q in the block %s?", near, b.blockOf[near])
	}
	return "", (&UnknownError{Known: b.known}).Hint()
}

// keysBelow lists the keys of the blocks below, once for all unknown keys.
func (b *block) keysBelow(n *yaml.Node) {
	if b.blockOf != nil {
		return
	}
	b.blockOf = map[string]string{}
	for _, k := range Keys(b.config, n) {
		path := k.Path
		i := strings.LastIndexByte(path, '.')
		if i > 0 && b.blockOf[path[i+1:]] == "" {
			b.blockOf[path[i+1:]] = path[:i]
			b.below = append(b.below, path[i+1:])
		}
	}
}

// validate asks the configuration itself.
func (b *block) validate(n *yaml.Node, config any) {
	v, ok := config.(interface{ Validate() error })
	if !ok {
		return
	}
	err := v.Validate()
	if err == nil {
		return
	}
	at, place, hint := b.at, n, ""
	if fe, ok := errors.AsType[*FieldError](err); ok {
		at = at.At(fe.Key)
		if value := Lookup(n, fe.Key); value != nil {
			place = value
		}
		if f, ok := b.find(fe.Key); ok {
			hint = f.explain()
		}
	}
	b.problems = append(b.problems, at.Problem(place, err.Error(), hint))
}

func requiredHint(f field) string {
	hint := fmt.Sprintf("add %s: <%s>", f.key, typeName(f.typ))
	if c, ok := reflect.New(f.typ).Interface().(anyChoice); ok {
		hint += "; known: " + strings.Join(c.kind().Names(), ", ")
	}
	return hint
}

// explain says what a field is and what for: `epochs is a whole number >= 1: passes over the training rows`.
func (f field) explain() string {
	what := f.key + " is " + withArticle(typeName(f.typ))
	if rule := f.rules.String(); rule != "" {
		what += " " + rule
	}
	if f.doc == "" {
		return what
	}
	return what + ": " + f.doc
}

func withArticle(typeName string) string {
	switch {
	case typeName == "text" || typeName == "true or false":
		return typeName
	case strings.ContainsRune("aeio", rune(typeName[0])):
		return "an " + typeName
	}
	return "a " + typeName
}
