package experiment

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/strata-ml/strata/registry"
	"go.yaml.in/yaml/v4"
)

// Resolved returns the experiment as YAML with every default written out. Equal experiments give equal bytes, and the
// text decodes to the same Config again.
func (e *Experiment) Resolved() []byte { return e.Config.YAML() }

// YAML returns the Config as YAML with every default written out.
func (c *Config) YAML() []byte {
	var b bytes.Buffer
	d, err := yaml.NewDumper(&b, yaml.WithIndent(2), yaml.WithCompactSeqIndent(false), yaml.WithLineWidth(-1))
	if err == nil {
		err = d.Dump(registry.EncodeBlock(*c))
	}
	if err == nil {
		err = d.Close()
	}
	if err != nil {
		panic(fmt.Sprintf("experiment: a configuration cannot be written: %v", err)) // a buffer takes every write
	}
	return b.Bytes()
}

// An Origin is a value of an experiment and where it comes from.
type Origin struct {
	Path  string // optimizer.lr, model.fc1.units
	Value string
	From  string // "digits.yaml:14", "STRATA_OPTIMIZER_LR", "--set optimizer.lr", or "default"
}

// Origins lists every value of the resolved experiment, in its order.
func (e *Experiment) Origins() []Origin {
	var all []Origin
	e.collect(&all, "", registry.EncodeBlock(e.Config), e.root)
	return all
}

// collect walks the resolved nodes beside the ones that were read, which are nil where a default stands.
func (e *Experiment) collect(all *[]Origin, path string, resolved, read *yaml.Node) {
	switch resolved.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(resolved.Content); i += 2 {
			key := resolved.Content[i].Value
			from := registry.Lookup(read, key)
			if key == "type" && read != nil && read.Kind == yaml.ScalarNode {
				from = read // the name of a part in place of its block
			}
			e.collect(all, below(path, key), resolved.Content[i+1], from)
		}
	case yaml.SequenceNode:
		for i, item := range resolved.Content {
			from := read
			if read != nil && read.Kind == yaml.SequenceNode {
				from = read.Content[i]
			}
			e.collect(all, below(path, itemName(path, item, i)), item, from)
		}
	default:
		*all = append(*all, Origin{path, resolved.Value, e.originOf(read)})
	}
}

// below returns the path of a key in the block at a path.
func below(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// itemName returns what the item of a number is called in the resolved list at a path: nodes go by their names.
func itemName(path string, item *yaml.Node, number int) string {
	if name := registry.Lookup(item, "name"); path == "model" && name != nil {
		return name.Value
	}
	return strconv.Itoa(number)
}

func (e *Experiment) originOf(n *yaml.Node) string {
	if n == nil {
		return "default"
	}
	src, line := e.texts.find(n.Line)
	if src.origin == "" {
		return fmt.Sprintf("%s:%d", src.name, line)
	}
	return src.name
}
