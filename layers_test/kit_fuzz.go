package layerstest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

const (
	fuzzTrials  = 40
	fuzzMaxSize = 300 // elements of a row
)

// fuzz tries configurations and inputs near those of the case. What Build refuses is passed over; what it accepts must
// keep the rules that sizes can break.
func fuzz(s *subject) error {
	for trial := range fuzzTrials {
		r := tensor.NewRandom(uint64(trial)).WithName("fuzz")
		other := *s
		other.in = fuzzInputs(s.in, r.WithName("inputs"))
		other.rows, other.probes = []int{1, 2, 3, 5, 7, 9}[r.IntN(0, 6)], 12
		if trial%2 == 1 {
			other.config = fuzzConfig(s.name, s.config, r.WithName("config"))
		}
		if err := fuzzOne(&other); err != nil {
			return fmt.Errorf("%s: %w", &other, err)
		}
	}
	return nil
}

func fuzzOne(s *subject) error {
	_, err := newHarness[float64](s)
	switch {
	case isPanic(err):
		return fmt.Errorf("build: %w", err)
	case err != nil:
		return nil
	}
	for _, name := range []string{"WritesAll", "OutOfBounds", "BatchOfOne", "Gradient", "Float32"} {
		for _, r := range rules() {
			if r.name != name {
				continue
			}
			if err := catch(func() error { return r.check(s) }); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// fuzzInputs draws shapes. Axes that were equal stay equal, as the inputs of a sum must.
func fuzzInputs(in []tensor.Spec, r tensor.Random) []tensor.Spec {
	extents := []int{1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 31, 33}
	drawn := map[int]int{}
	draws := 0
	draw := func() int {
		draws++
		return extents[r.IntN(draws, len(extents))]
	}
	lead := tensor.Shape(nil) // an axis in front of all inputs, in one of four trials
	if r.IntN(0, 4) == 0 {
		lead = tensor.Shape{draw()}
	}
	out := slices.Clone(in)
	for i, spec := range in {
		shape := slices.Clone(lead)
		for _, extent := range spec.Shape {
			if _, ok := drawn[extent]; !ok {
				drawn[extent] = draw()
			}
			shape = append(shape, drawn[extent])
		}
		if shape.Size() <= fuzzMaxSize {
			out[i].Shape = shape
		}
	}
	return out
}

// fuzzConfig changes each key of a configuration in one of two draws, within the rules that its fields declare.
func fuzzConfig(name string, config any, r tensor.Random) any {
	description, err := layers.Registry.Describe(name)
	if err != nil {
		return config
	}
	for i, field := range description.Fields {
		if r.Uint64(2*i)&1 == 0 {
			continue
		}
		block := registry.EncodeChoice(layers.Registry, name, config)
		for k := 0; k+1 < len(block.Content); k += 2 {
			if block.Content[k].Value == field.Key {
				block.Content[k+1].Value = fuzzValue(field, block.Content[k+1].Value, r.With(uint64(i)))
			}
		}
		if _, changed, problems := registry.DecodeChoice(layers.Registry, registry.Place{}, block); len(problems) == 0 {
			config = changed
		}
	}
	return config
}

// fuzzValue draws a value of a field near the one that it has. A number keeps its sign and its order of magnitude: it
// may be a rate, a temperature, or a guard against division by zero.
func fuzzValue(f registry.Field, value string, r tensor.Random) string {
	const largeCount = 64 // whole numbers above are sizes of tables and seeds
	switch f.Type {
	case "true or false":
		return strconv.FormatBool(value != "true")
	case "whole number":
		if n, err := strconv.Atoi(value); err == nil && n <= largeCount {
			return strconv.Itoa(max(0, n-2+r.IntN(0, 5)))
		}
	case "number":
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			return strconv.FormatFloat(v*[]float64{0.5, 0.75, 1.5, 2}[r.IntN(0, 4)], 'g', -1, 64)
		}
	case "text":
		if list, ok := strings.CutPrefix(f.Rule, "one of "); ok {
			options := strings.Split(list, ", ")
			return options[r.IntN(0, len(options))]
		}
	}
	return value
}
