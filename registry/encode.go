package registry

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// EncodeBlock returns the mapping that decodes to config, a struct: every key in the order of the fields, defaults
// written out. Pointers, lists and maps that are nil, and choices of nothing, are left out: they mean the same.
// A list that is empty but not nil is written, because the default may hold something.
func EncodeBlock(config any) *yaml.Node {
	v := reflect.ValueOf(config)
	fields, err := fieldsOf(v.Type())
	if err != nil {
		panic("registry: " + err.Error())
	}
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, f := range fields {
		if value := encodeValue(v.FieldByIndex(f.index)); value != nil {
			n.Content = append(n.Content, text(f.key), value)
		}
	}
	return n
}

// EncodeChoice returns the mapping {type: name, …} that decodes to the part with that configuration.
func EncodeChoice(k Kind, name string, config any) *yaml.Node {
	if config == nil {
		defaults, err := k.DefaultConfig(name)
		if err != nil {
			panic(err)
		}
		config = defaults
	}
	n := EncodeBlock(config)
	n.Content = append([]*yaml.Node{text("type"), text(name)}, n.Content...)
	return n
}

func encodeValue(v reflect.Value) *yaml.Node {
	if c, ok := addressable(v).Addr().Interface().(Coded); ok {
		return c.EncodeNode()
	}
	if c, ok := addressable(v).Addr().Interface().(anyChoice); ok {
		name, config := c.chosen()
		if name == "" {
			return nil
		}
		return EncodeChoice(c.kind(), name, config)
	}
	if v.Type() == numberType {
		n := v.Interface().(Number)
		if s, ok := n.Schedule.(selection); ok {
			return EncodeChoice(s.from, s.name, s.config)
		}
		return number(n.Value)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return encodeValue(v.Elem())
	case reflect.Struct:
		return EncodeBlock(v.Interface())
	case reflect.Slice:
		return encodeList(v)
	case reflect.Map:
		return encodeMap(v)
	case reflect.String:
		return text(v.String())
	case reflect.Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v.Bool())}
	case reflect.Float32, reflect.Float64:
		return number(v.Float())
	case reflect.Int, reflect.Int64:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatInt(v.Int(), 10)}
	case reflect.Uint64:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatUint(v.Uint(), 10)}
	}
	panic(fmt.Sprintf("registry: no way to encode %v", v.Type()))
}

func encodeList(v reflect.Value) *yaml.Node {
	if v.IsNil() {
		return nil
	}
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for i := range v.Len() {
		n.Content = append(n.Content, encodeValue(v.Index(i)))
	}
	if v.Len() == 0 || n.Content[0].Kind == yaml.ScalarNode {
		n.Style = yaml.FlowStyle
	}
	return n
}

func encodeMap(v reflect.Value) *yaml.Node {
	if v.IsNil() {
		return nil
	}
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		n.Content = append(n.Content, text(k.String()), encodeValue(v.MapIndex(k)))
	}
	if len(keys) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
}

// addressable returns v, or a copy of it that has an address.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

// text returns a scalar that reads back as the same text: quoted where YAML would see something else in it.
func text(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

func number(f float64) *yaml.Node {
	value, tag := formatFloat(f), "!!float"
	if strings.Trim(value, "-0123456789") == "" {
		tag = "!!int"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

// encodeInline formats a value on one line, as a person would write it.
func encodeInline(v reflect.Value) string {
	n := encodeValue(v)
	if n == nil {
		return "none"
	}
	return inline(n)
}

func inline(n *yaml.Node) string {
	var parts []string
	switch n.Kind {
	case yaml.MappingNode:
		if len(n.Content) == 2 && n.Content[0].Value == "type" {
			return n.Content[1].Value
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			parts = append(parts, n.Content[i].Value+": "+inline(n.Content[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case yaml.SequenceNode:
		for _, item := range n.Content {
			parts = append(parts, inline(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	if n.Value == "" {
		return `""`
	}
	return n.Value
}
