package registry_test

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/registry"
	"go.yaml.in/yaml/v4"
)

// A gate is a part of the tests' own kind.
type gate interface{ open() float64 }

var gates = registry.New[gate]("gate", "")

// A ramp is a schedule of the tests.
type ramp interface{ at(x float64) float64 }

var ramps = registry.New[ramp](registry.ScheduleKind, registry.Override)

type slideConfig struct {
	_     struct{} `doc:"slides to one side"`
	Width float64  `doc:"how far it opens" is:">0,<=2"`
	Side  string   `doc:"where to" is:"one of left|right"`
	Count int      `is:">=1"`
	Big   uint64
	Fast  bool
	Rate  registry.Number `is:">=0"`
	Names []string
	Rest  map[string]string
	Inner registry.Choice[gate]
	Limit *limitConfig
	Steps []int
}

type limitConfig struct {
	High float64 `is:"required"`
	Low  float64
}

func (c slideConfig) Validate() error {
	if c.Fast && c.Count > 3 {
		return &registry.FieldError{Key: "count", Err: errors.New("must be at most 3 for a fast gate")}
	}
	return nil
}

type slide struct{ slideConfig }

func (s slide) open() float64 { return s.Width }

type linearConfig struct {
	Slope float64 `is:"required"`
}

type linear struct{ linearConfig }

func (l linear) at(x float64) float64 { return l.Slope * x }

func init() {
	registry.Register(gates, "slide", slideConfig{Width: 1, Side: "left", Count: 1}, func(c slideConfig) gate { return slide{c} })
	registry.Register(gates, "plain", struct{}{}, func(struct{}) gate { return slide{slideConfig{Width: 9}} })
	registry.Register(ramps, "linear", linearConfig{}, func(c linearConfig) ramp { return linear{c} })
	registry.SetDefaults(limitConfig{Low: -1})
}

// node parses YAML into the node that the decoder takes.
func node(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Content[0]
}

func decode(t *testing.T, text string) (slideConfig, []registry.Problem) {
	t.Helper()
	c := slideConfig{Width: 1, Side: "left", Count: 1}
	problems := registry.DecodeBlock(registry.Place{Path: "gate", Context: "gate"}, node(t, text), &c)
	return c, problems
}

func TestDecodeBlock(t *testing.T) {
	c, problems := decode(t, `
width: 1.5
side: right
count: 3
big: 18446744073709551615
fast: true
rate: 1e-3
names: [a, b]
rest: {Old: new}
inner: {type: slide, width: 2}
limit: {high: 4}
steps: [1, 2]
`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	inner := c.Inner.New().(slide)
	c.Inner = registry.Choice[gate]{}
	want := slideConfig{
		Width: 1.5, Side: "right", Count: 3, Big: math.MaxUint64, Fast: true, Rate: registry.Const(1e-3),
		Names: []string{"a", "b"}, Rest: map[string]string{"Old": "new"}, Limit: &limitConfig{High: 4, Low: -1}, Steps: []int{1, 2},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v, want %+v", c, want)
	}
	if inner.Width != 2 || inner.Side != "left" {
		t.Errorf("the inner gate is %+v", inner)
	}
}

func TestDecodeProblems(t *testing.T) {
	tests := []struct {
		text, message, hint string
		line, column        int
	}{
		{"widht: 1", `gate: unknown key "widht"`, `did you mean "width"?`, 1, 1},
		{"high: 1", `gate: unknown key "high"`, `did you mean "high" in the block limit?`, 1, 1},
		{"colour: 1", `gate: unknown key "colour"`, "known: width, side", 1, 1},
		{"width: 0", "gate: width must be positive, is 0", "width is a number > 0, <= 2: how far it opens", 1, 8},
		{"width: 2.5", "gate: width must be <= 2, is 2.5", "how far it opens", 1, 8},
		{"width: wide", `gate: width must be a number, is the text "wide"`, "how far it opens", 1, 8},
		{"width: '1'", `gate: width must be a number, is the text "1"`, "write 1 without quotes", 1, 8},
		{"width: .inf", "gate: width must be a number, is .inf", "write a finite decimal number", 1, 8},
		{"width: .nan", "gate: width must be a number, is .nan", "write a finite decimal number", 1, 8},
		{"width: 1e400", `gate: width must be a number, is the text "1e400"`, "write a finite decimal number", 1, 8},
		{"width: 010", "gate: width must be a number, is 010", "write 10", 1, 8},
		{"width: 0x1", "gate: width must be a number, is 0x1", "in decimal: 1", 1, 8},
		{"width: ", "gate: width has no value", "leave the key out", 1, 7},
		{"count: 3.7", "gate: count must be a whole number, is 3.7", "write 4", 1, 8},
		{"count: 1e3", "gate: count must be a whole number, is 1e3", "write 1000", 1, 8},
		{"count: 010", "gate: count must be a whole number without leading zeros, is 010", "write 10", 1, 8},
		{"count: -010", "gate: count must be a whole number without leading zeros, is -010", "write -10", 1, 8},
		{"count: 0x1F", "gate: count must be a whole number, is 0x1F", "in decimal: 31", 1, 8},
		{"count: 1_000", "gate: count must be a whole number, is 1_000", "in decimal: 1000", 1, 8},
		{"count: 99999999999999999999", "gate: count", "", 1, 8},
		{"count: 0", "gate: count must be >= 1, is 0", "count is a whole number >= 1", 1, 8},
		{"big: -1", "gate: big is out of range: -1", "", 1, 6},
		{"fast: yes", `gate: fast must be true or false, is the text "yes"`, "write true", 1, 7},
		{"fast: 0", "gate: fast must be true or false, is 0", "write false", 1, 7},
		{"fast: true\ncount: 5", "gate: count must be at most 3 for a fast gate", "", 2, 8},
		{"side: up", `gate: unknown side "up"`, "known: left, right", 1, 7},
		{"side: lfet", `gate: unknown side "lfet"`, `did you mean "left"?`, 1, 7},
		{"side: 3", "gate: side must be text, is 3", `write "3"`, 1, 7},
		{"side: true", "gate: side must be text, is true", `write "true"`, 1, 7},
		{"side: [left]", "gate: side must be text, is a list", "where to", 1, 7},
		{"rate: -1", "gate: rate must not be negative, is -1", "", 1, 7},
		{"rate: linaer", `gate: rate: unknown schedule "linaer"`, `did you mean "linear"?`, 1, 7},
		{"rate: {type: linear}", "gate: rate: linear: slope is required", "add slope: <number>", 1, 7},
		{"rate: [1]", "gate: rate must be a number or a schedule, is a list", "", 1, 7},
		{"names: {a: b}", "gate: names must be a list, is a block of keys", "begin each item with a dash", 1, 8},
		{"steps: 3", "gate: steps must be a list, is 3", "write [3]", 1, 8},
		{"names: [a, 3]", "gate: names must be text, is 3", `write "3"`, 1, 12},
		{"rest: [a]", "gate: rest must map names to names, is a list", "", 1, 7},
		{"rest: {a: 1}", "gate: rest.a must be text, is 1", `write "1"`, 1, 11},
		{"inner: sldie", `gate: inner: unknown gate "sldie"`, `did you mean "slide"?`, 1, 8},
		{"inner: {width: 1}", "gate: inner: type is required", "known: plain, slide", 1, 8},
		{"inner: {type: 3}", "gate: inner: must name a gate, is 3", "known: plain, slide", 1, 15},
		{"inner: {type: plain, width: 1}", `gate: inner: plain: unknown key "width"`, "", 1, 22},
		{"limit: {low: 3}", "gate: limit: high is required", "add high: <number>", 1, 8},
		{"limit: 3", "gate: limit: must be a block of keys, is 3", "its keys: high, low", 1, 8},
		{"- a", "gate: must be a block of keys, is a list", "its keys: width", 1, 1},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			_, problems := decode(t, test.text)
			if len(problems) != 1 {
				t.Fatalf("the problems are %v", problems)
			}
			p := problems[0]
			if !strings.HasPrefix(p.Message, test.message) || !strings.Contains(p.Hint, test.hint) {
				t.Errorf("got %q (%q), want %q (%q)", p.Message, p.Hint, test.message, test.hint)
			}
			if p.Node.Line != test.line || p.Node.Column != test.column {
				t.Errorf("it is placed at %d:%d, want %d:%d", p.Node.Line, p.Node.Column, test.line, test.column)
			}
		})
	}
}

// TestEveryProblemAtOnce checks that one fault does not hide another.
func TestEveryProblemAtOnce(t *testing.T) {
	_, problems := decode(t, "width: 9\ncount: x\nnope: 1\ninner: {type: slide, width: 0, count: 0}\nlimit: {}")
	if len(problems) != 6 {
		t.Errorf("there are %d problems: %v", len(problems), problems)
	}
}

func TestEncodeDecodesBack(t *testing.T) {
	texts := []string{
		"{}",
		"{rate: {type: linear, slope: 2}, names: ['1', 'true', '', '*x', 'a: b'], rest: {B: c, A: d}, inner: slide, limit: {high: 1}}",
		"{names: [], rest: {}, width: 0.30000000000000004, big: 18446744073709551615}",
	}
	for _, text := range texts {
		first, problems := decode(t, text)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		out, err := yaml.Marshal(registry.EncodeBlock(first))
		if err != nil {
			t.Fatal(err)
		}
		second, problems := decode(t, string(out))
		if len(problems) > 0 {
			t.Fatalf("%v in\n%s", problems, out)
		}
		if again, _ := yaml.Marshal(registry.EncodeBlock(second)); string(again) != string(out) {
			t.Errorf("got\n%s\nwant\n%s", again, out)
		}
		if !slices.Equal(first.Names, second.Names) || first.Width != second.Width {
			t.Errorf("got %+v, want %+v", second, first)
		}
	}
}

func TestKeys(t *testing.T) {
	var got []string
	for _, k := range registry.Keys(slideConfig{}, node(t, "{rate: {type: linear}, inner: plain, names: [a, b], rest: {x: y}, limit: {}}")) {
		got = append(got, k.Path)
	}
	want := []string{
		"width", "side", "count", "big", "fast", "rate", "rate.type", "rate.slope", "names", "names.0", "names.1",
		"rest", "rest.x", "inner", "inner.type", "limit", "limit.high", "limit.low", "steps",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDescribe(t *testing.T) {
	d, err := gates.Describe("slide")
	if err != nil {
		t.Fatal(err)
	}
	if d.Doc != "slides to one side" || d.Kind != "gate" || d.Name != "slide" {
		t.Errorf("got %+v", d)
	}
	want := []registry.Field{
		{Key: "width", Type: "number", Default: "1", Rule: "> 0, <= 2", Doc: "how far it opens"},
		{Key: "side", Type: "text", Default: "left", Rule: "one of left, right", Doc: "where to"},
	}
	if !slices.Equal(d.Fields[:2], want) {
		t.Errorf("got %+v", d.Fields[:2])
	}
	types := map[string]string{}
	for _, f := range d.Fields {
		types[f.Key] = f.Type
	}
	for key, typ := range map[string]string{
		"rate": "number or schedule", "names": "list of text", "rest": "map of names to names", "inner": "gate",
		"limit": "block", "steps": "list of whole number", "fast": "true or false",
	} {
		if types[key] != typ {
			t.Errorf("%s is a %q, want %q", key, types[key], typ)
		}
	}
	if _, err := gates.Describe("sluice"); err == nil {
		t.Error("a part that does not exist is described")
	}
}

func TestNearest(t *testing.T) {
	known := []string{"dense", "dropout", "relu", "leaky_relu", "softmax_cross_entropy", "batch_size", "lr"}
	for name, want := range map[string]string{
		"dnese": "dense", "Dense": "dense", "rleu": "relu", "batchsize": "batch_size", "batch-size": "batch_size",
		"softmax_crossentropy": "softmax_cross_entropy", "soft": "softmax_cross_entropy", "zzzz": "", "": "",
		"lrr": "lr", "conv2d": "", strings.Repeat("dense", 100): "",
	} {
		if got := registry.Nearest(name, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
	short := []string{"u", "xy"}
	for name, want := range map[string]string{"w": "", "U": "u", "u1": "u", "yx": "xy", "x": "xy", "": ""} {
		if got := registry.Nearest(name, short); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestRegisterPanics checks the mistakes of a program that cannot wait for a user.
func TestRegisterPanics(t *testing.T) {
	tests := map[string]struct {
		register func()
		want     string
	}{
		"no name":    {func() { registry.Register(gates, "", struct{}{}, func(struct{}) gate { return nil }) }, "without a name"},
		"taken name": {func() { registry.Register(gates, "slide", struct{}{}, func(struct{}) gate { return nil }) }, "is registered by"},
		"no struct":  {func() { registry.Register(gates, "three", 3, func(int) gate { return nil }) }, "is no struct"},
		"bad rule": {func() {
			type c struct {
				X int `is:"above 3"`
			}
			registry.Register(gates, "rule", c{}, func(c) gate { return nil })
		}, "unknown rule"},
		"other defaults": {
			func() {
				registry.Register(gates, "slide.v2", slideConfig{Width: 2}, func(slideConfig) gate { return nil })
			},
			`gate "slide.v2" of github.com/strata-ml/strata: the configuration registry_test.slideConfig has other defaults already`,
		},
		"other defaults of a block": {func() { registry.SetDefaults(limitConfig{}) }, "registry_test.limitConfig has other defaults already"},
		"taken kind":                {func() { registry.New[gate]("gate", "") }, "registered twice"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, test.want) {
					t.Errorf("it panics with %q, want %q", got, test.want)
				}
			}()
			test.register()
		})
	}
}

// TestRefusedPartLeavesNoTrace: what panicked changes no defaults and takes no name. Equal defaults are no conflict.
func TestRefusedPartLeavesNoTrace(t *testing.T) {
	func() {
		defer func() { _ = recover() }()
		registry.Register(gates, "slide.v3", slideConfig{}, func(slideConfig) gate { return nil })
	}()
	registry.SetDefaults(limitConfig{Low: -1})
	if registry.Defaults[slideConfig]().Width != 1 || slices.Contains(gates.Names(), "slide.v3") {
		t.Errorf("the defaults are %+v, the names %v", registry.Defaults[slideConfig](), gates.Names())
	}
}

func TestBuild(t *testing.T) {
	g, err := gates.Build("slide", func(c any) { c.(*slideConfig).Width = 1.25 })
	if err != nil || g.open() != 1.25 {
		t.Errorf("got %v, %v", g, err)
	}
	if registry.Defaults[slideConfig]().Width != 1 {
		t.Error("the edit changed the defaults")
	}
	if _, err := gates.Build("slid", nil); err == nil || !strings.Contains(err.Error(), `did you mean "slide"?`) {
		t.Errorf("the error is %v", err)
	}
	_, err = gates.Build("slide", func(c any) { c.(*slideConfig).Fast, c.(*slideConfig).Count = true, 4 })
	if err == nil || err.Error() != "gate slide: count must be at most 3 for a fast gate" {
		t.Errorf("a configuration that is not valid: %v", err)
	}
	if k, err := registry.FindKind("gate"); err != nil || !slices.Equal(k.Names(), []string{"plain", "slide"}) {
		t.Errorf("got %v, %v", k, err)
	}
}

// FuzzDecode feeds any YAML to the decoder: it may find problems, and must not panic; what it accepts passes Check, and
// encodes to what decodes to the same.
func FuzzDecode(f *testing.F) {
	f.Add("width: 1\nrate: {type: linear, slope: 3}")
	f.Add("inner: {type: slide, inner: {type: slide, names: [a]}}")
	f.Add("limit: {high: 1}\nrest: {a: b}")
	f.Fuzz(func(t *testing.T, text string) {
		var doc yaml.Node
		if yaml.Unmarshal([]byte(text), &doc) != nil || len(doc.Content) == 0 {
			return
		}
		c := registry.Defaults[slideConfig]()
		if len(registry.DecodeBlock(registry.Place{}, doc.Content[0], &c)) > 0 {
			return
		}
		if err := registry.Check(c); err != nil {
			t.Fatalf("%q decodes, and Check says: %v", text, err)
		}
		registry.Keys(c, doc.Content[0])
		again := registry.Defaults[slideConfig]()
		encoded := registry.EncodeBlock(c)
		if problems := registry.DecodeBlock(registry.Place{}, encoded, &again); len(problems) > 0 {
			t.Fatalf("%q decodes, and what it encodes to does not: %v", text, problems)
		}
	})
}
