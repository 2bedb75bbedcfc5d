package experiment

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/train"
	"go.yaml.in/yaml/v4"
)

// A difference is a key to which two experiments give values that differ.
type difference struct {
	path    string
	class   registry.Class
	was, is string // as YAML on one line; "" where the experiment does not have the key
}

func (d difference) String() string {
	return fmt.Sprintf("%s was %s and is %s", d.path, cmp.Or(d.was, "not there"), cmp.Or(d.is, "not there"))
}

// differences lists what two experiments differ in, in the order of the first. Where they name different parts, the whole
// block differs.
func differences(was, is *Config) []difference {
	before, after := registry.EncodeBlock(*was), registry.EncodeBlock(*is)
	c := comparison{classes: map[string]registry.Class{}}
	for _, n := range []*yaml.Node{after, before} {
		for _, k := range registry.Keys(DefaultConfig(), n) {
			c.classes[k.Path] = k.Class
		}
	}
	c.compare("", before, after)
	return c.found
}

type comparison struct {
	classes map[string]registry.Class
	found   []difference
}

// compare compares two values of a path, either of which may be nil.
func (c *comparison) compare(path string, was, is *yaml.Node) {
	switch {
	case areBlocks(was, is) && typeOf(was) == typeOf(is):
		for _, key := range keysOfBoth(was, is) {
			c.compare(below(path, key), registry.Lookup(was, key), registry.Lookup(is, key))
		}
	case areBlocks(was, is) && c.class(path) != registry.Override:
		c.add(below(path, "type"), typeOf(was), typeOf(is))
	case areLists(was, is):
		for i := range was.Content {
			c.compare(below(path, itemName(path, was.Content[i], i)), was.Content[i], is.Content[i])
		}
	default:
		c.add(path, oneLine(was), oneLine(is))
	}
}

func (c *comparison) add(path, was, is string) {
	if was != is {
		c.found = append(c.found, difference{path, c.class(path), was, is})
	}
}

// class returns the class of a path, or of the nearest above it that has one. What nothing classes is frozen.
func (c *comparison) class(path string) registry.Class {
	for path != "" {
		if class, ok := c.classes[path]; ok {
			return cmp.Or(class, registry.Frozen)
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
	return registry.Frozen
}

func areBlocks(a, b *yaml.Node) bool {
	return a != nil && b != nil && a.Kind == yaml.MappingNode && b.Kind == yaml.MappingNode
}

// areLists reports whether two values are lists of as many blocks, which are compared one by one.
func areLists(a, b *yaml.Node) bool {
	if a == nil || b == nil || a.Kind != yaml.SequenceNode || b.Kind != yaml.SequenceNode || len(a.Content) != len(b.Content) {
		return false
	}
	noBlock := func(n *yaml.Node) bool { return n.Kind != yaml.MappingNode }
	return !slices.ContainsFunc(a.Content, noBlock) && !slices.ContainsFunc(b.Content, noBlock)
}

// keysOfBoth returns the keys of the first block, and then those that only the second has.
func keysOfBoth(a, b *yaml.Node) []string {
	var keys []string
	for _, n := range []*yaml.Node{a, b} {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if key := n.Content[i].Value; !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// oneLine returns a value as YAML on one line, "" for none.
func oneLine(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	n = cloneNode(n)
	for nodes := []*yaml.Node{n}; len(nodes) > 0; nodes = nodes[1:] {
		if nodes[0].Kind != yaml.ScalarNode {
			nodes[0].Style |= yaml.FlowStyle
		}
		nodes = append(nodes, nodes[0].Content...)
	}
	var b bytes.Buffer
	d, err := yaml.NewDumper(&b, yaml.WithLineWidth(-1))
	if err == nil {
		err = d.Dump(n)
	}
	if err == nil {
		err = d.Close()
	}
	if err != nil {
		panic(fmt.Sprintf("experiment: a value cannot be written: %v", err)) // a buffer takes every write
	}
	return strings.TrimSpace(b.String())
}

// changes sorts what a run that goes on as e has otherwise than it was into what is recorded and what is only said. The
// error is a *Diagnostics that holds each difference which a run cannot take up, or takes up only when told to.
func (e *Experiment) changes(was *Config, dir string) (recorded []train.Change, said []string, err error) {
	var problems []registry.Problem
	for _, d := range differences(was, &e.Config) {
		at := e.readAt(d.path)
		asked := e.isChange(at)
		switch {
		case d.class == registry.Extend:
			said = append(said, d.String())
		case d.class == registry.Override && asked:
			recorded = append(recorded, train.Change{Key: d.path, From: d.was, To: d.is})
		default:
			problems = append(problems, registry.Problem{Node: at, Message: d.refusal(), Hint: d.remedy(dir, asked)})
		}
	}
	if p, ok := e.checkSlots(was); !ok && len(problems) == 0 {
		problems = append(problems, p)
	}
	if len(problems) > 0 {
		return nil, nil, &Diagnostics{e.texts.diagnostics(nil, problems)}
	}
	return recorded, said, nil
}

// refusal says why a run does not take up a difference.
func (d difference) refusal() string {
	if d.class == registry.Override {
		return d.String() + ": it is an override key, whose changes belong to the history of the run"
	}
	reason := "what the run has computed so far depends on it"
	switch top, _, _ := strings.Cut(d.path, "."); {
	case d.path == "optimizer.type":
		reason = "another optimizer keeps other slots than those in the checkpoint"
	case top == "model", top == "outputs", top == "dtype":
		reason = "the parameters in the checkpoint are as it says"
	case top == "data", top == "seed", top == "train":
		reason = "the order of the rows and the place in the epoch follow from it"
	case top == "loss", top == "metrics":
		reason = "the scores of the epoch under way and the best ones so far are its"
	}
	return fmt.Sprintf("%s: it is a frozen key, because %s", d, reason)
}

// remedy says what to do about a difference that is refused. Asked says that a flag wants it.
func (d difference) remedy(dir string, asked bool) string {
	restore := fmt.Sprintf("write %s again in %s", oneKey(d.path, d.was), ConfigFile)
	switch {
	case d.was == "":
		restore = fmt.Sprintf("remove %s from %s", d.path, ConfigFile)
	case asked:
		restore = "leave the flag out"
	}
	if d.class == registry.Override && d.is != "" {
		return fmt.Sprintf("strata resume %s --change %s goes on with it; or %s", ShellWord(dir), ShellWord(d.path+"="+d.is), restore)
	}
	return restore + ", or start a new run"
}

// oneKey writes the last key of a path with a value.
func oneKey(path, value string) string {
	return path[strings.LastIndexByte(path, '.')+1:] + ": " + value
}

// ShellWord returns a text as one word of a command for a shell, in quotes where it needs them.
func ShellWord(s string) string {
	if strings.ContainsAny(s, " \t\n'\"\\$&|;<>()*?[]#~`!{}") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// checkSlots compares the arrays that the optimizer keeps for each parameter: some values of its keys need others.
func (e *Experiment) checkSlots(was *Config) (registry.Problem, bool) {
	before, after := optim.Make[float64](was.Optimizer.New()).Slots(), optim.Make[float64](e.Config.Optimizer.New()).Slots()
	if slices.Equal(before, after) {
		return registry.Problem{}, true
	}
	path := "optimizer"
	for _, d := range differences(was, &e.Config) {
		if strings.HasPrefix(d.path, "optimizer.") {
			path = d.path
		}
	}
	names := func(slots []string) string { return cmp.Or(strings.Join(slots, ", "), "none") }
	return registry.Problem{
		Node:    e.readAt(path),
		Message: fmt.Sprintf("%s: with this value %s keeps other slots for each parameter than those in the checkpoint: %s, and the checkpoint has %s", path, e.Config.Optimizer.Name, names(after), names(before)),
		Hint:    "leave it as it was, or start a new run, with warm_start from the checkpoint where its weights are wanted",
	}, false
}

// readAt returns the node that gave the value at a path, as Origins and differences write it, or the nearest one around.
func (e *Experiment) readAt(path string) *yaml.Node {
	n, keys := e.root, strings.Split(path, ".")
	for i, key := range keys {
		next := registry.Lookup(n, key)
		if n.Kind == yaml.SequenceNode {
			if k, ok := findItem(n, key, i == 1 && keys[0] == "model"); ok {
				next = n.Content[k]
			}
		}
		if next == nil {
			break
		}
		n = next
	}
	return n
}

// isChange reports whether a value, or a part of it, comes from --change.
func (e *Experiment) isChange(n *yaml.Node) bool {
	if src, _ := e.texts.find(n.Line); strings.HasPrefix(src.origin, changeFlag) {
		return true
	}
	return slices.ContainsFunc(n.Content, e.isChange)
}
