package layerstest_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/internal/golden"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// A goldenCase is what PyTorch 2.6.0 computed in float64. Inputs are multiples of 1/1024, so that float32 starts from
// the same numbers.
type goldenCase struct {
	Op, Name                                 string
	Attrs                                    map[string]any
	Inputs, Params, Outputs, Upstream, Grads map[string]golden.Tensor
}

// A goldenRun is a case in the layout of Strata: the batch axis in front, channels last, weights [in out].
type goldenRun struct {
	layer          string
	edit           func(config any)
	rows           int
	in             tensor.Shape
	predict        bool // run as if not training
	seed           uint64
	classes        int  // > 0: x holds whole numbers below it
	skip           bool // a case of what the layer does not do
	x, dy, y, dx   []float64
	params, dparam map[string][]float64
}

// plain is a run with the first axis of x as the batch, no parameters, and nothing moved.
func plain(layer string, c goldenCase) goldenRun {
	x := c.Inputs["x"]
	return goldenRun{
		layer: layer, rows: x.Shape[0], in: x.Shape[1:], params: map[string][]float64{}, dparam: map[string][]float64{},
		x: x.Data, dy: c.Upstream["y"].Data, y: c.Outputs["y"].Data, dx: c.Grads["x"].Data,
	}
}

func (r goldenRun) configured(edit func(config any)) goldenRun {
	r.edit = edit
	return r
}

// channelsLast moves axis 1 of x to the end, where Strata has its channels.
func (r goldenRun) channelsLast() goldenRun {
	if len(r.in) < 2 {
		return r
	}
	channels, rest := r.in[0], tensor.Shape(r.in[1:]).Size()
	move := func(from []float64) []float64 {
		var to []float64
		for len(from) > 0 {
			to = append(to, golden.Transposed(channels, rest, from[:channels*rest])...)
			from = from[channels*rest:]
		}
		return to
	}
	r.x, r.dy, r.y, r.dx = move(r.x), move(r.dy), move(r.y), move(r.dx)
	r.in = append(slices.Clone(r.in[1:]), channels)
	return r
}

// goldenOps says how the cases of an operation run.
var goldenOps = map[string]func(c goldenCase) goldenRun{
	"dense": func(c goldenCase) goldenRun {
		w, dw := c.Params["weight"], c.Grads["weight"]
		units, in := w.Shape[0], w.Shape[1]
		b, bias := c.Params["bias"]
		r := plain("dense", c).configured(func(config any) {
			d := config.(*layers.DenseConfig)
			d.Units, d.Bias = units, bias
		})
		r.params["w"], r.dparam["w"] = golden.Transposed(units, in, w.Data), golden.Transposed(units, in, dw.Data)
		if bias {
			r.params["b"], r.dparam["b"] = b.Data, c.Grads["bias"].Data
		}
		return r
	},
	"sigmoid": func(c goldenCase) goldenRun { return plain("sigmoid", c) },
	"tanh":    func(c goldenCase) goldenRun { return plain("tanh", c) },
	"relu":    func(c goldenCase) goldenRun { return plain("relu", c) },
	"hardtanh": func(c goldenCase) goldenRun {
		return plain("hard_tanh", c).configured(func(config any) {
			h := config.(*layers.HardTanhConfig)
			if len(c.Attrs) > 0 {
				h.Min, h.Max = c.Attrs["min"].(float64), c.Attrs["max"].(float64)
			}
		})
	},
	"relu6": func(c goldenCase) goldenRun {
		return plain("hard_tanh", c).configured(func(config any) {
			h := config.(*layers.HardTanhConfig)
			h.Min, h.Max = 0, 6
		})
	},
	"leaky_relu": func(c goldenCase) goldenRun {
		return plain("leaky_relu", c).configured(func(config any) {
			if slope, ok := c.Attrs["slope"]; ok {
				config.(*layers.LeakyReLUConfig).Slope = slope.(float64)
			}
		})
	},
	"prelu": func(c goldenCase) goldenRun {
		a := c.Params["weight"]
		r := plain("prelu", c).channelsLast().configured(func(config any) {
			if len(a.Data) > 1 {
				config.(*layers.PReLUConfig).Channels = "per_channel"
			}
		})
		r.params["a"], r.dparam["a"] = a.Data, c.Grads["weight"].Data
		return r
	},
	"elu": func(c goldenCase) goldenRun {
		return plain("elu", c).configured(func(config any) {
			if alpha, ok := c.Attrs["alpha"]; ok {
				config.(*layers.ELUConfig).Alpha = alpha.(float64)
			}
		})
	},
	"selu": func(c goldenCase) goldenRun { return plain("selu", c) },
	"gelu": func(c goldenCase) goldenRun {
		return plain("gelu", c).configured(func(config any) {
			if how, ok := c.Attrs["approximate"]; ok {
				config.(*layers.GELUConfig).Approximate = how.(string)
			}
		})
	},
	"silu":       func(c goldenCase) goldenRun { return plain("silu", c) },
	"softsign":   func(c goldenCase) goldenRun { return plain("softsign", c) },
	"hardswish":  func(c goldenCase) goldenRun { return plain("hard_swish", c) },
	"logsigmoid": func(c goldenCase) goldenRun { return plain("log_sigmoid", c) },
	"mish":       func(c goldenCase) goldenRun { return plain("mish", c) },
	"softplus": func(c goldenCase) goldenRun {
		return plain("softplus", c).configured(func(config any) {
			if len(c.Attrs) > 0 {
				s := config.(*layers.SoftplusConfig)
				s.Beta, s.Threshold = c.Attrs["beta"].(float64), c.Attrs["threshold"].(float64)
			}
		})
	},
	"hardsigmoid": func(c goldenCase) goldenRun {
		r := plain("hard_sigmoid", c)
		r.dx = slices.Clone(r.dx)
		for i := range r.dx { // PyTorch 2.6.0 multiplies by 1/6 rounded to float32, in float64 too
			r.dx[i] *= (1. / 6) / float64(float32(1./6))
		}
		return r
	},
	"softmax":     func(c goldenCase) goldenRun { return alongAxis("softmax", c) },
	"log_softmax": func(c goldenCase) goldenRun { return alongAxis("log_softmax", c) },
	"dropout": func(c goldenCase) goldenRun {
		r := plain("dropout", c).configured(func(config any) {
			config.(*layers.DropoutConfig).Rate = c.Attrs["p"].(float64)
		})
		r.predict = !c.Attrs["training"].(bool)
		if mask, ok := c.Inputs["mask"]; ok {
			r.seed = seedOfMask(r, mask.Data)
		}
		return r
	},
	"embedding":        embeddingRun,
	"embedding_concat": embeddingRun, // the vectors of a row lie side by side anyway
	"flatten": func(c goldenCase) goldenRun {
		r := plain("flatten", c)
		if c.Attrs["start_dim"].(float64) == 0 { // the batch axis is flattened too: all of it is one example
			r.rows, r.in = 1, c.Inputs["x"].Shape
		}
		return r
	},
}

// alongAxis is a run whose axis to work along becomes the last one.
func alongAxis(layer string, c goldenCase) goldenRun {
	if c.Attrs["dim"].(float64) == 1 {
		return plain(layer, c).channelsLast()
	}
	return plain(layer, c)
}

// embeddingRun looks rows of a table up. A row for padding, whose gradient is left out, is not offered.
func embeddingRun(c goldenCase) goldenRun {
	ids, w := c.Inputs["ids"], c.Params["weight"]
	_, padding := c.Attrs["padding_idx"]
	return goldenRun{
		layer: "embedding", rows: ids.Shape[0], in: ids.Shape[1:], classes: w.Shape[0], skip: padding,
		edit: func(config any) { config.(*layers.EmbeddingConfig).Dim = w.Shape[1] },
		x:    ids.Data, y: c.Outputs["y"].Data, dy: c.Upstream["y"].Data,
		params: map[string][]float64{"w": w.Data}, dparam: map[string][]float64{"w": c.Grads["weight"].Data},
	}
}

// seedOfMask returns the first seed with which dropout draws the given mask.
func seedOfMask(r goldenRun, mask []float64) uint64 {
	r.x = slices.Repeat([]float64{1}, len(mask))
	for ; ; r.seed++ {
		f, l, _, err := goldenFrame[float64](r)
		if err != nil {
			panic(err)
		}
		l.Forward(f)
		same := slices.EqualFunc(f.Out(), mask, func(y, m float64) bool { return (y != 0) == (m != 0) })
		if same || r.seed == 1e6 {
			return r.seed
		}
	}
}

// goldenFrame makes the layer of a run and a frame with its inputs. What the layer has to set is NaN.
func goldenFrame[T tensor.Float](r goldenRun) (*layers.Frame[T], layers.Layer[T], *layers.Declaration, error) {
	part, err := layers.Registry.Build(r.layer, r.edit)
	if err != nil {
		return nil, nil, nil, err
	}
	l := layers.Make[T](part)
	d, err := layers.Declare(l, tensor.Spec{Shape: r.in, Classes: r.classes})
	if err != nil {
		return nil, nil, nil, err
	}
	b := layers.Allocate[T](d, r.rows)
	for i, p := range d.Params {
		if len(r.params[p.Name]) != p.Shape.Size() {
			return nil, nil, nil, fmt.Errorf("parameter %s has shape %v, the case has %d elements", p.Name, p.Shape, len(r.params[p.Name]))
		}
		copy(b.Param[i], golden.As[T](r.params[p.Name]))
	}
	if n := len(b.In[0]) + len(b.Index[0]); n != len(r.x) || len(b.Out) != len(r.y) {
		return nil, nil, nil, fmt.Errorf("x and y have %d and %d elements, the case has %d and %d", n, len(b.Out), len(r.x), len(r.y))
	}
	copy(b.In[0], golden.As[T](r.x))
	for i := range b.Index[0] {
		b.Index[0][i] = int32(r.x[i])
	}
	copy(b.DOut, golden.As[T](r.dy))
	fillNaN(b.Out)
	fillNaN(b.DIn[0])
	f := layers.NewFrame(d, b)
	f.Begin(r.rows, 0, !r.predict, tensor.NewRandom(r.seed))
	return f, l, d, nil
}

func fillNaN[T tensor.Float](x []T) {
	for i := range x {
		x[i] = T(math.NaN())
	}
}

func testGolden[T tensor.Float](t *testing.T, r goldenRun, tolerance float64) {
	f, l, d, err := goldenFrame[T](r)
	if err != nil {
		t.Fatal(err)
	}
	l.Forward(f)
	golden.Near(t, "y", f.Out(), r.y, tolerance)
	if !d.ReadsIn {
		fillNaN(f.In(0))
	}
	if !d.ReadsOut {
		fillNaN(f.Out())
	}
	l.Backward(f)
	golden.Near(t, "dx", f.DIn(0), r.dx, tolerance)
	for i, p := range d.Params {
		dw := f.DParam(layers.ParamID(i))
		if p.IsTable() {
			dw = make([]T, p.Shape.Size())
			f.DRows(layers.ParamID(i)).AddTo(dw)
		}
		golden.Near(t, "d"+p.Name, dw, r.dparam[p.Name], tolerance)
	}
}

func TestGolden(t *testing.T) {
	tested := map[string]bool{}
	for _, file := range []string{"dense.json", "activations.json", "edges.json", "embedding.json"} {
		for _, c := range golden.Cases[goldenCase](t, file) {
			run, ok := goldenOps[c.Op]
			if !ok { // no layer of that name, or a loss
				continue
			}
			tested[c.Op] = true
			r := run(c)
			if r.skip {
				continue
			}
			t.Run(strings.TrimSuffix(file, ".json")+"/"+c.Op+"/"+c.Name, func(t *testing.T) {
				t.Run("float64", func(t *testing.T) { testGolden[float64](t, r, 1e-10) })
				t.Run("float32", func(t *testing.T) { testGolden[float32](t, r, 1e-5) })
			})
		}
	}
	for op := range goldenOps {
		if !tested[op] {
			t.Errorf("no file holds a case of %s", op)
		}
	}
}

type goldenRule struct {
	Rule, Mode string
	GainOf     string `json:"gain_of"`
	Bound, Std float64
}

// initializer returns the initializer that a rule names, nil where Strata has another idea of a default. The gains of
// the rules are those of PyTorch, each a function of the activation that follows.
func (r goldenRule) initializer() layers.Initializer {
	gain := map[string]float64{
		"linear": 1, "sigmoid": 1, "tanh": 5. / 3, "relu": math.Sqrt2, "selu": 0.75,
		"leaky_relu": math.Sqrt(2 / (1 + 0.01*0.01)), "leaky_relu(0.2)": math.Sqrt(2 / (1 + 0.2*0.2)),
	}[r.GainOf]
	slope, isRectifier := map[string]float64{"relu": 0, "leaky_relu": 0.01, "leaky_relu(0.2)": 0.2}[r.GainOf]
	fan := strings.TrimPrefix(r.Mode, "fan_")
	switch {
	case r.Rule == "xavier_uniform":
		return layers.XavierUniform{Gain: gain}
	case r.Rule == "xavier_normal":
		return layers.XavierNormal{Gain: gain}
	case r.Rule == "kaiming_uniform" && isRectifier:
		return layers.HeUniform{Fan: fan, Slope: slope}
	case r.Rule == "kaiming_normal" && isRectifier:
		return layers.HeNormal{Fan: fan, Slope: slope}
	case r.Rule == "kaiming_uniform" && r.GainOf == "linear" && fan == "in":
		return layers.LeCunUniform{}
	case r.Rule == "lecun_normal":
		return layers.LeCunNormal{}
	}
	return nil
}

func TestGoldenInitializers(t *testing.T) {
	type initCase struct {
		Shape []int
		Rules []goldenRule
	}
	tested := map[string]int{}
	for _, c := range golden.Cases[initCase](t, "initializers.json") {
		shape := append(slices.Clone(c.Shape[2:]), c.Shape[1], c.Shape[0]) // [out in k…] to [k… in out]
		w := make([]float64, tensor.Shape(shape).Size())
		for _, rule := range c.Rules {
			i := rule.initializer()
			if i == nil {
				continue
			}
			tested[fmt.Sprintf("%T", i)]++
			// An element is the bound times a uniform number in [-1, 1), or the deviation times a normal one: the
			// counter is the index, which gives both back.
			r := tensor.NewRandom(7)
			i.Fill(w, shape, r)
			got, want := w[0]/r.Normal(0), rule.Std
			if rule.Bound > 0 {
				got, want = w[0]/(2*r.Float64(0)-1), rule.Bound
			}
			if math.Abs(got-want) > 1e-12*want {
				t.Errorf("%T for %v, %s: %v, want %v", i, shape, rule.GainOf, got, want)
			}
		}
	}
	if len(tested) != 6 {
		t.Errorf("tested %v, want six initializers", tested)
	}
}
