package train_test

import (
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// halving is a number that halves with every epoch.
func halving(start float64) registry.Number {
	step := registry.Defaults[schedule.StepConfig]()
	step.Start, step.Every = start, 1
	return schedule.Number(schedule.NewStep(step))
}

// penalize gives a run one penalty on the weights.
func penalize[T tensor.Float](r optim.Regularizer[T]) func(s *train.Setup[T]) {
	return func(s *train.Setup[T]) {
		s.Regularizers = []train.Penalty[T]{{Regularizer: r, Params: []string{"*/w"}}}
	}
}

// mechanisms is everything that a run may do besides an optimizer with its defaults: each regularizer of the registry, and
// what is no part.
func mechanisms[T tensor.Float](t *testing.T) map[string]func(s *train.Setup[T]) {
	t.Helper()
	all := map[string]func(s *train.Setup[T]){
		"l1, proximal":  penalize(optim.NewL1[T](optim.L1Config{Strength: registry.Const(0.1), Form: optim.Proximal})),
		"l2, scheduled": penalize(optim.NewL2[T](optim.L2Config{Strength: halving(0.01)})),
		"every rate of adamw": func(s *train.Setup[T]) {
			s.Optimizer = optim.NewAdamW[T](optim.AdamWConfig{
				AdamConfig:  optim.AdamConfig{LR: halving(0.01), Beta1: halving(0.9), Beta2: halving(0.99), Eps: halving(1e-6)},
				WeightDecay: halving(0.1), DecayParams: []string{"*/w"},
			})
		},
		"groups": func(s *train.Setup[T]) {
			s.Optimizer = optim.NewAdamW[T](registry.Defaults[optim.AdamWConfig]())
			s.Groups = []train.Group{{Params: []string{"fc1/*"}, LRScale: 0.5, DecayScale: 1}, {Params: []string{"*/w"}, LRScale: 2, DecayScale: 0.5}}
		},
		"accumulate": func(s *train.Setup[T]) { s.Config.Accumulate = 3 },
		"activity": func(s *train.Setup[T]) {
			l1 := optim.NewL1[T](optim.L1Config{Strength: halving(0.1)})
			s.Regularizers = []train.Penalty[T]{{Regularizer: l1, Nodes: []string{"act", "out"}}}
		},
		"weights of rows": func(s *train.Setup[T]) {
			s.Train = weigh(t, s.Train, func(row int) float64 { return float64(row % 3) })
			s.Config.Accumulate = 2
		},
		"averaging": func(s *train.Setup[T]) { s.Averaging = &train.Averaging{Decay: 0.8, Start: 2} },
	}
	for _, name := range optim.Regularizers.Names() {
		part, err := optim.Regularizers.Build(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = penalize(optim.MakeRegularizer[T](part))
	}
	return all
}

// TestResumeEveryMechanism cuts a run with each mechanism after each of its steps, as TestResumeEveryStep does.
func TestResumeEveryMechanism(t *testing.T) {
	for name, edit := range mechanisms[float32](t) {
		t.Run(name, func(t *testing.T) {
			start := func(dir string) train.Setup[float32] {
				s := setup[float32](t, "sgd", dir)
				edit(&s)
				return s
			}
			whole := t.TempDir()
			res := trainAll(t, start(whole), 0)
			want := digest(t, whole)
			plain := t.TempDir()
			trainAll(t, setup[float32](t, "sgd", plain), 0)
			if digest(t, plain) == want {
				t.Error("the run is that of the setup without it")
			}
			for cut := int64(1); cut < res.Step; cut++ {
				dir := t.TempDir()
				previous := runtime.GOMAXPROCS([]int{1, 2, 8}[cut%3])
				trainAll(t, start(dir), cut)
				trainAll(t, start(dir), 0)
				runtime.GOMAXPROCS(previous)
				if got := digest(t, dir); got != want {
					t.Errorf("cut at step %d: %s, want %s", cut, got, want)
				}
			}
		})
	}
}

// TestAccumulate: a batch in portions is the whole batch up to rounding, with dropout, a short last batch and a table.
func TestAccumulate(t *testing.T) {
	for _, portions := range []int{2, 3, 8} {
		for name, start := range map[string]func() train.Setup[float64]{
			"dense": func() train.Setup[float64] { return setup[float64](t, "adam", t.TempDir()) },
			"table": func() train.Setup[float64] { return wordSetup(t, adam[float64](), train.LazyRows, t.TempDir(), true) },
		} {
			t.Run(fmt.Sprintf("%s in %d", name, portions), func(t *testing.T) {
				whole, parts := start(), start()
				parts.Config.Accumulate = portions
				a, b := trainAll(t, whole, 0), trainAll(t, parts, 0)
				if a.Step != b.Step || a.Epoch != b.Epoch {
					t.Errorf("%d steps in portions and %d without", b.Step, a.Step)
				}
				if got, want := b.Last.Loss, a.Last.Loss; math.Abs(float64(got-want)) > 1e-10 {
					t.Errorf("the last loss is %v, want %v", got, want)
				}
				for i, want := range whole.Model.Weights() {
					if got := parts.Model.Weights()[i]; math.Abs(got-want) > 1e-10 {
						t.Fatalf("weight %d is %v, and %v with whole batches", i, got, want)
					}
				}
			})
		}
	}
}

// TestGroups: a scaled group moves as under another learning rate and weight decay, and the others as without it.
func TestGroups(t *testing.T) {
	start := func(lr, decay float64, groups ...train.Group) []float64 {
		c := registry.Defaults[optim.AdamWConfig]()
		c.LR, c.WeightDecay = registry.Const(lr), registry.Const(decay)
		s := setup[float64](t, "sgd", "")
		s.Optimizer, s.Groups, s.Config.Steps = optim.NewAdamW[float64](c), groups, 1
		trainAll(t, s, 0)
		return s.Model.Weights()
	}
	all := func(lr, decay float64) train.Group {
		return train.Group{Params: []string{"*/*"}, LRScale: lr, DecayScale: decay}
	}
	scaled := train.Group{Params: []string{"fc1/*"}, LRScale: 0.25, DecayScale: 8}
	plain, half, got := start(0.01, 0.1), start(0.0025, 0.8), start(0.01, 0.1, scaled)
	const fc1 = 4*6 + 6 // elements of the first node
	if !slices.Equal(got[:fc1], half[:fc1]) || !slices.Equal(got[fc1:], plain[fc1:]) {
		t.Error("the group does not train as with its own rates, or the others do not train as without it")
	}
	if !slices.Equal(start(0.01, 0.1, all(0.5, 2), all(0.5, 4)), start(0.0025, 0.8)) {
		t.Error("the scales of several groups do not multiply")
	}
}

// TestAveraging follows the average by its formula, and wants evaluations of the average and training on the weights.
func TestAveraging(t *testing.T) {
	const decay, after = 0.75, 2
	plain, s := setup[float64](t, "adam", t.TempDir()), setup[float64](t, "adam", t.TempDir())
	s.Averaging = &train.Averaging{Decay: decay, Start: after}
	var want, checked []float64
	s.Observers = append(s.Observers, train.ObserverFunc(func(e train.Event) {
		w := s.Model.Weights()
		switch e := e.(type) {
		case *train.Evaluated:
			checked = slices.Clone(w)
		case *train.Stepped:
			if e.Step <= after+1 {
				want = slices.Clone(w)
			}
			for i := range w {
				if e.Step > after+1 {
					want[i] = decay*want[i] + (1-decay)*w[i]
				}
			}
		}
	}))
	trainAll(t, plain, 0)
	res := trainAll(t, s, 0)
	if !slices.Equal(plain.Model.Weights(), s.Model.Weights()) {
		t.Error("the weights are not those of a run without averaging")
	}
	for i := range want {
		if math.Abs(checked[i]-want[i]) > 1e-14 {
			t.Fatalf("element %d was evaluated as %v, want %v", i, checked[i], want[i])
		}
	}
	loaded := setup[float64](t, "adam", "").Model
	latest, _, err := checkpoint.Latest(filepath.Join(s.Dir, train.CheckpointDir))
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(latest)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := train.LoadModel(loaded, f); err != nil {
		t.Fatal(err)
	}
	rec, err := train.Evaluate(loaded, s.Loss, nil, s.Eval, 8)
	if err != nil || math.Abs(float64(rec.Loss-res.Last.Loss)) > 1e-15 {
		t.Errorf("the checkpoint scores %v, and the run %v: %v", rec.Loss, res.Last.Loss, err)
	}
}

// TestProximalZeros: the proximal form leaves exact zeros, and the subgradient form does not.
func TestProximalZeros(t *testing.T) {
	zeros := map[string]int{}
	for _, form := range []string{optim.Subgradient, optim.Proximal} {
		s := setup[float32](t, "sgd", "")
		s.Config.Epochs = 30
		s.EarlyStopping = nil
		penalize(optim.NewL1[float32](optim.L1Config{Strength: registry.Const(0.05), Form: form}))(&s)
		s.Optimizer = optim.NewSGD[float32](optim.SGDConfig{LR: registry.Const(0.1)})
		trainAll(t, s, 0)
		for _, p := range s.Model.Params() {
			for _, w := range p.Data {
				if w == 0 && strings.HasSuffix(p.Path, "/w") {
					zeros[form]++
				}
			}
		}
	}
	if zeros[optim.Proximal] < 5 || zeros[optim.Subgradient] > 0 {
		t.Errorf("weights of exactly zero: %v", zeros)
	}
}

// TestMaxNormHolds after every step, for the columns of the weights and the rows of a table that is updated lazily.
func TestMaxNormHolds(t *testing.T) {
	s := wordSetup(t, adam[float64](), train.LazyRows, "", true)
	c := optim.MaxNormConfig{Max: registry.Const(0.9), Of: optim.Columns}
	rows := c
	rows.Of = optim.Rows
	s.Regularizers = []train.Penalty[float64]{
		{Regularizer: optim.NewMaxNorm[float64](c), Params: []string{"fc/w"}},
		{Regularizer: optim.NewMaxNorm[float64](rows), Params: []string{"embed/w"}},
	}
	before := slices.Clone(s.Model.Params()[0].Data)
	trainAll(t, s, 0)
	table, fc := s.Model.Params()[0].Data, s.Model.Params()[1].Data
	for row := 0; row < len(table); row += 4 {
		norm := math.Sqrt(tensor.SumSquares(table[row : row+4]))
		if moved := !slices.Equal(table[row:row+4], before[row:row+4]); moved && norm > 0.9+1e-12 {
			t.Errorf("word %d has norm %v", row/4, norm)
		}
	}
	for unit := range 5 {
		sum := 0.0
		for i := unit; i < len(fc); i += 5 {
			sum += fc[i] * fc[i]
		}
		if math.Sqrt(sum) > 0.9+1e-12 {
			t.Errorf("unit %d has norm %v", unit, math.Sqrt(sum))
		}
	}
}

// TestWrongMechanisms is what New refuses.
func TestWrongMechanisms(t *testing.T) {
	group := train.DefaultGroup()
	with := func(edit func(g *train.Group)) func(s *train.Setup[float32]) {
		g := group
		g.Params = []string{"fc/w"}
		edit(&g)
		return func(s *train.Setup[float32]) { s.Groups = []train.Group{g} }
	}
	columns := optim.NewMaxNorm[float32](registry.Defaults[optim.MaxNormConfig]())
	for name, test := range map[string]struct {
		edit func(s *train.Setup[float32])
		want string
	}{
		"group of nothing":      {with(func(g *train.Group) { g.Params = []string{"fc9/w"} }), "groups: the patterns [fc9/w] match no parameter"},
		"malformed group":       {with(func(g *train.Group) { g.Params = []string{"fc[/w"} }), "groups: syntax error in pattern"},
		"rate of zero":          {with(func(g *train.Group) { g.LRScale = 0 }), "groups: lr_scale must be positive, is 0"},
		"decay of sgd":          {with(func(g *train.Group) { g.DecayScale = 0 }), "decay_scale needs an optimizer with weight decay"},
		"more parts than rows":  {func(s *train.Setup[float32]) { s.Config.Accumulate = 9 }, "train: accumulate must be at most batch_size, which is 8"},
		"no parts":              {func(s *train.Setup[float32]) { s.Config.Accumulate = 0 }, "accumulate must be >= 1, is 0"},
		"average of everything": {func(s *train.Setup[float32]) { s.Averaging = &train.Averaging{Decay: 1} }, "averaging: decay must be < 1"},
		"average of a table":    {func(s *train.Setup[float32]) { s.Averaging = &train.Averaging{Decay: 0.9} }, "averaging: it moves the average of rows of the table embed/w"},
		"columns of a table":    {func(s *train.Setup[float32]) { s.Config.Rows = train.LazyRows; penalize(columns)(s) }, "regularizer: it needs all rows of the table embed/w"},
	} {
		t.Run(name, func(t *testing.T) {
			s := wordSetup(t, sgd[float32](0), train.SameRows, "", true)
			test.edit(&s)
			if _, err := train.New(s); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
