package registry

import (
	"reflect"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// KeyPaths lists every key that may be set in a block, as dotted paths: those of config, a struct, and below them those
// of the parts, blocks and list items that the block n names, or that config holds where n, which may be nil, does not
// say. A list is sorted by the order of the fields.
func KeyPaths(config any, n *yaml.Node) []string {
	v := reflect.ValueOf(config)
	fields, err := fieldsOf(v.Type())
	if err != nil {
		panic("registry: " + err.Error())
	}
	var paths []string
	for _, f := range fields {
		paths = append(paths, f.key)
		paths = appendBelow(paths, f.key, valuePaths(v.FieldByIndex(f.index), Lookup(n, f.key)))
	}
	return paths
}

// PartPaths lists the keys of a part that n, its name or its block, chooses; none where the name is unknown.
func PartPaths(k Kind, n *yaml.Node) []string {
	name, ok := chosenName(n)
	if !ok {
		return nil
	}
	defaults, err := k.DefaultConfig(name)
	if err != nil {
		return nil
	}
	return append([]string{"type"}, KeyPaths(defaults, n)...)
}

// Lookup returns the value of a key in a block, or nil where n is no block or lacks the key.
func Lookup(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func chosenName(n *yaml.Node) (name string, ok bool) {
	if n != nil && n.Kind == yaml.MappingNode {
		n = Lookup(n, "type")
	}
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		return "", false
	}
	return n.Value, true
}

func valuePaths(v reflect.Value, n *yaml.Node) []string {
	v = addressable(v)
	if c, ok := v.Addr().Interface().(Coded); ok {
		return c.KeyPaths(n)
	}
	if c, ok := v.Addr().Interface().(anyChoice); ok {
		if name, config := c.chosen(); n == nil && name != "" {
			n = EncodeChoice(c.kind(), name, config)
		}
		return PartPaths(c.kind(), n)
	}
	if v.Type() == numberType {
		k, err := FindKind(ScheduleKind)
		if err != nil {
			return nil
		}
		if n == nil {
			n = encodeValue(v)
		}
		return PartPaths(k, n)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return valuePaths(blockOf(v.Type().Elem()).Elem(), n)
		}
		return valuePaths(v.Elem(), n)
	case reflect.Struct:
		return KeyPaths(v.Interface(), n)
	case reflect.Slice:
		return ItemPaths(n, func(item *yaml.Node) []string { return valuePaths(blockOf(v.Type().Elem()).Elem(), item) })
	case reflect.Map:
		var paths []string
		for i := 0; n != nil && n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
			paths = append(paths, n.Content[i].Value)
		}
		return paths
	}
	return nil
}

// ItemPaths lists the items of a list by their numbers, and the keys of each.
func ItemPaths(n *yaml.Node, below func(item *yaml.Node) []string) []string {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	var paths []string
	for i, item := range n.Content {
		key := strconv.Itoa(i)
		paths = appendBelow(append(paths, key), key, below(item))
	}
	return paths
}

func appendBelow(paths []string, key string, below []string) []string {
	for _, p := range below {
		paths = append(paths, key+"."+p)
	}
	return paths
}
