package layers_test

import (
	"errors"
	"math"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

func TestEmbeddingRefuses(t *testing.T) {
	for want, test := range map[string]struct {
		c  layers.EmbeddingConfig
		in []tensor.Spec
	}{
		"takes one input, has 2":                                                 {layers.EmbeddingConfig{Dim: 2}, []tensor.Spec{{Classes: 3}, {Classes: 3}}},
		"dim must be positive, is 0":                                             {layers.EmbeddingConfig{}, []tensor.Spec{{Classes: 3}}},
		"input 0 must hold whole numbers, holds real ones":                       {layers.EmbeddingConfig{Dim: 2}, []tensor.Spec{{Shape: tensor.Shape{4}}}},
		"input 0 holds whole numbers below 9, and the layer takes those below 8": {layers.EmbeddingConfig{Dim: 2, Vocabulary: 8}, []tensor.Spec{{Classes: 9}}},
	} {
		if _, err := layers.Declare(layers.NewEmbedding[float32](test.c), test.in...); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestEmbeddingShapes looks at what the layer declares: one class more than the data uses is allowed, a single number
// gives a vector.
func TestEmbeddingShapes(t *testing.T) {
	for _, test := range []struct {
		vocabulary    int
		in            tensor.Shape
		table, output tensor.Shape
		perExample    int
	}{
		{0, nil, tensor.Shape{6, 3}, tensor.Shape{3}, 1},
		{10, tensor.Shape{5}, tensor.Shape{10, 3}, tensor.Shape{5, 3}, 5},
		{0, tensor.Shape{2, 4}, tensor.Shape{6, 3}, tensor.Shape{2, 4, 3}, 8},
	} {
		c := layers.EmbeddingConfig{Dim: 3, Vocabulary: test.vocabulary}
		d, err := layers.Declare(layers.NewEmbedding[float32](c), tensor.Spec{Shape: test.in, Classes: 6})
		if err != nil {
			t.Fatal(err)
		}
		p := d.Params[0]
		if !p.Shape.Equal(test.table) || !d.Out.Equal(test.output) || !p.IsTable() || p.RowsPerExample != test.perExample {
			t.Errorf("%v: table %v, output %v, %d rows per example", test.in, p.Shape, d.Out, p.RowsPerExample)
		}
	}
}

func TestRowParamErrors(t *testing.T) {
	for want, declare := range map[string]func(b *layers.Builder[float32]){
		"parameter w: the rows that an example touches must be positive, are 0": func(b *layers.Builder[float32]) {
			b.RowParam("w", layers.Init{}, 5, 2, 0)
		},
		"parameter w: a table has at most 2147483647 rows, not 2147483648": func(b *layers.Builder[float32]) {
			b.RowParam("w", layers.Init{}, math.MaxInt32+1, 2, 1)
		},
		"parameter w: axis 0 of shape [0 2] must be positive, is 0": func(b *layers.Builder[float32]) {
			b.RowParam("w", layers.Init{}, 0, 2, 1)
		},
	} {
		_, err := layers.Declare(declares(declare), tensor.Spec{Classes: 3})
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// declares is a layer that only builds.
type declares func(b *layers.Builder[float32])

func (d declares) Build(b *layers.Builder[float32]) error {
	b.Index(0, b.Classes(0))
	b.Out(1)
	d(b)
	return nil
}
func (declares) Forward(*layers.Frame[float32])  {}
func (declares) Backward(*layers.Frame[float32]) {}

func TestEmbeddingIndexOutOfRange(t *testing.T) {
	l := layers.NewEmbedding[float64](layers.EmbeddingConfig{Dim: 2})
	d, err := layers.Declare(l, tensor.Spec{Shape: tensor.Shape{3}, Classes: 4})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []int32{4, -1, math.MinInt32, math.MaxInt32} {
		f := layers.NewFrame(d, layers.Allocate[float64](d, 2))
		f.Begin(2, 0, true, tensor.NewRandom(1))
		f.Index(0)[4] = value
		func() {
			defer func() {
				err, _ := recover().(error)
				e, ok := errors.AsType[*layers.IndexError](err)
				if !ok || *e != (layers.IndexError{Row: 1, Element: 1, Value: int(value), Size: 4}) {
					t.Errorf("%d: panic %v", value, err)
				}
			}()
			l.Forward(f)
		}()
	}
}
