// Package registry turns names in a configuration into parts: layers, initializers, losses, optimizers and the rest.
//
// A part registers itself in an init function with a name, a configuration struct that holds its defaults, and a
// constructor. The struct is the whole schema: field names become lower_snake keys, and tags say the rest.
//
//	type DropoutConfig struct {
//		_    struct{} `doc:"zeroes each element with probability rate while training"`
//		Rate float64  `doc:"probability that an element is dropped" is:">=0,<1"`
//	}
//
// The tag of the blank field documents the part. The tag is:"…" lists rules, separated by commas: required, >0, >=0,
// <1, <=1, and one of a|b|c. A configuration with a method Validate() error is asked after its fields were read; a
// *FieldError from it is placed at the field. Check asks both of a configuration that a program wrote in Go.
//
// The tag class:"…" says whether a run that continues may have another value of the key: frozen, extend or override. A
// registry gives a class to the keys that have none, as that of layers does: they are frozen. Keys of an optimizer or a
// regularizer without a tag are frozen too.
//
// Decoding is strict and collects every problem with its line and column: unknown keys, wrong types, values out of
// range, unknown names, each with a suggestion where one is near.
//
// A change of a part's meaning takes a new name (dense.v2); the bare name stays what it was. Where the defaults change
// too, the new name has a configuration type of its own: a type has one set of defaults.
package registry
