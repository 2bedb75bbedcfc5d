package tensor

import (
	"errors"
	"math"
	"slices"
	"testing"
)

// call is a call of public functions with arguments that fit.
type call struct {
	name string
	run  func()
}

// calls lists every public function that computes.
func calls[T Float]() []call {
	x, y, dst := []T{1, 2, 3, 4, 5, 6}, []T{6, 5, 4, 3, 2, 1}, make([]T, 6)
	row, square := []T{1, 2, 3}, make([]T, 9)
	a, b := Mat(2, 3, x), Mat(3, 2, y)
	pixels := []uint8{1, 2, 3, 4, 5, 6}
	r, shape := NewRandom(1), Shape{3, 4}
	var number T
	var wide float64
	var bits uint64
	return []call{
		{"axpy", func() { Axpy(0, x, dst) }},
		{"add", func() { AddTo(dst, x) }},
		{"add_apart", func() { Add(dst, x, y) }},
		{"sub", func() { Sub(dst, x, y) }},
		{"mul_add", func() { MulAdd(dst, x, y) }},
		{"scale", func() { Scale(1, x) }},
		{"scale_to", func() { ScaleTo(dst, 1, x) }},
		{"clamp", func() { Clamp(1, dst) }},
		{"mul", func() { Mul(dst, x, y) }},
		{"dot", func() { number = Dot(x, y) }},
		{"sum", func() { number = Sum(x) }},
		{"sum_squares", func() { wide = SumSquares(x) }},
		{"sum_abs", func() { wide = SumAbs(x) }},
		{"add_row", func() { AddRow(dst, row) }},
		{"sum_rows overwrite", func() { SumRows(row, Overwrite, dst) }},
		{"sum_rows", func() { SumRows(row, Accumulate, dst) }},
		{"exp", func() { Exp(dst, x) }},
		{"log", func() { Log(dst, x) }},
		{"tanh", func() { Tanh(dst, x) }},
		{"sigmoid", func() { Sigmoid(dst, x) }},
		{"tanh_backward", func() { TanhBackward(dst, x, y) }},
		{"sigmoid_backward", func() { SigmoidBackward(dst, x, y) }},
		{"erf", func() { Erf(dst, x) }},
		{"gelu", func() { GELU(dst, x) }},
		{"gelu_backward", func() { GELUBackward(dst, x, y) }},
		{"gelu_tanh", func() { GELUTanh(dst, x) }},
		{"gelu_tanh_backward", func() { GELUTanhBackward(dst, x, y) }},
		{"relu", func() { ReLU(dst, x) }},
		{"relu_backward", func() { ReLUBackward(dst, x, y) }},
		{"leaky_relu", func() { LeakyReLU(dst, x, 0.5) }},
		{"leaky_relu_backward", func() { LeakyReLUBackward(dst, x, y, 0.5) }},
		{"silu", func() { SiLU(dst, x) }},
		{"silu_backward", func() { SiLUBackward(dst, x, y) }},
		{"mish", func() { Mish(dst, x) }},
		{"mish_backward", func() { MishBackward(dst, x, y) }},
		{"elu", func() { ELU(dst, x, 1, 1) }},
		{"elu_backward", func() { ELUBackward(dst, x, y, 1, 1) }},
		{"softplus", func() { Softplus(dst, x, 1, 20) }},
		{"softplus_backward", func() { SoftplusBackward(dst, x, y, 1, 20) }},
		{"clip", func() { Clip(dst, x, 2, 4) }},
		{"clip_backward", func() { ClipBackward(dst, x, y, 2, 4) }},
		{"max", func() { number = Max(x) }},
		{"softmax", func() { Softmax(dst, x, 3) }},
		{"cross_entropy", func() { wide = CrossEntropy(dst, x, []int32{0, 2}, 3, 0.5) }},
		{"matmul", func() { MatMul(Mat(2, 2, square), Overwrite, a, b) }},
		{"matmul_bias", func() { MatMulBias(Mat(2, 2, square), a, b, square[:2]) }},
		{"matmul_nt", func() { MatMulNT(Mat(2, 2, square), Accumulate, a, a) }},
		{"matmul_tn", func() { MatMulTN(Mat(3, 3, square), Overwrite, a, a) }},
		{"dropout", func() { Dropout(dst, x, r, 0.5, 2) }},
		{"scale_numbers", func() { ScaleNumbers(dst, pixels, 0.5) }},
		{"random", func() { bits = r.With(3).WithName("name").Uint64(4); _ = bits }},
		{"draws", func() { wide = r.Float64(1) + r.Normal(2) + float64(r.IntN(3, 10)); _, _ = wide, number }},
		{"shape", func() { _, _, _ = shape.Check(), shape.Size(), shape.Equal(shape) }},
	}
}

func TestNothingAllocates(t *testing.T) {
	for _, c := range append(calls[float32](), calls[float64]()...) {
		if n := testing.AllocsPerRun(10, c.run); n != 0 {
			t.Errorf("%s allocates %v times", c.name, n)
		}
	}
}

// TestFunctions checks that each public function calls the kernel of its name with its arguments in order.
func TestFunctions(t *testing.T) {
	e := math.E
	for _, test := range []struct {
		name string
		run  func(dst, x, y []float64)
		want []float64
	}{
		{"axpy", func(dst, x, _ []float64) { Axpy(2, x, dst) }, []float64{12, 14, 16, 18}},
		{"axpy onto itself", func(dst, _, _ []float64) { Axpy(1, dst, dst) }, []float64{20, 20, 20, 20}},
		{"add", func(dst, x, _ []float64) { AddTo(dst, x) }, []float64{11, 12, 13, 14}},
		{"scale", func(dst, _, _ []float64) { Scale(3, dst) }, []float64{30, 30, 30, 30}},
		{"mul", Mul[float64], []float64{0, 2, -3, 8}},
		{"mul add", MulAdd[float64], []float64{10, 12, 7, 18}},
		{"copy", func(dst, x, _ []float64) { Copy(dst, x) }, []float64{1, 2, 3, 4}},
		{"add apart", Add[float64], []float64{1, 3, 2, 6}},
		{"sub", Sub[float64], []float64{1, 1, 4, 2}},
		{"scale to", func(dst, x, _ []float64) { ScaleTo(dst, 3, x) }, []float64{3, 6, 9, 12}},
		{"clamp", func(dst, x, _ []float64) { copy(dst, x); dst[0] = -7; Clamp(2.5, dst) }, []float64{-2.5, 2, 2.5, 2.5}},
		{"scale numbers", func(dst, x, _ []float64) { ScaleNumbers(dst, x, 0.5) }, []float64{0.5, 1, 1.5, 2}},
		{"sum of absolutes", func(dst, _, y []float64) { dst[0] = SumAbs(y) }, []float64{4, 10, 10, 10}},
		{"sum rows overwrite", func(dst, x, _ []float64) { SumRows(dst[:2], Overwrite, x) }, []float64{4, 6, 10, 10}},
		{"dot", func(dst, x, y []float64) { dst[0] = Dot(x, y) }, []float64{7, 10, 10, 10}},
		{"sum", func(dst, x, _ []float64) { dst[0] = Sum(x) }, []float64{10, 10, 10, 10}},
		{"sum of squares", func(dst, x, _ []float64) { dst[0] = SumSquares(x) }, []float64{30, 10, 10, 10}},
		{"add row", func(dst, x, _ []float64) { AddRow(dst, x[:2]) }, []float64{11, 12, 11, 12}},
		{"sum rows", func(dst, x, _ []float64) { SumRows(dst[:2], Accumulate, x) }, []float64{14, 16, 10, 10}},
		{"exp", func(dst, _, y []float64) { Exp(dst, y) }, []float64{1, e, 1 / e, e * e}},
		{"log", func(dst, _, _ []float64) { Exp(dst, dst); Log(dst, dst) }, []float64{10, 10, 10, 10}},
		{"tanh", func(dst, _, y []float64) { Tanh(dst, y) }, []float64{0, math.Tanh(1), -math.Tanh(1), math.Tanh(2)}},
		{"sigmoid", func(dst, _, y []float64) { Sigmoid(dst, y) }, []float64{0.5, e / (e + 1), 1 / (e + 1), e * e / (e*e + 1)}},
		{"tanh backward", func(dst, x, y []float64) { TanhBackward(dst, y, x) }, []float64{1, 0, 0, -12}},
		{"sigmoid backward", func(dst, x, y []float64) { SigmoidBackward(dst, y, x) }, []float64{0, 0, -6, -8}},
		{"erf", func(dst, _, y []float64) { Erf(dst, y) }, []float64{0, math.Erf(1), -math.Erf(1), math.Erf(2)}},
		{"gelu", func(dst, _, y []float64) { GELU(dst, y) }, []float64{0, 0.84134474606854293, -0.15865525393145705, 1.9544997361036416}},
		{"gelu tanh", func(dst, _, y []float64) { GELUTanh(dst, y) }, []float64{0, 0.84119199060827676, -0.15880800939172324, 1.9545976940877752}},
		{"gelu backward", func(dst, x, y []float64) { GELUBackward(dst, y, x) }, []float64{0.5, 2.1666309411753726, -0.2499464117630589, 4.3409272043127876}},
		{"gelu tanh backward", func(dst, x, y []float64) { GELUTanhBackward(dst, y, x) }, []float64{0.5, 2.1659281676915651, -0.24889225153734767, 4.3443970264944735}},
		{"relu", func(dst, _, y []float64) { ReLU(dst, y) }, []float64{0, 1, 0, 2}},
		{"relu backward", func(dst, x, y []float64) { ReLUBackward(dst, y, x) }, []float64{0, 2, 0, 4}},
		{"leaky relu", func(dst, _, y []float64) { LeakyReLU(dst, y, 0.5) }, []float64{0, 1, -0.5, 2}},
		{"leaky relu backward", func(dst, x, y []float64) { LeakyReLUBackward(dst, y, x, 0.5) }, []float64{0.5, 2, 1.5, 4}},
		{"silu", func(dst, _, y []float64) { SiLU(dst, y) }, []float64{0, e / (e + 1), -1 / (e + 1), 2 * e * e / (e*e + 1)}},
		{"silu backward", func(dst, x, y []float64) { SiLUBackward(dst, y, x) }, []float64{0.5, 1.8553410237429737, 0.21698846438553976, 4.363136995139581}},
		{"mish", func(dst, _, y []float64) { Mish(dst, y) }, []float64{0, 0.8650983882673103, -0.30340146137410895, 1.9439589595339946}},
		{"mish backward", func(dst, x, y []float64) { MishBackward(dst, y, x) }, []float64{0.6, 2.0980724401995845, 0.177650267632185, 4.2772717371179585}},
		{"elu", func(dst, _, y []float64) { ELU(dst, y, 2, 3) }, []float64{0, 2, 3 * math.Expm1(-1), 4}},
		{"elu backward", func(dst, x, y []float64) { ELUBackward(dst, y, x, 2, 3) }, []float64{3, 4, 9 / e, 8}},
		{"softplus", func(dst, _, y []float64) { Softplus(dst, y, 1, 1.5) }, []float64{math.Ln2, math.Log1p(e), math.Log1p(1 / e), 2}},
		{"softplus backward", func(dst, x, y []float64) { SoftplusBackward(dst, y, x, 1, 1.5) }, []float64{0.5, 2 * e / (e + 1), 3 / (e + 1), 4}},
		{"clip", func(dst, x, _ []float64) { Clip(dst, x, 2, 3) }, []float64{2, 2, 3, 3}},
		{"clip backward", func(dst, x, y []float64) { ClipBackward(dst, y, x, -1, 2) }, []float64{1, 2, 0, 0}},
		{"max", func(dst, _, y []float64) { dst[0] = Max(y) }, []float64{2, 10, 10, 10}},
		{"softmax", func(dst, _, y []float64) { Softmax(dst, y, 2) }, []float64{1 / (1 + e), e / (1 + e), 1 / (1 + e*e*e), e * e * e / (1 + e*e*e)}},
		{"cross entropy", func(dst, x, y []float64) {
			dx := make([]float64, 4)
			dst[0] = CrossEntropy(dx, y, []int32{1, 0}, 2, 2)
			copy(dst[1:], dx[:3])
		}, []float64{math.Log1p(1/e) + math.Log1p(e*e*e), 2 / (1 + e), -2 / (1 + e), -2 + 2/(1+e*e*e)}},
		{"matmul", func(dst, x, y []float64) { MatMul(Mat(2, 2, dst), Overwrite, Mat(2, 2, x), Mat(2, 2, y)) }, []float64{-2, 5, -4, 11}},
		{"matmul_bias", func(dst, x, y []float64) { MatMulBias(Mat(2, 2, dst), Mat(2, 2, x), Mat(2, 2, y), x[2:]) }, []float64{1, 9, -1, 15}},
		{"matmul_nt", func(dst, x, y []float64) { MatMulNT(Mat(2, 2, dst), Overwrite, Mat(2, 2, x), Mat(2, 2, y)) }, []float64{2, 3, 4, 5}},
		{"matmul_tn", func(dst, x, y []float64) { MatMulTN(Mat(2, 2, dst), Accumulate, Mat(2, 2, x), Mat(2, 2, y)) }, []float64{7, 17, 6, 20}},
		{"matmul of one column", func(dst, x, y []float64) {
			column := Matrix[float64]{Rows: 2, Cols: 1, Stride: 2, Data: dst[:3]}
			MatMul(column, Overwrite, Mat(2, 2, x), Mat(2, 1, y))
		}, []float64{2, 10, 4, 10}},
	} {
		dst, x, y := []float64{10, 10, 10, 10}, []float64{1, 2, 3, 4}, []float64{0, 1, -1, 2}
		test.run(dst, x, y)
		if !slices.EqualFunc(dst, test.want, func(a, b float64) bool { return math.Abs(a-b) <= 4e-16*max(1, math.Abs(b)) }) {
			t.Errorf("%s: %v, want %v", test.name, dst, test.want)
		}
	}
}

func TestShapeErrors(t *testing.T) {
	three, four, none := make([]float64, 3), make([]float64, 4), []float64{}
	m23, m32 := Mat(2, 3, make([]float64, 6)), Mat(3, 2, make([]float64, 6))
	m22, m33 := Mat(2, 2, make([]float64, 4)), Mat(3, 3, make([]float64, 9))
	short := Matrix[float64]{Rows: 2, Cols: 3, Stride: 3, Data: make([]float64, 5)}
	gap := Matrix[float64]{Rows: 3, Cols: 2, Stride: 4, Data: make([]float64, 9)}
	overlap := Matrix[float64]{Rows: 2, Cols: 3, Stride: 2, Data: make([]float64, 6)}
	negative := Matrix[float64]{Rows: -1, Cols: 3, Stride: 3}
	backward := Matrix[float64]{Rows: 2, Cols: 0, Stride: -1}
	vast := Matrix[float64]{Rows: math.MaxInt, Cols: 2, Stride: math.MaxInt, Data: make([]float64, 6)}
	for _, test := range []struct {
		run  func()
		want string
	}{
		{func() { Axpy(1, three, four) }, "tensor: axpy: lengths 3 and 4 differ"},
		{func() { AddTo(three, four) }, "tensor: add: lengths 4 and 3 differ"},
		{func() { Mul(three, three, four) }, "tensor: mul: lengths 3 and 4 differ"},
		{func() { Mul(four, three, three) }, "tensor: mul: lengths 4 and 3 differ"},
		{func() { Mul(three, four, three) }, "tensor: mul: lengths 4 and 3 differ"},
		{func() { Copy(three, four) }, "tensor: copy: lengths 3 and 4 differ"},
		{func() { Add(three, three, four) }, "tensor: add: lengths 3 and 4 differ"},
		{func() { Sub(four, three, three) }, "tensor: sub: lengths 4 and 3 differ"},
		{func() { MulAdd(three, four, three) }, "tensor: mul_add: lengths 4 and 3 differ"},
		{func() { ScaleTo(three, 1, four) }, "tensor: scale_to: lengths 3 and 4 differ"},
		{func() { Clamp(0, four) }, "tensor: clamp: the limit must be positive, is 0"},
		{func() { SumRows(three, Overwrite, four) }, "tensor: sum_rows: 4 elements are no whole number of rows of 3"},
		{func() { Dropout(three, four, NewRandom(1), 0.5, 2) }, "tensor: dropout: lengths 3 and 4 differ"},
		{func() { Dropout(four, four, NewRandom(1), 1.5, 2) }, "tensor: dropout: the rate must be in [0, 1], is 1.5"},
		{func() { Dropout(four, four, NewRandom(1), math.NaN(), 2) }, "tensor: dropout: the rate must be in [0, 1], is NaN"},
		{func() { ScaleNumbers(three, []uint8{1}, 1) }, "tensor: scale_numbers: lengths 3 and 1 differ"},
		{func() { Dot(three, four) }, "tensor: dot: lengths 3 and 4 differ"},
		{func() { AddRow(four, three) }, "tensor: add_row: 4 elements are no whole number of rows of 3"},
		{func() { AddRow(four, none) }, "tensor: add_row: 4 elements are no whole number of rows of 0"},
		{func() { SumRows(three, Accumulate, four) }, "tensor: sum_rows: 4 elements are no whole number of rows of 3"},
		{func() { SumRows(none, Accumulate, four) }, "tensor: sum_rows: 4 elements are no whole number of rows of 0"},
		{func() { Exp(three, four) }, "tensor: exp: lengths 3 and 4 differ"},
		{func() { Exp(four[:3], four) }, "tensor: exp: lengths 3 and 4 differ"},
		{func() { Log(four, three) }, "tensor: log: lengths 4 and 3 differ"},
		{func() { Tanh(three, four) }, "tensor: tanh: lengths 3 and 4 differ"},
		{func() { Sigmoid(three, four) }, "tensor: sigmoid: lengths 3 and 4 differ"},
		{func() { TanhBackward(three, three, four) }, "tensor: tanh_backward: lengths 4 and 3 differ"},
		{func() { SigmoidBackward(four, three, three) }, "tensor: sigmoid_backward: lengths 4 and 3 differ"},
		{func() { Erf(three, four) }, "tensor: erf: lengths 3 and 4 differ"},
		{func() { GELU(three, four) }, "tensor: gelu: lengths 3 and 4 differ"},
		{func() { GELUBackward(three, three, four) }, "tensor: gelu_backward: lengths 4 and 3 differ"},
		{func() { GELUTanh(three, four) }, "tensor: gelu_tanh: lengths 3 and 4 differ"},
		{func() { GELUTanhBackward(three, three, four) }, "tensor: gelu_tanh_backward: lengths 4 and 3 differ"},
		{func() { ReLU(three, four) }, "tensor: relu: lengths 3 and 4 differ"},
		{func() { ReLUBackward(three, four, four) }, "tensor: relu_backward: lengths 3 and 4 differ"},
		{func() { LeakyReLU(three, four, 1) }, "tensor: leaky_relu: lengths 3 and 4 differ"},
		{func() { LeakyReLUBackward(three, three, four, 1) }, "tensor: leaky_relu_backward: lengths 4 and 3 differ"},
		{func() { SiLU(three, four) }, "tensor: silu: lengths 3 and 4 differ"},
		{func() { SiLUBackward(three, three, four) }, "tensor: silu_backward: lengths 4 and 3 differ"},
		{func() { Mish(three, four) }, "tensor: mish: lengths 3 and 4 differ"},
		{func() { MishBackward(three, three, four) }, "tensor: mish_backward: lengths 4 and 3 differ"},
		{func() { ELU(three, four, 1, 1) }, "tensor: elu: lengths 3 and 4 differ"},
		{func() { ELUBackward(three, three, four, 1, 1) }, "tensor: elu_backward: lengths 4 and 3 differ"},
		{func() { Softplus(three, four, 1, 20) }, "tensor: softplus: lengths 3 and 4 differ"},
		{func() { SoftplusBackward(three, three, four, 1, 20) }, "tensor: softplus_backward: lengths 4 and 3 differ"},
		{func() { Clip(three, four, 0, 1) }, "tensor: clip: lengths 3 and 4 differ"},
		{func() { ClipBackward(three, three, four, 0, 1) }, "tensor: clip_backward: lengths 4 and 3 differ"},
		{func() { Max(none) }, "tensor: max: no elements"},
		{func() { Softmax(three, four, 2) }, "tensor: softmax: lengths 3 and 4 differ"},
		{func() { Softmax(four, four, 3) }, "tensor: softmax: 4 elements are no whole number of rows of 3"},
		{func() { Softmax(four, four, 0) }, "tensor: softmax: 4 elements are no whole number of rows of 0"},
		{func() { Softmax(four, four, -2) }, "tensor: softmax: 4 elements are no whole number of rows of -2"},
		{func() { CrossEntropy(nil, four, []int32{0}, 3, 1) }, "tensor: cross_entropy: 4 elements are no whole number of rows of 3"},
		{func() { CrossEntropy(nil, four, []int32{0}, 2, 1) }, "tensor: cross_entropy: lengths 1 and 2 differ"},
		{func() { CrossEntropy(three, four, []int32{0, 1}, 2, 1) }, "tensor: cross_entropy: lengths 3 and 4 differ"},
		{func() { CrossEntropy(nil, four, []int32{0, 2}, 2, 1) }, "tensor: cross_entropy: class 2 is not below 2"},
		{func() { CrossEntropy(nil, four, []int32{-1, 0}, 2, 1) }, "tensor: cross_entropy: class -1 is not below 2"},
		{func() { Mat(2, 2, three) }, "tensor: mat: 2×2 with stride 2 is larger than its 3 elements"},
		{func() { Mat(-1, -1, four) }, "tensor: mat: no matrix is -1×-1"},
		{func() { Mat(2, -1, four) }, "tensor: mat: no matrix is 2×-1"},
		{func() { Mat(1<<32, 1<<32, four) }, "tensor: mat: 4294967296×4294967296 with stride 4294967296 is larger than its 4 elements"},
		{func() { MatMul(m22, Overwrite, m23, m23) }, "tensor: matmul: product of 2×3 and 2×3 into 2×2"},
		{func() { MatMul(m23, Overwrite, m23, m32) }, "tensor: matmul: product of 2×3 and 3×2 into 2×3"},
		{func() { MatMul(m32, Overwrite, m23, m32) }, "tensor: matmul: product of 2×3 and 3×2 into 3×2"},
		{func() { MatMulBias(m22, m23, m23, four[:2]) }, "tensor: matmul_bias: product of 2×3 and 2×3 into 2×2"},
		{func() { MatMulBias(m22, m23, m32, three) }, "tensor: matmul_bias: bias of 3 elements for 2 columns"},
		{func() { MatMulNT(m22, Overwrite, m23, m32) }, "tensor: matmul_nt: product of 2×3 and 2×3 into 2×2"},
		{func() { MatMulNT(m33, Accumulate, m23, m23) }, "tensor: matmul_nt: product of 2×3 and 3×2 into 3×3"},
		{func() { MatMulTN(m33, Overwrite, m23, m32) }, "tensor: matmul_tn: product of 3×2 and 3×2 into 3×3"},
		{func() { MatMulTN(m22, Accumulate, m23, m23) }, "tensor: matmul_tn: product of 3×2 and 2×3 into 2×2"},
		{func() { MatMul(m22, Overwrite, short, m32) }, "tensor: matmul: 2×3 with stride 3 is larger than its 5 elements"},
		{func() { MatMul(m22, Overwrite, m23, gap) }, "tensor: matmul: 3×2 with stride 4 is larger than its 9 elements"},
		{func() { MatMulNT(short, Overwrite, m22, m32) }, "tensor: matmul_nt: 2×3 with stride 3 is larger than its 5 elements"},
		{func() { MatMulTN(overlap, Overwrite, m22, m23) }, "tensor: matmul_tn: stride 2 is below 3 columns"},
		{func() { MatMulTN(m33, Overwrite, negative, m23) }, "tensor: matmul_tn: no matrix is -1×3"},
		{func() { MatMul(m22, Overwrite, backward, m22) }, "tensor: matmul: stride -1 is below 0 columns"},
		{func() { MatMul(m22, Overwrite, m23, vast) }, "tensor: matmul: 9223372036854775807×2 with stride 9223372036854775807 is larger than its 6 elements"},
		{func() { NewRandom(1).IntN(0, 0) }, "tensor: int_n: the bound must be positive, is 0"},
		{func() { NewRandom(1).IntN(0, -5) }, "tensor: int_n: the bound must be positive, is -5"},
	} {
		func() {
			defer func() {
				err, _ := recover().(error)
				var shape *ShapeError
				if !errors.As(err, &shape) || err.Error() != test.want {
					t.Errorf("panic %q, want a shape error %q", err, test.want)
				}
			}()
			test.run()
		}()
	}
	for _, x := range [][]float64{three, four} {
		if slices.ContainsFunc(x, func(v float64) bool { return v != 0 }) {
			t.Errorf("a refused call wrote %v", x)
		}
	}
}

// TestEmpty: no elements and no rows are no mistake.
func TestEmpty(t *testing.T) {
	var none []float64
	Axpy(1, none, none)
	Mul(none, none, none)
	Exp(none, none)
	Softmax(none, none, 3)
	AddRow(none, []float64{1})
	if Sum(none) != 0 || Dot(none, none) != 0 || SumSquares(none) != 0 {
		t.Error("the sum of nothing is 0")
	}
	c := []float64{1, 2}
	MatMul(Mat(1, 2, c), Accumulate, Mat(1, 0, none), Mat(0, 2, none))
	if c[0] != 1 || c[1] != 2 {
		t.Errorf("adding an empty product gave %v", c)
	}
	MatMulNT(Mat(1, 2, c), Overwrite, Mat(1, 0, none), Mat(2, 0, none))
	if c[0] != 0 || c[1] != 0 {
		t.Errorf("setting an empty product gave %v", c)
	}
	MatMulTN(Mat(0, 2, none), Overwrite, Mat(3, 0, none), Mat(3, 2, make([]float64, 6)))
	MatMul(Mat(2, 0, none), Overwrite, Mat(2, 3, make([]float64, 6)), Mat(3, 0, none))
}
