package registry

import (
	"reflect"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// A Key is a key that may be set: its dotted path, and its class, "" where nothing says it.
type Key struct {
	Path  string
	Class Class
}

// Keys lists every key that may be set in a block: those of config, a struct, and below them those of the parts, blocks
// and list items that the block n names, or that config holds where n, which may be nil, does not say. A list is sorted
// by the order of the fields.
func Keys(config any, n *yaml.Node) []Key { return keysOf(config, n, "") }

// keysOf is Keys where a class is that of all keys without a tag.
func keysOf(config any, n *yaml.Node, class Class) []Key {
	v := reflect.ValueOf(config)
	fields, err := fieldsOf(v.Type())
	if err != nil {
		panic("registry: " + err.Error())
	}
	var keys []Key
	for _, f := range fields {
		f.class = f.class.or(class)
		keys = append(keys, Key{f.key, f.class})
		keys = appendBelow(keys, f.key, valueKeys(v.FieldByIndex(f.index), Lookup(n, f.key), f.class, class))
	}
	return keys
}

// PartKeys lists the keys of a part that n, its name or its block, chooses; none where the name is unknown. The class is
// that of the choice.
func PartKeys(k Kind, n *yaml.Node, class Class) []Key {
	name, ok := chosenName(n)
	if !ok {
		return nil
	}
	defaults, err := k.DefaultConfig(name)
	if err != nil {
		return nil
	}
	return append([]Key{{"type", class}}, keysOf(defaults, n, k.Class())...)
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

// valueKeys lists the keys below a value of a class. Those of a block without a tag have the class of the block around.
func valueKeys(v reflect.Value, n *yaml.Node, class, around Class) []Key {
	v = addressable(v)
	switch c := v.Addr().Interface().(type) {
	case Coded:
		return c.Keys(n)
	case anyChoice:
		if name, config := c.chosen(); n == nil && name != "" {
			n = EncodeChoice(c.kind(), name, config)
		}
		return PartKeys(c.kind(), n, class)
	case *Number:
		return numberKeys(v, n, class)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return valueKeys(blockOf(v.Type().Elem()).Elem(), n, class, around)
		}
		return valueKeys(v.Elem(), n, class, around)
	case reflect.Struct:
		return keysOf(v.Interface(), n, around)
	case reflect.Slice:
		return itemKeys(n, class, func(item *yaml.Node) []Key {
			return valueKeys(blockOf(v.Type().Elem()).Elem(), item, class, around)
		})
	case reflect.Map:
		var keys []Key
		for i := 0; n != nil && n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
			keys = append(keys, Key{n.Content[i].Value, class})
		}
		return keys
	}
	return nil
}

// numberKeys lists the keys of a schedule. They have the class of the number that it is: a schedule has no state.
func numberKeys(v reflect.Value, n *yaml.Node, class Class) []Key {
	k, err := FindKind(ScheduleKind)
	if err != nil {
		return nil
	}
	if n == nil {
		n = encodeValue(v)
	}
	keys := PartKeys(k, n, class)
	for i := range keys {
		keys[i].Class = class
	}
	return keys
}

// itemKeys lists the items of a list by their numbers, and the keys of each.
func itemKeys(n *yaml.Node, class Class, below func(item *yaml.Node) []Key) []Key {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	var keys []Key
	for i, item := range n.Content {
		number := strconv.Itoa(i)
		keys = appendBelow(append(keys, Key{number, class}), number, below(item))
	}
	return keys
}

func appendBelow(keys []Key, path string, below []Key) []Key {
	for _, k := range below {
		keys = append(keys, Key{path + "." + k.Path, k.Class})
	}
	return keys
}
