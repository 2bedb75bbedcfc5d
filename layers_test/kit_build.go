package layerstest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// builds checks what the layer declares on the inputs of its case.
func builds(s *subject) error {
	wide, err := newHarness[float64](s)
	if err != nil {
		return fmt.Errorf("float64: %w", err)
	}
	narrow, err := newHarness[float32](s)
	if err != nil {
		return fmt.Errorf("float32: %w", err)
	}
	if got, want := declaration(narrow.decl), declaration(wide.decl); got != want {
		return fmt.Errorf("float32 declares %s, and float64 %s", got, want)
	}
	return nil
}

// declaration formats everything that a layer declared, with initializers by name: their settings may be spelt out or
// left to the defaults, and mean the same.
func declaration(d *layers.Declaration) string { return fmt.Sprintf("%+v", *d) }

// buildErrors tries inputs that the layer may well not take.
func buildErrors(s *subject) error {
	for _, in := range s.oddInputs() {
		odd := s.with(in)
		odd.rows = 2
		h, err := newHarness[float64](odd)
		switch {
		case isPanic(err):
			return fmt.Errorf("on %s, %w", odd.inputs(), err)
		case err != nil && strings.TrimSpace(err.Error()) == "":
			return fmt.Errorf("on %s, Build returns an error without a text", odd.inputs())
		case err != nil:
			continue
		}
		if err := catch(func() error { return writesAll(h) }); err != nil {
			return fmt.Errorf("the layer builds on %s, and then: %w", odd.inputs(), err)
		}
	}
	return nil
}

// oddInputs returns variations of the inputs: none, one less, one more, other ranks and extents, integers for real
// numbers and the other way round.
func (s *subject) oddInputs() [][]tensor.Spec {
	odd := [][]tensor.Spec{nil, append(slices.Clone(s.in), Real(3)), append(slices.Clone(s.in), s.in...), s.in[1:]}
	for i, spec := range s.in {
		replaced := func(by tensor.Spec) []tensor.Spec {
			in := slices.Clone(s.in)
			in[i] = by
			return in
		}
		if spec.IsIndex() {
			odd = append(odd, replaced(Real(spec.Shape...)), replaced(Index(spec.Classes*1000, spec.Shape...)))
		} else {
			odd = append(odd, replaced(Index(5, spec.Shape...)))
		}
		shapes := []tensor.Shape{{}, {1}, {2, 3, 4, 5}, append(slices.Clone(spec.Shape), 2), append(tensor.Shape{2}, spec.Shape...)}
		for axis := range spec.Shape {
			for _, extent := range []int{1, spec.Shape[axis] + 1} {
				shape := slices.Clone(spec.Shape)
				shape[axis] = extent
				shapes = append(shapes, shape)
			}
		}
		for _, shape := range shapes {
			odd = append(odd, replaced(tensor.Spec{Shape: shape, Classes: spec.Classes}))
		}
	}
	return odd
}

// roundTrip writes the configuration as a file would hold it and reads it again, trains for a few steps, and goes on
// in a second layer that has only the configuration, the parameters and the states.
func roundTrip[T tensor.Float](h *harness[T]) error {
	config, err := h.reread()
	if err != nil {
		return err
	}
	restored := *h.subject
	restored.config = config
	second, err := newHarness[T](&restored)
	if err != nil {
		return fmt.Errorf("build from the configuration that was read: %w", err)
	}
	if got, want := declaration(second.decl), declaration(h.decl); got != want {
		return fmt.Errorf("the layer declares %s, and from the configuration that was read %s", want, got)
	}
	s := h.sample(h.rows, 1)
	const steps = 3
	for i := range steps {
		b := h.load(s).begin(true, 0, stepKey().With(uint64(i))).forward().backward()
		s.param, s.state = b.updated()
	}
	key := stepKey().With(steps)
	want := h.load(s).begin(true, 0, key).forward().backward()
	got := second.load(s).begin(true, 0, key).forward().backward()
	return sameBits(fmt.Sprintf("step %d in a layer made from configuration, parameters and states, against the one that had run before", steps+1),
		got.results(), want.results())
}

// reread returns the configuration as it comes back from a file.
func (s *subject) reread() (any, error) {
	written := registry.EncodeChoice(layers.Registry, s.name, s.config)
	_, config, problems := registry.DecodeChoice(layers.Registry, registry.Place{}, written)
	if len(problems) > 0 {
		return nil, fmt.Errorf("the configuration %+v cannot be read back: %s", s.config, problems[0].Message)
	}
	if again := registry.EncodeChoice(layers.Registry, s.name, config); !reflect.DeepEqual(written, again) {
		return nil, fmt.Errorf("the configuration %+v comes back as %+v", s.config, config)
	}
	return config, nil
}

// updated returns the parameters after a small step downhill, and the states that the step left.
func (b *bench[T]) updated() (param, state [][]T) {
	const rate = 0.01
	for i, dw := range b.paramGradients() {
		next := append([]T(nil), b.buf.Param[i]...)
		tensor.Axpy(-rate, dw.values, next)
		param = append(param, next)
	}
	for _, s := range b.buf.NextState {
		state = append(state, append([]T(nil), s...))
	}
	return param, state
}
