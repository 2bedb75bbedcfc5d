package registry

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A Problem is one thing that is wrong with a configuration.
type Problem struct {
	Node    *yaml.Node // where: its Line and Column
	Path    string     // the key, from the root: optimizer.lr, model.fc1.units
	Message string     // `model: node "fc1": dense: units must be positive, is -1`
	Hint    string     // the remedy, "" where the message says it
	Err     error      // what the message comes from, nil where it says all that there is to know
}

// A FieldError is returned by a configuration's Validate method to name the key at fault.
type FieldError struct {
	Key string
	Err error
}

func (e *FieldError) Error() string { return e.Key + " " + e.Err.Error() }

func (e *FieldError) Unwrap() error { return e.Err }

// A Place says where a block stands in a configuration: the dotted path of its keys, and the words that lead a message.
type Place struct {
	Path    string // "model.fc1"
	Context string // `model: node "fc1": dense`
}

// At returns the place of a key inside the block, with the key added to the path alone.
func (p Place) At(key string) Place {
	if p.Path == "" {
		return Place{key, p.Context}
	}
	return Place{p.Path + "." + key, p.Context}
}

// In returns the place with one more word in front of its messages.
func (p Place) In(word string) Place {
	if p.Context == "" {
		return Place{p.Path, word}
	}
	return Place{p.Path, p.Context + ": " + word}
}

// Problem returns a problem at a node, with the words of the place in front of the message.
func (p Place) Problem(n *yaml.Node, message, hint string) Problem {
	if p.Context != "" {
		message = p.Context + ": " + message
	}
	return Problem{Node: n, Path: p.Path, Message: message, Hint: hint}
}

// DecodeChoice reads the name of a part of a kind, or a mapping whose key type is the name and whose other keys are
// the part's configuration. It returns the name and the configuration, both zero when there are problems.
func DecodeChoice(k Kind, at Place, n *yaml.Node, reserved ...string) (name string, config any, problems []Problem) {
	named := n
	if n.Kind == yaml.MappingNode {
		if named = Lookup(n, "type"); named == nil {
			return "", nil, []Problem{at.Problem(n, "type is required", missingTypeHint(k, n))}
		}
	}
	if named.Kind != yaml.ScalarNode || named.Tag != "!!str" || named.Value == "" {
		return "", nil, []Problem{at.Problem(named, "must name a "+k.Kind()+", is "+describeNode(named), "known: "+strings.Join(k.Names(), ", "))}
	}
	defaults, err := k.DefaultConfig(named.Value)
	if err != nil {
		unknown, _ := errors.AsType[*UnknownError](err)
		return "", nil, []Problem{at.At("type").Problem(named, fmt.Sprintf("unknown %s %q", k.Kind(), named.Value), unknown.Hint())}
	}
	c := reflect.New(reflect.TypeOf(defaults))
	c.Elem().Set(reflect.ValueOf(defaults))
	block := n
	if n.Kind != yaml.MappingNode {
		block = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line, Column: n.Column}
	}
	problems = DecodeBlock(at.In(named.Value), block, c.Interface(), append([]string{"type"}, reserved...)...)
	if len(problems) > 0 {
		return "", nil, problems
	}
	return named.Value, c.Elem().Interface(), nil
}

// A Coded value has a form in YAML that its fields alone cannot say. It reads, writes and lists itself.
type Coded interface {
	DecodeNode(at Place, n *yaml.Node) []Problem // sets the value; the words of at do not name its key
	EncodeNode() *yaml.Node                      // nil to leave the key out
	Keys(n *yaml.Node) []Key                     // see the function Keys; n is nil where the file lacks the value
	TypeName() string                            // what it is called in messages and listings: "list of nodes"
}

// decodeValue reads one value into v. key is the last key of at, for the message.
func decodeValue(at Place, key string, n *yaml.Node, v reflect.Value, r rules) []Problem {
	wrong := func(want string) []Problem {
		return []Problem{at.Problem(n, fmt.Sprintf("%s must be %s, is %s", key, want, describeNode(n)), typeHint(want, n))}
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return []Problem{at.Problem(n, key+" has no value", "give it one, or leave the key out for the default")}
	}
	if c, ok := v.Addr().Interface().(Coded); ok {
		return c.DecodeNode(at, n)
	}
	if c, ok := v.Addr().Interface().(anyChoice); ok {
		name, config, problems := DecodeChoice(c.kind(), at.In(key), n)
		c.choose(name, config)
		return problems
	}
	if v.Type() == numberType {
		return decodeNumber(at, key, n, v, r)
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(blockOf(v.Type().Elem()))
		return decodeValue(at, key, n, v.Elem(), r)
	case reflect.Struct:
		return DecodeBlock(at.In(key), n, v.Addr().Interface())
	case reflect.Slice:
		return decodeList(at, key, n, v, r)
	case reflect.Map:
		return decodeMap(at, key, n, v)
	case reflect.String:
		if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
			return wrong("text")
		}
		if unknown, ok := errors.AsType[*UnknownError](r.checkText(key, n.Value)); ok {
			return []Problem{at.Problem(n, fmt.Sprintf("unknown %s %q", key, n.Value), unknown.Hint())}
		}
		v.SetString(n.Value)
	case reflect.Bool:
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
			return wrong("true or false")
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case reflect.Float32, reflect.Float64:
		f, ok := parseNumber(n)
		if !ok {
			return wrong("a number")
		}
		if message := r.checkNumber(f); message != "" {
			return []Problem{at.Problem(n, key+" "+message, "")}
		}
		v.SetFloat(f)
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return decodeWhole(at, key, n, v, r)
	default:
		panic(fmt.Sprintf("registry: no way to decode %v", v.Type()))
	}
	return nil
}

func decodeWhole(at Place, key string, n *yaml.Node, v reflect.Value, r rules) []Problem {
	problem := func(message, hint string) []Problem {
		return []Problem{at.Problem(n, key+" "+message, hint)}
	}
	sign, digits := splitSign(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || digits == "" || strings.Trim(digits, "0123456789") != "" {
		return problem("must be a whole number, is "+describeNode(n), typeHint("a whole number", n))
	}
	if len(digits) > 1 && digits[0] == '0' {
		return problem("must be a whole number without leading zeros, is "+n.Value, "write "+sign+withoutZeros(digits))
	}
	if f, _ := strconv.ParseFloat(n.Value, 64); r.checkNumber(f) != "" {
		return problem(r.checkNumber(f), "")
	}
	var err error
	if v.CanInt() {
		var i int64
		i, err = strconv.ParseInt(n.Value, 10, 64)
		v.SetInt(i)
	} else {
		var u uint64
		u, err = strconv.ParseUint(strings.TrimPrefix(n.Value, "+"), 10, 64)
		v.SetUint(u)
	}
	if err != nil {
		return problem("is out of range: "+n.Value, "")
	}
	return nil
}

func decodeNumber(at Place, key string, n *yaml.Node, v reflect.Value, r rules) []Problem {
	if f, ok := parseNumber(n); ok {
		if message := r.checkNumber(f); message != "" {
			return []Problem{at.Problem(n, key+" "+message, "")}
		}
		v.Set(reflect.ValueOf(Const(f)))
		return nil
	}
	k, err := FindKind(ScheduleKind)
	if err != nil {
		return []Problem{at.Problem(n, key+" must be a number, is "+describeNode(n), typeHint("a number", n))}
	}
	if n.Kind != yaml.MappingNode && (n.Tag != "!!str" || resemblesNumber(n.Value)) {
		return []Problem{at.Problem(n, key+" must be a number or a schedule, is "+describeNode(n), typeHint("a number", n))}
	}
	name, config, problems := DecodeChoice(k, at.In(key), n)
	v.Set(reflect.ValueOf(Number{Schedule: selection{k, name, config}}))
	return problems
}

func decodeList(at Place, key string, n *yaml.Node, v reflect.Value, r rules) []Problem {
	items := n.Content
	if n.Kind == yaml.ScalarNode && v.Type().Elem().Kind() == reflect.String {
		items = []*yaml.Node{n}
	} else if n.Kind != yaml.SequenceNode {
		return []Problem{at.Problem(n, key+" must be a list, is "+describeNode(n), listHint(n))}
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	var problems []Problem
	for i, item := range items {
		place := at
		place.Path = fmt.Sprintf("%s.%d", at.Path, i)
		list.Index(i).Set(blockOf(v.Type().Elem()).Elem())
		problems = append(problems, decodeValue(place, key, item, list.Index(i), r)...)
	}
	v.Set(list)
	return problems
}

// decodeMap reads a map from names that the user chose to texts.
func decodeMap(at Place, key string, n *yaml.Node, v reflect.Value) []Problem {
	if n.Kind != yaml.MappingNode {
		return []Problem{at.Problem(n, key+" must map names to names, is "+describeNode(n), "")}
	}
	m := reflect.MakeMap(v.Type())
	var problems []Problem
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, item := n.Content[i].Value, reflect.New(v.Type().Elem()).Elem()
		problems = append(problems, decodeValue(at.At(name), key+"."+name, n.Content[i+1], item, rules{})...)
		m.SetMapIndex(reflect.ValueOf(name), item)
	}
	v.Set(m)
	return problems
}

// resemblesNumber reports whether a text is a number beyond the range of float64, no number at all in so many words, or one in
// quotes.
func resemblesNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

// parseNumber reads a finite decimal number.
func parseNumber(n *yaml.Node) (float64, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" && n.Tag != "!!float" {
		return 0, false
	}
	if _, digits := splitSign(n.Value); len(digits) > 1 && digits[0] == '0' && strings.Trim(digits, "0123456789") == "" {
		return 0, false
	}
	if strings.ContainsAny(n.Value, "xXoObB_") {
		return 0, false
	}
	f, err := strconv.ParseFloat(n.Value, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}
