package train

import (
	"fmt"
	"slices"
	"strings"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// F1 of whole entities, as the CoNLL-2003 shared task counts them (Tjong Kim Sang and De Meulder, "Introduction to the
// CoNLL-2003 shared task", 2003; its program conlleval): an entity is found where its type, its first word and its last
// word are right.
//
// Tags are decoded as conlleval does, which reads both BIO and IOB: B-x begins an entity of type x; I-x goes on with one
// of type x, and begins one where the tag before is O or of another type; O is outside. There are no other tags. A sequence
// ends every entity. A row whose target is ignored is passed over, as if it were not there.
//
// Shapes: predictions [rows classes], or [rows 1] for two classes; targets [rows].

// EntityF1Config configures entity_f1.
type EntityF1Config struct {
	_    struct{} `doc:"F1 of finding whole entities with their type, over all types together (CoNLL-2003): of tags in BIO or IOB; reported of evaluations, whose rows are in order"`
	Only string   `doc:"type of entity to count alone; without it, all"`
}

// Label returns the name that the metric is reported under.
func (c EntityF1Config) Label() string {
	if c.Only != "" {
		return metricName("entity_f1_" + c.Only)
	}
	return "entity_f1"
}

// A decodedTag is what a tag says.
type decodedTag struct {
	entity int // the type, 0 outside
	begins bool
}

// EntityF1 is the F1 of whole entities, from 0 to 1. It is a SequenceMetric. A prediction that holds NaN counts as O.
type EntityF1[T tensor.Float] struct {
	config  EntityF1Config
	classes classScores
	tags    []decodedTag // by class
	only    int          // the type that counts, 0 for all
}

// NewEntityF1 returns the metric that c describes.
func NewEntityF1[T tensor.Float](c EntityF1Config) Metric[T] { return &EntityF1[T]{config: c} }

func init() {
	RegisterMetric("entity_f1", EntityF1Config{}, NewEntityF1[float32], NewEntityF1[float64])
}

// What the sums of EntityF1 hold: the counts, and where the row before left off.
const (
	entitiesRight = iota
	entitiesPredicted
	entitiesGold
	lastPredicted // type of the entity that the row before was predicted to be in
	lastGold      // type of the entity that it was in
	bothOpen      // 1 where the two began at one row and are one so far
	entitySums
)

// Build implements Metric.
func (m *EntityF1[T]) Build(pred tensor.Shape, target tensor.Spec) (int, error) {
	if err := m.classes.build(pred, target); err != nil {
		return 0, err
	}
	if m.classes.targets != 1 {
		return 0, fmt.Errorf("needs one tag a row, has %d", m.classes.targets)
	}
	if !slices.Contains(target.Labels, data.OutsideTag) {
		return 0, fmt.Errorf("needs classes that are tags, with %s for words outside of entities", data.OutsideTag)
	}
	m.tags, m.only = make([]decodedTag, len(target.Labels)), 0
	var types []string
	for k, label := range target.Labels {
		if label == data.OutsideTag || target.Ignores(int32(k)) {
			continue
		}
		name := data.EntityType(label)
		if name == label {
			return 0, fmt.Errorf("needs tags in BIO or IOB, and %q is neither %s nor B- or I- with a type of entity; convert the tags, or score them with macro_f1", label, data.OutsideTag)
		}
		if !slices.Contains(types, name) {
			types = append(types, name)
		}
		entity := slices.Index(types, name) + 1
		m.tags[k] = decodedTag{entity, strings.HasPrefix(label, "B-")}
		if name == m.config.Only {
			m.only = entity
		}
	}
	if m.config.Only != "" && m.only == 0 {
		return 0, &registry.FieldError{Key: "only", Err: fmt.Errorf("names %q, which is no type of entity; %s", m.config.Only, (&registry.UnknownError{Name: m.config.Only, Known: types}).Hint())}
	}
	return entitySums, nil
}

// Add implements Metric. The rows follow those of the call before. A class out of range is a panic with a
// *loss.TargetError.
func (m *EntityF1[T]) Add(sums []float64, pred []T, target tensor.Values[T], rows int) {
	checkClasses("entity_f1", m.classes, pred, target.Ints, rows)
	for i, k := range target.Ints {
		if m.classes.target.Ignores(k) {
			continue
		}
		said, is := decodedTag{}, m.tags[k]
		if class := PredictedClass(scoresOf(m.classes, pred, i)); class != NoClass {
			said = m.tags[class]
		}
		m.next(sums, said, is)
	}
}

// next counts a row.
func (m *EntityF1[T]) next(sums []float64, said, is decodedTag) {
	wasSaid, was := int(sums[lastPredicted]), int(sums[lastGold])
	saidEnds, isEnds := wasSaid > 0 && (said.entity != wasSaid || said.begins), was > 0 && (is.entity != was || is.begins)
	if sums[bothOpen] > 0 && (saidEnds || isEnds) {
		if saidEnds && isEnds {
			sums[entitiesRight]++
		}
		sums[bothOpen] = 0
	}
	saidBegins, isBegins := said.entity > 0 && (said.begins || said.entity != wasSaid), is.entity > 0 && (is.begins || is.entity != was)
	if saidBegins && m.counts(said) {
		sums[entitiesPredicted]++
	}
	if isBegins && m.counts(is) {
		sums[entitiesGold]++
	}
	if saidBegins && isBegins && said.entity == is.entity && m.counts(is) {
		sums[bothOpen] = 1
	}
	sums[lastPredicted], sums[lastGold] = float64(said.entity), float64(is.entity)
}

func (m *EntityF1[T]) counts(t decodedTag) bool { return m.only == 0 || t.entity == m.only }

// EndSequence implements SequenceMetric: both tags are O behind a sequence.
func (m *EntityF1[T]) EndSequence(sums []float64) { m.next(sums, decodedTag{}, decodedTag{}) }

// Value implements Metric.
func (m *EntityF1[T]) Value(sums []float64) float64 {
	right := sums[entitiesRight]
	return f1(right, sums[entitiesPredicted]-right, sums[entitiesGold]-right)
}

// HigherIsBetter implements Metric.
func (m *EntityF1[T]) HigherIsBetter() bool { return true }
