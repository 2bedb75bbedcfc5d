package data

import (
	"errors"
	"fmt"
	"math"

	"github.com/strata-ml/strata/tensor"
)

// ValuesConfig configures the source values.
type ValuesConfig struct {
	_      struct{} `doc:"a few rows that stand in the experiment itself: the named inputs of a computational graph"`
	Inputs []Given  `doc:"each a block with name, values, and shape where a row is no single number; classes where they are whole numbers below it" is:"required"`
	Target *Given   `doc:"what the output should be, a block like that of an input; a graph without it can be explained and not trained"`
}

// Given is one column of the source values. Values are its rows, one after the other.
type Given struct {
	Name    string    `doc:"what the column is called" is:"required"`
	Values  []float64 `doc:"the numbers of all rows, row after row" is:"required"`
	Shape   []int     `doc:"shape of one row; without it, a single number" is:">0"`
	Classes int       `doc:"the values are whole numbers below it; 0 for real numbers" is:">=0"`
}

func init() { Register("values", ValuesConfig{}, NewValues) }

// Validate implements the check of a configuration.
func (c ValuesConfig) Validate() error {
	if len(c.Inputs) == 0 {
		return wrongKey("inputs", "must name at least one input")
	}
	names := map[string]bool{}
	for _, in := range c.Inputs {
		switch {
		case names[in.Name]:
			return wrongKey("inputs", "names %q twice", in.Name)
		case in.rows() != c.Inputs[0].rows():
			return wrongKey("inputs", "must have as many rows each: %q has %d, %q has %d", c.Inputs[0].Name, c.Inputs[0].rows(), in.Name, in.rows())
		}
		names[in.Name] = true
	}
	if c.Target != nil && c.Target.rows() != c.Inputs[0].rows() {
		return wrongKey("target", "must have as many rows as the inputs, %d, has %d", c.Inputs[0].rows(), c.Target.rows())
	}
	return nil
}

// Validate implements the check of a configuration.
func (g Given) Validate() error {
	size := tensor.Shape(g.Shape).Size()
	switch {
	case g.Name == "":
		return wrongKey("name", "must not be empty")
	case len(g.Values) == 0 || len(g.Values)%size != 0:
		return wrongKey("values", "must hold %d for each row of shape %v, holds %d", size, tensor.Shape(g.Shape), len(g.Values))
	}
	for _, v := range g.Values {
		switch {
		case g.Classes > 0 && !(v >= 0 && v < float64(g.Classes) && v == math.Trunc(v)):
			return wrongKey("values", "must be whole numbers from 0 to %d, one is %v", g.Classes-1, v)
		case !(math.Abs(v) <= math.MaxFloat32):
			return wrongKey("values", "must be numbers that float32 can hold, one is %v", v)
		}
	}
	return nil
}

func (g Given) rows() int { return len(g.Values) / max(1, tensor.Shape(g.Shape).Size()) }

func (g Given) column() (Column, error) {
	if g.Classes == 0 {
		return NewNumbers(g.Name, g.Shape, g.Values, 1)
	}
	classes := make([]int32, len(g.Values))
	for i, v := range g.Values {
		classes[i] = int32(v)
	}
	return NewIndices(g.Name, g.Shape, g.Classes, classes)
}

// Values is the source values: the rows of its configuration, all of them for training.
type Values struct{ config ValuesConfig }

// NewValues returns the source of a configuration. A mistake in the configuration comes out of Load.
func NewValues(c ValuesConfig) Source { return &Values{c} }

// Load implements Source.
func (s *Values) Load(Context) (*Splits, error) {
	if err := s.config.Validate(); err != nil {
		return nil, err
	}
	var target Column
	var inputs []Column
	for _, g := range s.config.Inputs {
		c, err := s.checked(g)
		if err != nil {
			return nil, fmt.Errorf("inputs: %w", err)
		}
		inputs = append(inputs, c)
	}
	if s.config.Target != nil {
		var err error
		if target, err = s.checked(*s.config.Target); err != nil {
			return nil, fmt.Errorf("target: %w", err)
		}
	}
	set, err := NewSet(target, inputs...)
	if err != nil {
		return nil, err
	}
	return &Splits{Train: set}, nil
}

func (s *Values) checked(g Given) (Column, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	return g.column()
}

// Read implements Source. There are no files of this kind: it always returns an error.
func (s *Values) Read(_ Context, path string) (*Set, error) {
	return nil, errors.New("values: the rows stand in the experiment, and none are read from files such as " + path)
}
