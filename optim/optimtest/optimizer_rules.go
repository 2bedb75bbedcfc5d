package optimtest

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"sync"
	"testing"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
)

var optimizerRules = []rule[*optimizer]{
	{"Declared", "the log, the checkpoint and the schedules go by these names", (*optimizer).declared},
	{"Formula", "training follows another rule than the one that is documented", (*optimizer).formula},
	{"Descends", "training makes the loss larger", (*optimizer).descends},
	{"ZeroRate", "a schedule that reaches 0 does not end training", (*optimizer).zeroRate},
	{"KeepsInputs", "the gradient and the rates belong to the trainer, and other parameters lie beside this one", (*optimizer).keepsInputs},
	{"Apart", "the parameters of a model disturb each other", (*optimizer).apart},
	{"Restores", "a run that was cut and continued ends with other weights", (*optimizer).restores},
	{"Rows", "rows of a table that are updated alone are not what the whole would give", (*optimizer).rows},
	{"Folds", "penalties and clipping act otherwise where the update folds them in", (*optimizer).folds},
	{"Decays", "decoupled decay acts on parameters that take no part in it, or not on those that do", (*optimizer).decays},
	{"KeepsNaN", "a broken number is hidden, and training goes on with it", (*optimizer).keepsNaN},
	{"Float32", "a model trains otherwise in the other element type", (*optimizer).float32},
	{"NoAllocs", "the garbage collector runs while training", (*optimizer).noAllocs},
}

// elements is how many a parameter has: more than one block of any rule, and a tail.
const elements = 601

var slotSyntax = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (s *optimizer) declared() string {
	o := optim.Make[float64](s.part)
	rates, slots := o.Rates(), o.Slots()
	if len(rates) == 0 || rates[0].Name != "lr" {
		return "its first rate is not lr, the learning rate"
	}
	names := map[string]bool{}
	for _, r := range rates {
		if names[r.Name] {
			return fmt.Sprintf("two rates are called %q", r.Name)
		}
		names[r.Name] = true
		if err := r.Check(r.Value.Value); err != nil {
			return err.Error()
		}
	}
	for i, slot := range slots {
		if !slotSyntax.MatchString(slot) || slices.Contains(slots[:i], slot) {
			return fmt.Sprintf("slot %q: slots have different names of small letters, digits and '_'", slot)
		}
	}
	newTrial(s, weights[float64](3)).step(gradient(weights[float64](3)))
	if !slices.Equal(o.Slots(), slots) || len(o.Rates()) != len(rates) {
		return "slots or rates are not what they were"
	}
	if other := optim.Make[float32](s.part); !slices.Equal(other.Slots(), slots) {
		return fmt.Sprintf("float32 has the slots %v, float64 %v", other.Slots(), slots)
	}
	return ""
}

func (s *optimizer) formula() string {
	if s.next == nil {
		return ""
	}
	const steps, n = 12, 7
	t := newTrial(s, weights[float64](n))
	want, past := weights[float64](n), make([][]float64, n)
	for step := range steps {
		g := gradient(want)
		t.step(gradient(t.u.Param))
		for i := range want {
			past[i] = append(past[i], g[i])
			want[i] = s.next(want[i], past[i])
			if got := t.u.Param[i]; !(math.Abs(got-want[i]) <= 1e-11*max(1, math.Abs(want[i]))) {
				return fmt.Sprintf("element %d after step %d is %v, by the formula %v", i, step+1, got, want[i])
			}
		}
	}
	return ""
}

func (s *optimizer) descends() string {
	t := newTrial(s, weights[float64](elements))
	t.u.Decay = 0
	before := loss(t.u.Param)
	for range 50 {
		t.step(gradient(t.u.Param))
	}
	if after := loss(t.u.Param); !(after < before) {
		return fmt.Sprintf("50 steps take the quadratic ½·Σ a·(w−c)², a ≤ 1, from %v to %v", before, after)
	}
	return ""
}

func (s *optimizer) zeroRate() string {
	t := newTrial(s, weights[float64](elements))
	t.u.Rates[0] = 0
	for range 3 {
		t.step(gradient(t.u.Param))
	}
	return differ("the parameter after steps with lr 0", t.u.Param, weights[float64](elements))
}

// guarded returns a copy of x between two numbers that nobody may write.
func guarded[T tensor.Float](x []T) (inner, whole []T) {
	whole = append(append([]T{12345}, x...), 12345)
	return whole[1 : len(whole)-1], whole
}

func (s *optimizer) keepsInputs() string {
	t, plain := newTrial(s, weights[float64](elements)), newTrial(s, weights[float64](elements))
	wholes := map[string][]float64{}
	t.u.Param, wholes["the parameter"] = guarded(t.u.Param)
	for i, name := range t.o.Slots() {
		t.u.Slots[i], wholes["slot "+name] = guarded(t.u.Slots[i])
	}
	for range 3 {
		t.u.Fold = optim.Fold{}
		g := gradient(t.u.Param)
		t.step(slices.Clone(g))
		if d := differ("the gradient", t.u.Grad, g); d != "" {
			return d
		}
		plain.step(g)
	}
	if d := differ("the rates", t.u.Rates, plain.u.Rates); d != "" {
		return d
	}
	for what, whole := range wholes {
		if whole[0] != 12345 || whole[len(whole)-1] != 12345 {
			return "it writes beyond " + what
		}
	}
	return t.differ(plain)
}

// apart updates two parameters by one optimizer, at once and in turn.
func (s *optimizer) apart() string {
	a, b, alone := newTrial(s, weights[float64](elements)), newTrial(s, weights[float64](elements/2)), newTrial(s, weights[float64](elements))
	b.o = a.o
	for range 5 {
		var both sync.WaitGroup
		both.Go(func() { b.step(gradient(b.u.Param)) })
		a.step(gradient(a.u.Param))
		both.Wait()
		alone.step(gradient(alone.u.Param))
	}
	return a.differ(alone)
}

func (s *optimizer) restores() string {
	const steps = 8
	whole := newTrial(s, weights[float64](elements))
	for range steps {
		whole.step(gradient(whole.u.Param))
	}
	for cut := range steps {
		t := newTrial(s, weights[float64](elements))
		for step := range steps {
			if step == cut {
				t = t.restored(s)
			}
			t.step(gradient(t.u.Param))
		}
		if d := t.differ(whole); d != "" {
			return fmt.Sprintf("cut after %d steps, %s", cut, d)
		}
	}
	return ""
}

const tableRows, tableWidth = 20, 3

// rows compares a table that is updated row by row with one that is updated whole.
func (s *optimizer) rows() string {
	lazy, dense := newTrial(s, weights[float64](tableRows*tableWidth)), newTrial(s, weights[float64](tableRows*tableWidth))
	updater, ok := lazy.o.(optim.RowUpdater)
	if !ok {
		return ""
	}
	step := func(rows ...int32) {
		full, compact := make([]float64, tableRows*tableWidth), []float64(nil)
		for _, row := range rows {
			at := int(row) * tableWidth
			compact = append(compact, gradient(lazy.u.Param)[at:at+tableWidth]...)
			copy(full[at:], gradient(dense.u.Param)[at:at+tableWidth])
		}
		lazy.u.Step++
		lazy.u.Grad = compact
		table := optim.RowUpdate[float64]{Update: lazy.u, Rows: rows, Width: tableWidth}
		table.UpdateRows(lazy.o)
		dense.step(full)
	}
	for range 10 {
		step(8, 0, 19, 7)
	}
	touched := func(x []float64) []float64 {
		return slices.Concat(x[7*tableWidth:9*tableWidth], x[:tableWidth], x[19*tableWidth:])
	}
	if d := differ("the rows that every step touches", touched(lazy.u.Param), touched(dense.u.Param)); d != "" {
		return d
	}
	step(3)
	if differs := lazy.differ(dense) != ""; differs != updater.MovesUntouched() {
		return fmt.Sprintf("MovesUntouched is %v, and whether rows or the whole are updated makes a difference: %v", updater.MovesUntouched(), differs)
	}
	return ""
}

func (s *optimizer) folds() string {
	if !optim.Folds(optim.Make[float64](s.part)) {
		return ""
	}
	for _, f := range []optim.Fold{{Factor: 0.3}, {L1: 0.2}, {L2: 0.7}, {Factor: 0.9, L1: 0.1, L2: 0.4}} {
		w := weights[float64](elements)
		w[3], w[20], w[300] = 0, math.NaN(), math.NaN()
		folded, apart := newTrial(s, w), newTrial(s, w)
		folded.u.Fold = f
		for range 3 {
			g := gradient(apart.u.Param)
			optim.FoldGradient(g, apart.u.Param, f)
			folded.step(gradient(folded.u.Param))
			apart.step(g)
		}
		if d := folded.differ(apart); d != "" {
			return fmt.Sprintf("%+v: %s", f, d)
		}
	}
	return ""
}

func (s *optimizer) decays() string {
	none, whole := newTrial(s, weights[float64](elements)), newTrial(s, weights[float64](elements))
	none.u.Decay = 0
	g := gradient(none.u.Param)
	none.step(g)
	whole.step(g)
	differs := none.differ(whole) != ""
	decayer, ok := none.o.(optim.Decayer)
	decay := slices.IndexFunc(none.o.Rates(), func(r optim.Rate) bool { return r.Name == "weight_decay" })
	wants := ok && decay >= 0 && none.u.Rates[decay] > 0
	switch {
	case differs && !ok:
		return "Update.Decay changes the update, and it is no Decayer"
	case differs != wants:
		return fmt.Sprintf("weight_decay is to act: %v; it does: %v", wants, differs)
	case ok && len(decayer.DecayParams()) == 0 && wants:
		return "it decays, and names no parameters that do"
	}
	return ""
}

func (s *optimizer) keepsNaN() string {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		t := newTrial(s, []float64{1, 1})
		t.step([]float64{bad, 1})
		broken := !finite(t.u.Param[0])
		for _, slot := range t.u.Slots {
			broken = broken || !finite(slot[0])
		}
		if !broken || math.IsNaN(bad) && !math.IsNaN(t.u.Param[0]) {
			return fmt.Sprintf("a gradient of %v takes the element from 1 to %v", bad, t.u.Param[0])
		}
		if !finite(t.u.Param[1]) {
			return fmt.Sprintf("a gradient of %v makes another element %v", bad, t.u.Param[1])
		}
	}
	t := newTrial(s, []float64{math.NaN()})
	t.step([]float64{1})
	if !math.IsNaN(t.u.Param[0]) {
		return fmt.Sprintf("it takes an element from NaN to %v", t.u.Param[0])
	}
	return ""
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// float32 follows the float64 trajectory for a few steps, before small differences grow.
func (s *optimizer) float32() string {
	single, double := newTrial(s, weights[float32](elements)), newTrial(s, weights[float64](elements))
	for range 5 {
		g := gradient(double.u.Param)
		g32 := make([]float32, len(g))
		for i := range g {
			g32[i] = float32(g[i])
		}
		single.step(g32)
		double.step(g)
	}
	for i, want := range double.u.Param {
		if got := float64(single.u.Param[i]); !(math.Abs(got-want) <= 1e-4*max(1, math.Abs(want))) {
			return fmt.Sprintf("element %d is %v in float32 and %v in float64", i, got, want)
		}
	}
	return ""
}

func (s *optimizer) noAllocs() string {
	if raceEnabled {
		return "" // the race detector allocates by itself
	}
	t := newTrial(s, weights[float32](elements))
	g := gradient(t.u.Param)
	for _, f := range []optim.Fold{{}, {Factor: 0.5, L1: 0.1, L2: 0.1}} {
		t.u.Fold = f
		if !optim.Folds(t.o) {
			t.u.Fold = optim.Fold{}
		}
		if n := testing.AllocsPerRun(10, func() { t.step(g) }); n != 0 {
			return fmt.Sprintf("Update allocates %v times", n)
		}
	}
	if _, ok := t.o.(optim.RowUpdater); ok {
		table := optim.RowUpdate[float32]{Update: t.u, Rows: []int32{0, 2}, Width: tableWidth}
		table.Grad = g[:2*tableWidth]
		if n := testing.AllocsPerRun(10, func() { table.UpdateRows(t.o) }); n != 0 {
			return fmt.Sprintf("UpdateRows allocates %v times", n)
		}
	}
	return ""
}
