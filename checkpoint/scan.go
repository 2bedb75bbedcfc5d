package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxDepth is how deep maps and arrays may be nested in a section.
const maxDepth = 8

// scan checks that b is exactly one msgpack object that is safe to decode, without recursion and without allocating.
//
// The decoder trusts declared lengths, recurses, and takes extensions, duplicate keys and trailing bytes, each of which
// has brought down a process. After scan, no length exceeds the bytes that follow it, no array or map has more than
// maxElements elements or entries, nesting ends at maxDepth, strings are UTF-8, the keys of each map are strings in strictly ascending order (so none is there twice), there is no nil and
// no extension, and nothing follows the object.
func scan(b []byte) error {
	var stack [maxDepth]container
	depth, pos := 0, 0
	for {
		it, err := nextItem(b[pos:])
		if err != nil {
			return fmt.Errorf("msgpack at byte %d: %w", pos, err)
		}
		if depth > 0 {
			if err := stack[depth-1].accept(it.kind, b[pos+it.header:pos+it.size]); err != nil {
				return fmt.Errorf("msgpack at byte %d: %w", pos, err)
			}
		}
		pos += it.size
		if it.items > 0 {
			if depth == maxDepth {
				return fmt.Errorf("msgpack at byte %d: nested deeper than %d", pos, maxDepth)
			}
			stack[depth] = container{left: it.items, isMap: it.kind == mapItem}
			depth++
			continue
		}
		for depth > 0 {
			top := &stack[depth-1]
			if top.left--; top.left > 0 {
				break
			}
			depth--
		}
		if depth == 0 {
			break
		}
	}
	if pos != len(b) {
		return fmt.Errorf("msgpack at byte %d: %d bytes follow the object", pos, len(b)-pos)
	}
	return nil
}

// A container is a map or an array that scan is inside of.
type container struct {
	left  int // items still to come; a map has two per entry, so a key is next where left is even
	isMap bool
	key   []byte // of the entry before; nil at the first
}

// accept checks an item that is next in the container. Data are its bytes after the header.
func (c *container) accept(kind itemKind, data []byte) error {
	if !c.isMap || c.left%2 != 0 {
		return nil
	}
	if kind != strItem {
		return errors.New("map key is not a string")
	}
	if c.key != nil && bytes.Compare(c.key, data) >= 0 {
		return fmt.Errorf("map key %q is not after %q", data, c.key)
	}
	c.key = data
	return nil
}

type itemKind uint8

const (
	scalarItem itemKind = iota
	strItem
	binItem
	arrayItem
	mapItem
)

// An item is one msgpack object, or the header of one that holds others.
type item struct {
	kind   itemKind
	header int // bytes before the content
	size   int // bytes with the header, of an array or map those of the header alone
	items  int // objects inside an array or map: keys and values both count
}

var errCut = errors.New("object is cut short")

// nextItem reads the item that b begins with.
func nextItem(b []byte) (item, error) {
	if len(b) == 0 {
		return item{}, errCut
	}
	switch c := b[0]; {
	case c <= 0x7f, c >= 0xe0, c == 0xc2, c == 0xc3: // small integers, booleans
		return scalar(b, 1)
	case c <= 0x8f:
		return holder(b, mapItem, 1, uint64(c&0x0f))
	case c <= 0x9f:
		return holder(b, arrayItem, 1, uint64(c&0x0f))
	case c <= 0xbf:
		return run(b, strItem, 1, uint64(c&0x1f))
	case c >= 0xc4 && c <= 0xc6:
		return sized(b, binItem, 1<<(c-0xc4))
	case c == 0xca, c == 0xcb: // float32, float64
		return scalar(b, 1+4<<(c-0xca))
	case c >= 0xcc && c <= 0xcf: // uint8 to uint64
		return scalar(b, 1+1<<(c-0xcc))
	case c >= 0xd0 && c <= 0xd3: // int8 to int64
		return scalar(b, 1+1<<(c-0xd0))
	case c >= 0xd9 && c <= 0xdb:
		return sized(b, strItem, 1<<(c-0xd9))
	case c == 0xdc, c == 0xdd:
		return sized(b, arrayItem, 2<<(c-0xdc))
	case c == 0xde, c == 0xdf:
		return sized(b, mapItem, 2<<(c-0xde))
	}
	return item{}, fmt.Errorf("object of type 0x%02x has no place here", b[0])
}

func scalar(b []byte, size int) (item, error) {
	if len(b) < size {
		return item{}, errCut
	}
	return item{kind: scalarItem, header: size, size: size}, nil
}

// sized reads an item whose length or count stands in the width bytes after the type.
func sized(b []byte, kind itemKind, width int) (item, error) {
	if len(b) < 1+width {
		return item{}, errCut
	}
	var n uint64
	switch field := b[1 : 1+width]; width {
	case 1:
		n = uint64(field[0])
	case 2:
		n = uint64(binary.BigEndian.Uint16(field))
	case 4:
		n = uint64(binary.BigEndian.Uint32(field))
	}
	if kind == arrayItem || kind == mapItem {
		return holder(b, kind, 1+width, n)
	}
	return run(b, kind, 1+width, n)
}

// holder reads the header of an array of n elements or a map of n entries. Each object inside takes at least one byte.
func holder(b []byte, kind itemKind, header int, n uint64) (item, error) {
	items := n
	if kind == mapItem {
		items = 2 * n
	}
	if items > uint64(len(b)-header) {
		return item{}, fmt.Errorf("%d objects declared where %d bytes are left", items, len(b)-header)
	}
	if n > maxElements {
		return item{}, fmt.Errorf("%d elements declared, at most %d are allowed", n, maxElements)
	}
	return item{kind: kind, header: header, size: header, items: int(items)}, nil
}

// run reads a string or binary of n bytes.
func run(b []byte, kind itemKind, header int, n uint64) (item, error) {
	if n > uint64(len(b)-header) {
		return item{}, fmt.Errorf("%d bytes declared where %d are left", n, len(b)-header)
	}
	size := header + int(n)
	if kind == strItem && !utf8.Valid(b[header:size]) {
		return item{}, errors.New("string is not UTF-8")
	}
	return item{kind: kind, header: header, size: size}, nil
}
