package layers_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

func init() {
	layers.RegisterPointwise("softplus_for_test",
		func(x float64) float64 { return math.Log1p(math.Exp(x)) },
		func(_, y float64) float64 { return -math.Expm1(-y) })
}

func TestPointwise(t *testing.T) {
	t.Run("float32", testPointwise[float32])
	t.Run("float64", testPointwise[float64])
}

func testPointwise[T tensor.Float](t *testing.T) {
	n := newNode[T](t, "softplus_for_test", nil, 3, tensor.Shape{})
	copy(n.frame.In(0), []T{0, 1, T(nan)})
	copy(n.frame.DOut(), []T{4, 10, 1})
	n.layer.Forward(n.frame)
	n.layer.Backward(n.frame)
	// ln(1 + e⁰) = ln 2, and the derivative is the logistic function.
	for i, want := range [][2]float64{{math.Ln2, 2}, {1.3132616875182228, 7.310585786300049}, {nan, nan}} {
		y, dx := n.frame.Out()[i], n.frame.DIn(0)[i]
		if !(math.Abs(float64(y)-want[0]) < 1e-6 || i == 2 && y != y) || !(math.Abs(float64(dx)-want[1]) < 1e-6 || i == 2 && dx != dx) {
			t.Errorf("y[%d] = %v, dx = %v, want %v, %v", i, y, dx, want[0], want[1])
		}
	}
}

func ExampleRegisterPointwise() {
	// isru, y = x / √(1 + x²), in any experiment: {type: isru}
	layers.RegisterPointwise("isru",
		func(x float64) float64 { return x / math.Sqrt(1+x*x) },
		func(x, _ float64) float64 { return math.Pow(1+x*x, -1.5) })

	part, err := layers.Registry.Build("isru", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	isru := layers.Make[float32](part)
	d, err := layers.Declare(isru, tensor.Spec{Shape: tensor.Shape{2}})
	if err != nil {
		fmt.Println(err)
		return
	}
	f := layers.NewFrame(d, layers.Allocate[float32](d, 1))
	f.Begin(1, 0, true, tensor.NewRandom(1))
	copy(f.In(0), []float32{0.75, 0})
	copy(f.DOut(), []float32{1, 1})
	isru.Forward(f)
	isru.Backward(f)
	fmt.Println(f.Out(), f.DIn(0))
	// Output: [0.6 0] [0.512 1]
}
