package experiment

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/registry"
	"go.yaml.in/yaml/v4"
)

// A Node is one layer of the model and what it reads.
type Node struct {
	Name   string
	Layer  layers.Choice
	From   []string // nodes or inputs of the data; nil for the node before it, or the first input
	Share  string   // the node whose parameters it uses, "" for its own
	Frozen bool     // its parameters stay as they are
}

// A Model is the list of nodes of an experiment. Where a node has no name, it is called by its type, with _2, _3 and
// so on where that is taken.
type Model []Node

// nodeKeys are the keys of a node's block that belong to the experiment; the others belong to the layer.
type nodeKeys struct {
	Name      string   `doc:"what the node is called in from, in parameter paths and in --set; without it, its type" class:"frozen"`
	From      []string `doc:"nodes or inputs that it reads; without it, the node before" class:"frozen"`
	Share     string   `doc:"a node before it whose parameters it uses instead of its own" class:"frozen"`
	Trainable bool     `doc:"false keeps its parameters as they are, like freeze with its name" class:"override"`
}

var nodeKeyNames = []string{"name", "from", "share", "trainable"}

func defaultNodeKeys() nodeKeys { return nodeKeys{Trainable: true} }

// maxNodes bounds the time that the checks of a graph take, which grows with its square.
const maxNodes = 4096

var nodeNameSyntax = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// DecodeNode implements registry.Coded.
func (m *Model) DecodeNode(at registry.Place, n *yaml.Node) []registry.Problem {
	at = at.In("model")
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return []registry.Problem{at.Problem(n, "must be a list of at least one node", "begin each node with a dash: - {name: fc1, type: dense, units: 64}")}
	}
	if len(n.Content) > maxNodes {
		return []registry.Problem{at.Problem(n.Content[maxNodes], fmt.Sprintf("has %d nodes, and a model has at most %d", len(n.Content), maxNodes), "put what repeats into a layer of your own")}
	}
	var problems []registry.Problem
	for i, name := range nodeNames(n) {
		item := n.Content[i]
		place := registry.Place{Path: at.Path + "." + name, Context: fmt.Sprintf("model: node %q", name)}
		own := defaultNodeKeys()
		if item.Kind == yaml.MappingNode {
			problems = append(problems, registry.DecodeBlock(place, onlyKeys(item, nodeKeyNames...), &own)...)
		}
		layer, config, more := registry.DecodeChoice(layers.Registry, place, item, nodeKeyNames...)
		problems = append(problems, more...)
		*m = append(*m, Node{
			Name: name, Layer: layers.Choice{Name: layer, Config: config}, From: own.From, Share: own.Share, Frozen: !own.Trainable,
		})
	}
	return problems
}

// EncodeNode implements registry.Coded.
func (m *Model) EncodeNode() *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, node := range *m {
		keys := registry.EncodeBlock(nodeKeys{node.Name, node.From, node.Share, !node.Frozen})
		n := registry.EncodeChoice(layers.Registry, node.Layer.Name, node.Layer.Config)
		// The name leads, the layer follows, and what the node is wired to ends the block. Of share and trainable, most
		// nodes have neither.
		n.Content = append(keys.Content[:2:2], n.Content...)
		for i := 2; i < len(keys.Content); i += 2 {
			key := keys.Content[i].Value
			if key == "share" && node.Share == "" || key == "trainable" && !node.Frozen {
				continue
			}
			n.Content = append(n.Content, keys.Content[i], keys.Content[i+1])
		}
		list.Content = append(list.Content, n)
	}
	return list
}

// Keys implements registry.Coded. Nodes go by their names.
func (m *Model) Keys(n *yaml.Node) []registry.Key {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	var keys []registry.Key
	for i, name := range nodeNames(n) {
		item := n.Content[i]
		for _, below := range append(registry.Keys(defaultNodeKeys(), item), registry.PartKeys(layers.Registry, item, registry.Frozen)...) {
			keys = append(keys, registry.Key{Path: name + "." + below.Path, Class: below.Class})
		}
	}
	return keys
}

// TypeName implements registry.Coded.
func (m *Model) TypeName() string { return "list of nodes" }

// nodeNames returns the name of each item of a model list: its own, or its type, numbered where that is taken.
func nodeNames(list *yaml.Node) []string {
	names, taken := make([]string, len(list.Content)), map[string]bool{"input": true}
	used := map[string]int{} // the numbers that were tried for a type
	for i, item := range list.Content {
		if n := registry.Lookup(item, "name"); n != nil {
			names[i], taken[n.Value] = n.Value, true
		}
	}
	for i, item := range list.Content {
		if registry.Lookup(item, "name") != nil {
			continue
		}
		name := typeOf(item)
		if name == "" {
			name = "node"
		}
		names[i] = name
		for taken[names[i]] {
			used[name]++
			names[i] = name + "_" + strconv.Itoa(used[name]+1)
		}
		taken[names[i]] = true
	}
	return names
}

// typeOf returns the part that an item of a list names, "" where it names none.
func typeOf(item *yaml.Node) string {
	if item.Kind == yaml.MappingNode {
		item = registry.Lookup(item, "type")
	}
	if item == nil || item.Kind != yaml.ScalarNode {
		return ""
	}
	return item.Value
}
