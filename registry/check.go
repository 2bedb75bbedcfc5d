package registry

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
)

// Check returns what is wrong with a configuration that a program wrote in Go: the first value that breaks the rules of
// its tag or names a part that does not exist, or what the Validate method finds. Config is a struct or a pointer to
// one. The error is a *FieldError where a value breaks a rule, an *UnknownError where a name is unknown, and leads with
// the keys of the blocks and parts above it: `weights: normal: std must not be negative, is -1`.
//
// What decodes from a file passes. A struct cannot tell a zero that was written from one that was left out, so required
// asks only that a choice names a part, and an empty text passes one of a|b|c: the part takes it for its default.
func Check(config any) error {
	v := reflect.ValueOf(config)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	fields, err := fieldsOf(v.Type())
	if err != nil {
		panic("registry: " + err.Error())
	}
	for _, f := range fields {
		if err := checkValue(f.key, v.FieldByIndex(f.index), f.rules); err != nil {
			return err
		}
	}
	if c, ok := addressable(v).Addr().Interface().(interface{ Validate() error }); ok {
		return c.Validate()
	}
	return nil
}

// MustCheck returns a configuration that passes Check, and panics with the error of one that does not: for constructors
// that have no error to return.
func MustCheck[C any](config C) C {
	if err := Check(config); err != nil {
		panic(fmt.Errorf("registry: %T: %w", config, err))
	}
	return config
}

// Check returns an error when the choice names no part of its kind, or gives it a configuration that is not its own or
// does not pass Check. The choice of nothing passes.
func (c Choice[E]) Check() error {
	if c.IsZero() {
		return nil
	}
	return checkPart(c.kind(), c.Name, c.Config)
}

// checkPart checks the choice of a part.
func checkPart(k Kind, name string, config any) error {
	defaults, err := k.DefaultConfig(name)
	if err != nil {
		return err
	}
	if config == nil {
		config = defaults
	}
	if got, want := reflect.TypeOf(config), reflect.TypeOf(defaults); got != want {
		return fmt.Errorf("%s: its configuration is a %v, is given a %v", name, want, got)
	}
	return within(name, Check(config))
}

// within puts a name in front of an error that is not nil.
func within(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// checkValue checks the value of a key, and everything below it. Coded values check themselves, in their Validate.
func checkValue(key string, v reflect.Value, r rules) error {
	switch c := addressable(v).Addr().Interface().(type) {
	case Coded:
		return nil
	case anyChoice:
		name, config := c.chosen()
		switch {
		case name != "":
			return within(key, checkPart(c.kind(), name, config))
		case r.required:
			return &FieldError{Key: key, Err: errors.New("must name a " + c.kind().Kind())}
		}
		return nil
	case *Number:
		if c.Schedule == nil {
			return r.check(key, c.Value)
		}
		if s, ok := c.Schedule.(selection); ok {
			return within(key, checkPart(s.from, s.name, s.config))
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return checkValue(key, v.Elem(), r)
	case reflect.Struct:
		return within(key, Check(v.Interface()))
	case reflect.Slice:
		r.required = true // an item is there
		for i := range v.Len() {
			if err := checkValue(key+"."+strconv.Itoa(i), v.Index(i), r); err != nil {
				return err
			}
		}
	case reflect.String:
		if v.String() != "" {
			return r.checkText(key, v.String())
		}
	case reflect.Float32, reflect.Float64:
		return r.check(key, v.Float())
	case reflect.Int, reflect.Int64:
		return r.check(key, float64(v.Int()))
	case reflect.Uint64:
		return r.check(key, float64(v.Uint()))
	}
	return nil
}

// checkText returns an *UnknownError unless a text is one of those that the rules list, where they list any.
func (r rules) checkText(key, text string) error {
	if len(r.oneOf) == 0 || slices.Contains(r.oneOf, text) {
		return nil
	}
	return &UnknownError{What: key, Name: text, Known: r.oneOf}
}

// check returns an error unless a number is finite and within the bounds.
func (r rules) check(key string, v float64) error {
	message := r.checkNumber(v)
	if message == "" && (math.IsNaN(v) || math.IsInf(v, 0)) {
		message = "must be a finite number, is " + formatFloat(v)
	}
	if message == "" {
		return nil
	}
	return &FieldError{Key: key, Err: errors.New(message)}
}
