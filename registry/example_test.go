package registry_test

import (
	"fmt"

	"github.com/strata-ml/strata/registry"
	"go.yaml.in/yaml/v4"
)

// A greeter is what the parts of the example make.
type greeter interface{ greet() string }

var greeters = registry.New[greeter]("greeter", registry.Frozen)

type politeConfig struct {
	_     struct{} `doc:"greets by name"`
	Name  string   `doc:"whom to greet" is:"required"`
	Times int      `doc:"how often" is:">=1"`
}

type polite struct{ politeConfig }

func (p polite) greet() string { return fmt.Sprintf("good day, %s (%d times)", p.Name, p.Times) }

func init() {
	registry.Register(greeters, "polite", politeConfig{Times: 1}, func(c politeConfig) greeter { return polite{c} })
}

func ExampleRegister() {
	g, err := greeters.Build("polite", func(c any) { c.(*politeConfig).Name = "Ada" })
	fmt.Println(g.greet(), err)

	_, err = greeters.Build("plite", nil)
	fmt.Println(err)
	// Output:
	// good day, Ada (1 times) <nil>
	// unknown greeter "plite"; did you mean "polite"?
}

func ExampleDecodeChoice() {
	for _, text := range []string{"{type: polite, name: Ada, times: 2}", "{type: polite, nmae: Ada, times: 0}"} {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			panic(err)
		}
		name, config, problems := registry.DecodeChoice(greeters, registry.Place{Path: "greeting", Context: "greeting"}, doc.Content[0])
		if len(problems) == 0 {
			fmt.Println(registry.Choice[greeter]{Name: name, Config: config}.New().greet())
		}
		for _, p := range problems {
			fmt.Printf("%d:%d: %s: %s\n", p.Node.Line, p.Node.Column, p.Message, p.Hint)
		}
	}
	// Output:
	// good day, Ada (2 times)
	// 1:16: greeting: polite: unknown key "nmae": did you mean "name"?
	// 1:34: greeting: polite: times must be >= 1, is 0: times is a whole number >= 1: how often
}
