package layers_test

import (
	"math"
	"slices"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// moments returns the mean and the standard deviation.
func moments(w []float64) (mean, std float64) {
	mean = tensor.Sum(w) / float64(len(w))
	for _, v := range w {
		std += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(std / float64(len(w)))
}

// Means and deviations of 120000 draws lie within 5 standard errors of what the formulas say, and uniform numbers fill
// their bounds.
func TestInitializerMoments(t *testing.T) {
	shape := tensor.Shape{4, 100, 300} // fans 400 and 1200
	tests := []struct {
		name      string
		init      layers.Initializer
		mean, std float64
		uniform   bool
	}{
		{"xavier_uniform", layers.XavierUniform{Gain: 2}, 0, 2 * math.Sqrt(2./1600), true},
		{"xavier_normal", layers.XavierNormal{Gain: 2}, 0, 2 * math.Sqrt(2./1600), false},
		{"he_uniform", layers.HeUniform{Fan: "in"}, 0, math.Sqrt(2. / 400), true},
		{"he_uniform, fan out, slope", layers.HeUniform{Fan: "out", Slope: 0.5}, 0, math.Sqrt(2 / 1.25 / 1200), true},
		{"he_normal", layers.HeNormal{Fan: "in"}, 0, math.Sqrt(2. / 400), false},
		{"he_normal, fan out, slope", layers.HeNormal{Fan: "out", Slope: 0.5}, 0, math.Sqrt(2 / 1.25 / 1200), false},
		{"lecun_uniform", layers.LeCunUniform{}, 0, math.Sqrt(1. / 400), true},
		{"lecun_normal", layers.LeCunNormal{}, 0, math.Sqrt(1. / 400), false},
		{"normal", layers.Normal{Mean: 3, Std: 0.5}, 3, 0.5, false},
		{"uniform", layers.Uniform{Min: 1, Max: 5}, 3, 4 / math.Sqrt(12), true},
		{"orthogonal", layers.Orthogonal{Gain: 3}, 0, 3 / math.Sqrt(400), false},
	}
	for _, test := range tests {
		w := make([]float64, shape.Size())
		test.init.Fill(w, shape, tensor.NewRandom(1))
		mean, std := moments(w)
		n := math.Sqrt(float64(len(w)))
		if math.Abs(mean-test.mean) > 5*test.std/n || math.Abs(std-test.std) > 5*test.std/n {
			t.Errorf("%s: mean %v, deviation %v, want %v, %v", test.name, mean, std, test.mean, test.std)
		}
		bound := math.Sqrt(3) * test.std * (1 + 1e-15)
		low, high := slices.Min(w)-test.mean, slices.Max(w)-test.mean
		inside := low >= -bound && high <= bound
		if inside != test.uniform {
			t.Errorf("%s: values from %v to %v around the mean, bound %v: inside %v", test.name, low, high, bound, inside)
		}
		if test.uniform && (low > -0.999*bound || high < 0.999*bound) {
			t.Errorf("%s: values from %v to %v around the mean do not fill the bound %v", test.name, low, high, bound)
		}
	}
}

func TestConstantInitializers(t *testing.T) {
	for want, init := range map[float64]layers.Initializer{0: layers.Zeros{}, 1: layers.Ones{}, -2.5: layers.Constant{Value: -2.5}} {
		w := []float64{nan, nan, nan}
		init.Fill(w, tensor.Shape{3}, tensor.NewRandom(1))
		if !slices.Equal(w, []float64{want, want, want}) {
			t.Errorf("%T: %v, want %v", init, w, want)
		}
	}
}

func TestOrthogonal(t *testing.T) {
	for _, shape := range []tensor.Shape{{8, 8}, {20, 5}, {5, 20}, {3, 3, 4, 16}, {2, 3, 50}, {7}, {1, 1}, {150, 150}} {
		w := make([]float64, shape.Size())
		layers.Orthogonal{Gain: 2}.Fill(w, shape, tensor.NewRandom(5))
		cols := shape.Last()
		rows := len(w) / cols
		// element returns entry k of vector i, where the vectors are the columns or, when they are fewer, the rows.
		element := func(i, k int) float64 { return w[k*cols+i] }
		if rows < cols {
			element = func(i, k int) float64 { return w[i*cols+k] }
		}
		for i := range min(rows, cols) {
			for j := range i + 1 {
				var dot, want float64
				for k := range max(rows, cols) {
					dot += element(i, k) * element(j, k)
				}
				if i == j {
					want = 4
				}
				if math.Abs(dot-want) > 1e-12 {
					t.Errorf("%v: product of vectors %d and %d is %v, want %v", shape, i, j, dot, want)
				}
			}
		}
	}
}

// The determinant of a uniform orthogonal matrix is as often negative as positive, and its diagonal averages 0.
// Without a positive diagonal of R neither holds in general. Among so many draws some vectors nearly coincide, where
// one projection would leave products a thousand times the rounding error.
func TestOrthogonalIsUniform(t *testing.T) {
	const draws = 4000
	negative, diagonal := 0, 0.
	for seed := range draws {
		w := make([]float64, 4)
		layers.Orthogonal{Gain: 1}.Fill(w, tensor.Shape{2, 2}, tensor.NewRandom(uint64(seed)))
		if w[0]*w[3]-w[1]*w[2] < 0 {
			negative++
		}
		diagonal += w[0]
		if dot := w[0]*w[1] + w[2]*w[3]; math.Abs(dot) > 1e-15 {
			t.Errorf("seed %d: product of the columns is %v, want 0", seed, dot)
		}
	}
	if math.Abs(float64(negative)-draws/2) > 5*math.Sqrt(draws)/2 {
		t.Errorf("%d of %d determinants are negative, want half", negative, draws)
	}
	if math.Abs(diagonal) > 5*math.Sqrt(draws/2) {
		t.Errorf("the first elements average %v, want 0", diagonal/draws)
	}
}

// A parameter's values depend on its path and on no other parameter.
func TestInitializersDependOnThePathAlone(t *testing.T) {
	shape := tensor.Shape{6, 7}
	fill := func(init layers.Initializer, path string) []float64 {
		w := make([]float64, shape.Size())
		init.Fill(w, shape, tensor.NewRandom(9).WithName(path))
		return w
	}
	for _, name := range layers.Initializers.Names() {
		init := registry.Choose[layers.Initializer](name).New()
		a, b := fill(init, "fc1/w"), fill(init, "fc2/w")
		b2, a2 := fill(init, "fc2/w"), fill(init, "fc1/w")
		if !slices.Equal(a, a2) || !slices.Equal(b, b2) {
			t.Errorf("%s: values change with the order of the parameters", name)
		}
		isConstant := name == "constant" || name == "zeros" || name == "ones" || name == "values"
		if slices.Equal(a, b) != isConstant {
			t.Errorf("%s: two paths have equal values: %v", name, !isConstant)
		}
	}
}

// The initializer values fills a parameter with the numbers of its configuration, and fits no other shape.
func TestValuesFitTheirShape(t *testing.T) {
	c := registry.Defaults[layers.DenseConfig]()
	c.Units, c.Weights = 2, layers.Init{Name: "values", Config: layers.Values{Values: []float64{1, 2, 3, 4, 5, 6}}}
	d, err := layers.Declare(layers.NewDense[float64](c), tensor.Spec{Shape: tensor.Shape{3}})
	if err != nil {
		t.Fatal(err)
	}
	w := make([]float64, 6)
	d.Params[0].Init.New().Fill(w, d.Params[0].Shape, tensor.NewRandom(1))
	if !slices.Equal(w, []float64{1, 2, 3, 4, 5, 6}) {
		t.Errorf("got %v", w)
	}
	_, err = layers.Declare(layers.NewDense[float64](c), tensor.Spec{Shape: tensor.Shape{4}})
	if want := "parameter w: values: holds 6 numbers for the 8 of shape [4 2]"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestUniformRefusesSwappedBounds(t *testing.T) {
	err := layers.Uniform{Min: 2, Max: 1}.Validate()
	if err == nil || err.Error() != "min must be at most max 1, is 2" {
		t.Errorf("error %v, want min must be at most max 1, is 2", err)
	}
	if err := (layers.Uniform{Min: 1, Max: 1}).Validate(); err != nil {
		t.Errorf("equal bounds: %v", err)
	}
}
