package registry_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/strata-ml/strata/registry"
)

// A chain is a configuration with blocks and choices in every place that may hold one.
type chain struct {
	First  registry.Choice[gate] `is:"required"`
	Others []registry.Choice[gate]
	Limit  struct {
		High float64 `is:">0"`
	}
	Names []string `is:"one of a|b"`
}

func TestCheck(t *testing.T) {
	good := slideConfig{Width: 1, Side: "left", Count: 1}
	slides := func(edit func(c *slideConfig)) slideConfig {
		c := good
		edit(&c)
		return c
	}
	inner := func(config any) registry.Choice[gate] { return registry.Choice[gate]{Name: "slide", Config: config} }
	chained := func(edit func(c *chain)) chain {
		c := chain{First: registry.Choose[gate]("plain")}
		c.Limit.High = 1
		edit(&c)
		return c
	}
	tests := []struct {
		config any
		want   string // "" passes
	}{
		{good, ""},
		{&good, ""},
		{slides(func(c *slideConfig) { c.Side = "" }), ""},
		{slides(func(c *slideConfig) { c.Inner = registry.Choose[gate]("slide") }), ""},
		{slides(func(c *slideConfig) { c.Limit = &limitConfig{} }), ""},
		{chained(func(c *chain) { c.Others, c.Names = []registry.Choice[gate]{inner(good)}, []string{"a"} }), ""},

		{slideConfig{}, "width must be positive, is 0"},
		{slides(func(c *slideConfig) { c.Width = 2.5 }), "width must be <= 2, is 2.5"},
		{slides(func(c *slideConfig) { c.Width = math.NaN() }), "width must be positive, is NaN"},
		{slides(func(c *slideConfig) { c.Count = -3 }), "count must be >= 1, is -3"},
		{slides(func(c *slideConfig) { c.Side = "lfet" }), `unknown side "lfet"; did you mean "left"?`},
		{slides(func(c *slideConfig) { c.Rate = registry.Const(-1) }), "rate must not be negative, is -1"},
		{slides(func(c *slideConfig) { c.Rate = registry.Const(math.Inf(1)) }), "rate must be a finite number, is +Inf"},
		{slides(func(c *slideConfig) { c.Limit = &limitConfig{Low: math.Inf(-1)} }), "limit: low must be a finite number, is -Inf"},
		{slides(func(c *slideConfig) { c.Fast, c.Count = true, 4 }), "count must be at most 3 for a fast gate"},
		{slides(func(c *slideConfig) { c.Inner = registry.Choose[gate]("sldie") }), `inner: unknown gate "sldie"; did you mean "slide"?`},
		{slides(func(c *slideConfig) { c.Inner = inner(slideConfig{Width: 3}) }), "inner: slide: width must be <= 2, is 3"},
		{
			slides(func(c *slideConfig) { c.Inner = inner(slides(func(c *slideConfig) { c.Inner = inner(slideConfig{}) })) }),
			"inner: slide: inner: slide: width must be positive, is 0",
		},
		{
			slides(func(c *slideConfig) { c.Inner = inner(limitConfig{}) }),
			"inner: slide: its configuration is a registry_test.slideConfig, is given a registry_test.limitConfig",
		},
		{chain{}, "first must name a gate"},
		{chained(func(c *chain) { c.Others = make([]registry.Choice[gate], 1) }), "others.0 must name a gate"},
		{
			chained(func(c *chain) { c.Others = []registry.Choice[gate]{inner(good), inner(slideConfig{})} }),
			"others.1: slide: width must be positive, is 0",
		},
		{chained(func(c *chain) { c.Limit.High = 0 }), "limit: high must be positive, is 0"},
		{chained(func(c *chain) { c.Names = []string{"a", "c"} }), `unknown names.1 "c"; known: a, b`},
	}
	for _, test := range tests {
		got := ""
		if err := registry.Check(test.config); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%+v: %q, want %q", test.config, got, test.want)
		}
	}
	if _, ok := errors.AsType[*registry.FieldError](registry.Check(slideConfig{})); !ok {
		t.Error("a value out of range is no *FieldError")
	}
}

// TestBuildChecks builds a configuration that breaks a rule of its tags and has no method Validate to say so.
func TestBuildChecks(t *testing.T) {
	_, err := gates.Build("slide", func(c any) { c.(*slideConfig).Width = -1 })
	if err == nil || err.Error() != "gate slide: width must be positive, is -1" {
		t.Errorf("the error is %v", err)
	}
}

func TestMustCheck(t *testing.T) {
	if c := registry.MustCheck(limitConfig{High: 3}); c.High != 3 {
		t.Errorf("got %+v", c)
	}
	defer func() {
		err, _ := recover().(error)
		if err == nil || !strings.HasSuffix(err.Error(), "slideConfig: width must be positive, is 0") {
			t.Errorf("it panics with %v", err)
		}
	}()
	registry.MustCheck(slideConfig{})
}

func TestChoiceCheck(t *testing.T) {
	if err := (registry.Choice[gate]{}).Check(); err != nil {
		t.Errorf("nothing chosen: %v", err)
	}
	if err := registry.Choose[gate]("plain").Check(); err != nil {
		t.Errorf("plain: %v", err)
	}
	if err := registry.Choose[gate]("plian").Check(); err == nil || err.Error() != `unknown gate "plian"; did you mean "plain"?` {
		t.Errorf("plian: %v", err)
	}
}

// TestWithNumber changes one number of a copy.
func TestWithNumber(t *testing.T) {
	type config struct {
		LR, Momentum registry.Number
	}
	before := config{registry.Const(1), registry.Const(2)}
	after := registry.WithNumber(before, "lr", registry.Const(3)).(config)
	if before.LR.Value != 1 || after.LR.Value != 3 || after.Momentum.Value != 2 {
		t.Errorf("before %+v, after %+v", before, after)
	}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, `has no number "rate"`) {
			t.Errorf("it panics with %q", got)
		}
	}()
	registry.WithNumber(before, "rate", registry.Const(3))
}
