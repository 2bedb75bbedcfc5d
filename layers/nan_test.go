package layers_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// Activations hand a NaN of x on to y and of dy on to dx at the same place, and keep it within its row.
func TestActivationsPropagateNaN(t *testing.T) {
	t.Run("float32", testPropagatesNaN[float32])
	t.Run("float64", testPropagatesNaN[float64])
}

func testPropagatesNaN[T tensor.Float](t *testing.T) {
	for _, name := range []string{
		"sigmoid", "tanh", "hard_tanh", "relu", "leaky_relu", "prelu", "softmax", "dropout", "flatten", "dense",
		"elu", "selu", "gelu", "silu", "mish", "softplus", "hard_sigmoid", "log_softmax", "softsign", "hard_swish", "log_sigmoid",
	} {
		n := newNode[T](t, name, func(config any) {
			if d, ok := config.(*layers.DenseConfig); ok {
				d.Units = 3
			}
		}, 4, tensor.Shape{3})
		copy(n.frame.In(0), []T{0.5, T(nan), 0.25, 1, 2, 3, 0.5, 0.5, 0.25, 0.5, 0.5, 0.25})
		copy(n.frame.DOut(), []T{1, 1, 1, 1, 1, 1, 1, T(nan), 1, 1, 1, 1})
		n.layer.Forward(n.frame)
		n.layer.Backward(n.frame)
		y, dx := n.frame.Out(), n.frame.DIn(0)
		if y[1] == y[1] {
			t.Errorf("%s: y[1] = %v, want NaN", name, y[1])
		}
		if dx[7] == dx[7] {
			t.Errorf("%s: dx[7] = %v, want NaN", name, dx[7])
		}
		isNaN := func(v T) bool { return v != v }
		if slices.ContainsFunc(y[3:], isNaN) || slices.ContainsFunc(dx[9:], isNaN) {
			t.Errorf("%s: NaN spreads to other rows: y = %v, dx = %v", name, y, dx)
		}
	}
}

// At ±∞ and ±0 an activation and its derivative are exactly what they tend to, without overflow or ∞·0 on the way.
func TestActivationLimits(t *testing.T) {
	t.Run("float32", testActivationLimits[float32])
	t.Run("float64", testActivationLimits[float64])
}

func testActivationLimits[T tensor.Float](t *testing.T) {
	inf, zero := math.Inf(1), math.Copysign(0, -1)
	x := []float64{-inf, zero, 0, inf}
	for name, want := range map[string]struct{ y, dx [4]float64 }{
		"sigmoid":      {[4]float64{0, 0.5, 0.5, 1}, [4]float64{0, 0.25, 0.25, 0}},
		"tanh":         {[4]float64{-1, zero, 0, 1}, [4]float64{0, 1, 1, 0}},
		"hard_tanh":    {[4]float64{-1, zero, 0, 1}, [4]float64{0, 1, 1, 0}},
		"relu":         {[4]float64{0, 0, 0, inf}, [4]float64{0, 0, 0, 1}},
		"leaky_relu":   {[4]float64{-inf, zero, 0, inf}, [4]float64{0.5, 0.5, 0.5, 1}},
		"elu":          {[4]float64{-1, zero, 0, inf}, [4]float64{0, 1, 1, 1}},
		"selu":         {[4]float64{-seluBound, zero, 0, inf}, [4]float64{0, seluBound, seluBound, seluScale}},
		"gelu":         {[4]float64{zero, zero, 0, inf}, [4]float64{0, 0.5, 0.5, 1}},
		"gelu/tanh":    {[4]float64{zero, zero, 0, inf}, [4]float64{0, 0.5, 0.5, 1}},
		"silu":         {[4]float64{zero, zero, 0, inf}, [4]float64{0, 0.5, 0.5, 1}},
		"mish":         {[4]float64{zero, zero, 0, inf}, [4]float64{0, 0.6, 0.6, 1}},
		"softplus":     {[4]float64{0, math.Ln2, math.Ln2, inf}, [4]float64{0, 0.5, 0.5, 1}},
		"softsign":     {[4]float64{-1, zero, 0, 1}, [4]float64{0, 1, 1, 0}},
		"hard_swish":   {[4]float64{0, zero, 0, inf}, [4]float64{0, 0.5, 0.5, 1}},
		"log_sigmoid":  {[4]float64{-inf, -math.Ln2, -math.Ln2, zero}, [4]float64{1, 0.5, 0.5, 0}},
		"hard_sigmoid": {[4]float64{0, 0.5, 0.5, 1}, [4]float64{0, 1. / 6, 1. / 6, 0}},
	} {
		layer, variant, _ := strings.Cut(name, "/")
		n := newNode[T](t, layer, func(config any) {
			switch c := config.(type) {
			case *layers.LeakyReLUConfig:
				c.Slope = 0.5
			case *layers.GELUConfig:
				if variant != "" {
					c.Approximate = variant
				}
			}
		}, len(x), tensor.Shape{})
		for i, v := range x {
			n.frame.In(0)[i], n.frame.DOut()[i] = T(v), 1
		}
		n.layer.Forward(n.frame)
		n.layer.Backward(n.frame)
		for i := range x {
			if y := n.frame.Out()[i]; !atLimit(y, want.y[i]) || math.Signbit(float64(y)) != math.Signbit(want.y[i]) {
				t.Errorf("%s of %v is %v, want %v", name, x[i], y, want.y[i])
			}
			if dx := n.frame.DIn(0)[i]; !atLimit(dx, want.dx[i]) {
				t.Errorf("the derivative of %s at %v is %v, want %v", name, x[i], dx, want.dx[i])
			}
		}
	}
}

const (
	seluScale = 1.0507009873554804934193349852946
	seluBound = 1.7580993408473768599402175208123 // α·λ
)

// atLimit compares exactly where the limit is infinite, to the smallest number where it is 0, and to a rounding or two
// elsewhere.
func atLimit[T tensor.Float](got T, want float64) bool {
	switch {
	case math.IsInf(want, 0):
		return float64(got) == want
	case want == 0:
		return math.Abs(float64(got)) <= math.SmallestNonzeroFloat32
	}
	return math.Abs(float64(got)/want-1) <= 4*epsilon[T]()
}

// epsilon is the distance from 1 to the next number.
func epsilon[T tensor.Float]() float64 {
	if T(1)+T(0x1p-40) == 1 {
		return 0x1p-23
	}
	return 0x1p-52
}

// Far from 0, where e^x has little left, activations keep their precision relative to the value.
func TestActivationTails(t *testing.T) {
	t.Run("float32", testActivationTails[float32])
	t.Run("float64", testActivationTails[float64])
}

func testActivationTails[T tensor.Float](t *testing.T) {
	for name, f := range map[string]func(x float64) float64{
		"elu": func(x float64) float64 {
			if x > 0 {
				return x
			}
			return math.Expm1(x)
		},
		"silu":        func(x float64) float64 { return x / (1 + math.Exp(-x)) },
		"softplus":    func(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) },
		"softsign":    func(x float64) float64 { return x / (1 + math.Abs(x)) },
		"log_sigmoid": func(x float64) float64 { return math.Min(x, 0) - math.Log1p(math.Exp(-math.Abs(x))) },
		"mish":        func(x float64) float64 { return x * math.Tanh(math.Log1p(math.Exp(x))) },
	} {
		x := []float64{-80, -40.25, -20, -17.5, -8, -1, -0.125, -1e-3, -0x1p-20, -1e-30, 1e-30, 1e-3, 0.5, 8, 19.5, 40, 1e6, 1e30}
		n := newNode[T](t, name, nil, len(x), tensor.Shape{})
		for i, v := range x {
			n.frame.In(0)[i] = T(v)
		}
		n.layer.Forward(n.frame)
		for i, y := range n.frame.Out() {
			if want := f(float64(n.frame.In(0)[i])); math.Abs(float64(y)/want-1) > 16*epsilon[T]() {
				t.Errorf("%s of %v is %v, want %v", name, x[i], y, want)
			}
		}
	}
}

// tanh z = 2σ(2z) − 1: the two activations are one, stretched and shifted.
func TestTanhIsAStretchedSigmoid(t *testing.T) {
	t.Run("float32", testTanhIsAStretchedSigmoid[float32])
	t.Run("float64", testTanhIsAStretchedSigmoid[float64])
}

func testTanhIsAStretchedSigmoid[T tensor.Float](t *testing.T) {
	const count = 801
	tanh, sigmoid := newNode[T](t, "tanh", nil, count, tensor.Shape{}), newNode[T](t, "sigmoid", nil, count, tensor.Shape{})
	for i := range count {
		z := T(i-count/2) / 40
		tanh.frame.In(0)[i], sigmoid.frame.In(0)[i] = z, 2*z
		tanh.frame.DOut()[i], sigmoid.frame.DOut()[i] = 1, 4 // d/dz of 2σ(2z) is 4σ'(2z)
	}
	for _, n := range []node[T]{tanh, sigmoid} {
		n.layer.Forward(n.frame)
		n.layer.Backward(n.frame)
	}
	for i, y := range tanh.frame.Out() {
		z := tanh.frame.In(0)[i]
		if want := 2*sigmoid.frame.Out()[i] - 1; math.Abs(float64(y-want)) > 4*epsilon[T]() {
			t.Errorf("tanh(%v) = %v, and 2σ(2·%[1]v) − 1 = %v", z, y, want)
		}
		if got, want := tanh.frame.DIn(0)[i], sigmoid.frame.DIn(0)[i]; math.Abs(float64(got-want)) > 4*epsilon[T]() {
			t.Errorf("tanh'(%v) = %v, and 4σ'(2·%[1]v) = %v", z, got, want)
		}
	}
}
