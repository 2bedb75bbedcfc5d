package train_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// scoresFor returns logits whose highest is that of the given classes.
func scoresFor(classes int, predicted ...int32) []float64 {
	x := make([]float64, classes*len(predicted))
	for i, k := range predicted {
		x[i*classes+int(k)] = 3
	}
	return x
}

var tags = []string{"B-per", "I-per", "B-loc", "I-loc", "O", "I-misc"}

// tagsOf returns the classes of tags in short: O, Bp, Ip, Bl, Il, m.
func tagsOf(text string) []int32 {
	var out []int32
	for short := range strings.FieldsSeq(text) {
		out = append(out, int32(strings.Index("BpIpBlIlO-m-", (short + "-")[:2])/2))
	}
	return out
}

// entityF1 scores sentences, which '|' separates.
func entityF1(t *testing.T, only, gold, predicted string) float64 {
	t.Helper()
	m := train.NewEntityF1[float64](train.EntityF1Config{Only: only})
	n, err := m.Build(tensor.Shape{len(tags)}, tensor.Spec{Classes: len(tags), Labels: tags})
	if err != nil {
		t.Fatal(err)
	}
	sums := make([]float64, n)
	golds, predictions := strings.Split(gold, "|"), strings.Split(predicted, "|")
	for i := range golds {
		is, said := tagsOf(golds[i]), tagsOf(predictions[i])
		m.Add(sums, scoresFor(len(tags), said...), classes(is...), len(is))
		m.(train.SequenceMetric[float64]).EndSequence(sums)
	}
	return m.Value(sums)
}

func TestEntityF1(t *testing.T) {
	for name, tt := range map[string]struct {
		only, gold, predicted string
		want                  float64
	}{
		"all right":                     {"", "Bp Ip O Bl", "Bp Ip O Bl", 1},
		"IOB: I begins an entity":       {"", "Bp Ip O Bl", "Ip Ip O Il", 1},
		"B ends an entity":              {"", "Bp Bp", "Bp Ip", 0},
		"another type ends one":         {"", "Bp Il", "Bp Bl", 1},
		"too long":                      {"", "Bp O Bl", "Bp Ip Bl", 2 * 1. / 4},
		"wrong type":                    {"", "Bp O Bl", "Bl O Bl", 2 * 1. / 4},
		"one missed, one invented":      {"", "Bp O O", "O O Bl", 0},
		"a sentence ends an entity":     {"", "O Bp|Ip O", "O Bp|Ip O", 1},
		"and does not join two":         {"", "O Bp|Bp O", "O Ip|Ip O", 1},
		"I alone":                       {"", "m m O", "m m O", 1},
		"nothing to find, nothing said": {"", "O O", "O O", math.NaN()},
		"one type alone":                {"per", "Bp O Bl", "Bp O O", 1},
		"the other":                     {"loc", "Bp O Bl", "Bp O O", 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := entityF1(t, tt.only, tt.gold, tt.predicted); !same(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// entities lists the entities of a sentence as a person would: from each word that begins one to the last that goes on.
func entities(sentence []int32) map[string]bool {
	found := map[string]bool{}
	kind := func(i int) string {
		if i < 0 || i >= len(sentence) || tags[sentence[i]] == "O" {
			return ""
		}
		return data.EntityType(tags[sentence[i]])
	}
	begins := func(i int) bool {
		return kind(i) != "" && (strings.HasPrefix(tags[sentence[i]], "B-") || kind(i-1) != kind(i))
	}
	for i := range sentence {
		if !begins(i) {
			continue
		}
		end := i + 1
		for kind(end) == kind(i) && !begins(end) {
			end++
		}
		found[fmt.Sprint(kind(i), i, end)] = true
	}
	return found
}

// TestEntityF1OfRandomTags compares the running count with lists of entities, over batches that cut sentences anywhere.
func TestEntityF1OfRandomTags(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		m := train.NewEntityF1[float64](train.EntityF1Config{})
		n, err := m.Build(tensor.Shape{len(tags)}, tensor.Spec{Classes: len(tags), Labels: tags})
		if err != nil {
			t.Fatal(err)
		}
		sums := make([]float64, n)
		right, said, is := 0., 0., 0.
		for range 1 + r.IntN(4) {
			words := 1 + r.IntN(6)
			gold, predicted := make([]int32, words), make([]int32, words)
			for i := range gold {
				gold[i], predicted[i] = int32(r.IntN(len(tags))), int32(r.IntN(len(tags)))
				if r.IntN(2) == 0 {
					predicted[i] = gold[i]
				}
			}
			cut := r.IntN(words + 1)
			m.Add(sums, scoresFor(len(tags), predicted[:cut]...), classes(gold[:cut]...), cut)
			m.Add(sums, scoresFor(len(tags), predicted[cut:]...), classes(gold[cut:]...), words-cut)
			m.(train.SequenceMetric[float64]).EndSequence(sums)
			g, p := entities(gold), entities(predicted)
			said, is = said+float64(len(p)), is+float64(len(g))
			for e := range p {
				if g[e] {
					right++
				}
			}
		}
		if got, want := m.Value(sums), 2*right/(said+is); !same(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func tokenF1(t *testing.T, c train.TokenF1Config) (m metric, sums []float64) {
	t.Helper()
	m = train.NewTokenF1[float64](c)
	n, err := m.Build(tensor.Shape{len(tags)}, tensor.Spec{Classes: len(tags), Labels: tags})
	if err != nil {
		t.Fatal(err)
	}
	return m, make([]float64, n)
}

func TestTokenF1(t *testing.T) {
	m, sums := tokenF1(t, train.TokenF1Config{Tags: []string{"loc"}})
	// Of the words of a location one is found under the other prefix, one is missed, one is invented.
	m.Add(sums, scoresFor(6, tagsOf("Il O Bl Bp")...), classes(tagsOf("Bl Il O Bp")...), 4)
	if got := m.Value(sums); !same(got, 0.5) {
		t.Errorf("got %v, want 0.5", got)
	}
	// The two tags of a location have 0.3 each, O has 0.4.
	x := []float64{-99, -99, math.Log(0.3), math.Log(0.3), math.Log(0.4), -99}
	for threshold, want := range map[float64]float64{0: 0, 0.5: 1, 0.7: 0} {
		m, sums := tokenF1(t, train.TokenF1Config{Tags: []string{"B-loc", "I-loc"}, Threshold: threshold})
		if m.Add(sums, x, classes(2), 1); !same(m.Value(sums), want) {
			t.Errorf("at %v: got %v, want %v", threshold, m.Value(sums), want)
		}
	}
	if m, sums := tokenF1(t, train.TokenF1Config{Tags: []string{"O"}}); !math.IsNaN(m.Value(sums)) {
		t.Error("no rows have a value")
	}
	one := train.NewTokenF1[float64](train.TokenF1Config{Tags: []string{"no"}, Threshold: 0.7})
	if _, err := one.Build(tensor.Shape{1}, tensor.Spec{Classes: 2, Labels: []string{"no", "yes"}}); err != nil {
		t.Fatal(err)
	}
	sums = make([]float64, 3)
	one.Add(sums, []float64{-1, -0.5, 2}, classes(0, 1, 0), 3) // σ(1) = 0.731, σ(0.5) = 0.622
	if got := one.Value(sums); !same(got, 2./3) {
		t.Errorf("one output: got %v, want %v", got, 2./3)
	}
}

// TestTokenF1Tuned compares the threshold that is chosen with a trial of every one, and the metric that it gives with
// the value that promised it.
func TestTokenF1Tuned(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		rows := 40
		x, y := make([]float64, 6*rows), make([]int32, rows)
		for i := range y {
			y[i] = int32(r.IntN(6))
			for k := range 6 {
				x[6*i+k] = r.NormFloat64()
			}
			x[6*i+int(y[i])] += 1
		}
		m, sums := tokenF1(t, train.TokenF1Config{Tags: []string{"per"}, Tune: true})
		m.Add(sums, x, classes(y...), rows)
		best := 0.0
		for k := 1; k <= 1000; k++ {
			at, counts := tokenF1(t, train.TokenF1Config{Tags: []string{"per"}, Threshold: float64(k) / 1000})
			at.Add(counts, x, classes(y...), rows)
			best = max(best, at.Value(counts))
		}
		if got := m.Value(sums); got != best {
			t.Fatalf("got %v, the best threshold gives %v", got, best)
		}
		tunable := m.(train.Tunable[float64])
		tuned := tunable.Tuned(sums)
		n, err := tuned.Build(tensor.Shape{6}, tensor.Spec{Classes: 6, Labels: tags})
		if err != nil {
			t.Fatal(err)
		}
		counts := make([]float64, n)
		if tuned.Add(counts, x, classes(y...), rows); !tunable.Tunes() || tuned.Value(counts) != best {
			t.Fatalf("the tuned metric gives %v, not %v", tuned.Value(counts), best)
		}
	}
}

func TestWordMetricErrors(t *testing.T) {
	letters := []string{"a", "b", "c", "d", "e", "f"}
	bioes := []string{"O", "B-loc", "E-loc", "I-loc", "S-loc", "S-per"}
	bare := []string{"O", "B-loc", "I-loc", "B-per", "I-per", "I-"}
	for want, tt := range map[string]struct {
		m      metric
		labels []string
	}{
		`tags names "loca", which is no class; did you mean "loc"?`:                                                                            {train.NewTokenF1[float64](train.TokenF1Config{Tags: []string{"loca"}}), tags},
		"tags must name at least one class":                                                                                                    {train.NewTokenF1[float64](train.TokenF1Config{}), tags},
		"threshold is of no use beside tune; keep one of them":                                                                                 {train.NewTokenF1[float64](train.TokenF1Config{Tags: []string{"loc"}, Tune: true, Threshold: 0.5}), tags},
		`only names "pers", which is no type of entity; did you mean "per"?`:                                                                   {train.NewEntityF1[float64](train.EntityF1Config{Only: "pers"}), tags},
		"needs classes that are tags, with O for words outside of entities":                                                                    {train.NewEntityF1[float64](train.EntityF1Config{}), letters},
		`needs tags in BIO or IOB, and "E-loc" is neither O nor B- or I- with a type of entity; convert the tags, or score them with macro_f1`: {train.NewEntityF1[float64](train.EntityF1Config{}), bioes},
		`needs tags in BIO or IOB, and "I-" is neither O nor B- or I- with a type of entity; convert the tags, or score them with macro_f1`:    {train.NewEntityF1[float64](train.EntityF1Config{}), bare},
	} {
		if _, err := tt.m.Build(tensor.Shape{6}, tensor.Spec{Classes: 6, Labels: tt.labels}); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// TestSequencesOfBatches evaluates in batches of every size: where a batch is cut cannot show.
func TestSequencesOfBatches(t *testing.T) {
	gold := tagsOf("Bp Ip O Bl Il Ip O O Bl Bl O Bp Ip Ip")
	predicted := tagsOf("Bp Ip Ip Il Il O O Bl O Bl O Ip Ip Ip")
	x, err := data.NewNumbers("x", tensor.Shape{6}, scoresFor(6, predicted...), 1)
	if err != nil {
		t.Fatal(err)
	}
	y, err := data.NewIndices("tag", nil, 6, gold, tags...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.NewSequential(tensor.Spec{Name: "x", Shape: tensor.Shape{6}},
		model.Node[float64]{Name: "same", Layer: layers.NewFlatten[float64](layers.FlattenConfig{})})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	l := loss.NewSoftmaxCrossEntropy[float64](loss.SoftmaxCrossEntropyConfig{})
	named := []train.NamedMetric[float64]{{Name: "entity_f1", Metric: train.NewEntityF1[float64](train.EntityF1Config{})}}
	for _, sequences := range [][]int{{0, 3, 9, 11}, {0, 2, 6, 11}, {0}, nil} {
		want := entityF1Of(gold, predicted, sequences)
		for batch := 1; batch <= len(gold); batch++ {
			set := &data.Set{Inputs: []data.Column{x}, Target: y, Sequences: sequences}
			rec, err := train.Evaluate(m, l, named, set, batch)
			if err != nil || !same(float64(rec.Metrics["entity_f1"]), want) {
				t.Errorf("batches of %d, sequences at %v: got %v, %v, want %v", batch, sequences, rec.Metrics["entity_f1"], err, want)
			}
		}
	}
}

// entityF1Of is the F1 of the lists of entities of sequences.
func entityF1Of(gold, predicted []int32, begins []int) float64 {
	right, all := 0., 0.
	for i := range max(len(begins), 1) {
		from, to := 0, len(gold)
		if begins != nil {
			from = begins[i]
		}
		if i+1 < len(begins) {
			to = begins[i+1]
		}
		g, p := entities(gold[from:to]), entities(predicted[from:to])
		all += float64(len(g) + len(p))
		for e := range p {
			if g[e] {
				right++
			}
		}
	}
	return 2 * right / all
}
