package experiment

import (
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/train"
	"go.yaml.in/yaml/v4"
)

// A Config is everything that an experiment file says.
type Config struct {
	Name          string                 `doc:"name of the experiment, and of its run directories; without it, that of the file" class:"frozen"`
	Seed          uint64                 `doc:"what every random number of the run follows from" is:">=0" class:"frozen"`
	DType         string                 `key:"dtype" doc:"element type that is trained" is:"one of float32|float64" class:"frozen"`
	Data          data.Choice            `doc:"where the rows come from" is:"required" class:"frozen"`
	Model         Model                  `doc:"the nodes, in order" is:"required" class:"frozen"`
	Outputs       []string               `doc:"nodes whose values the model gives; the first is what the loss and the metrics score, the others train nothing and are shown by explain; without it, the one node that no other reads" class:"frozen"`
	Loss          loss.Choice            `doc:"what training makes small" is:"required" class:"frozen"`
	Metrics       []train.MetricChoice   `doc:"scores to report" class:"frozen"`
	Optimizer     optim.Choice           `doc:"how gradients change the parameters" is:"required" class:"frozen"`
	Regularizers  []Regularizer          `doc:"penalties that are added to the loss" class:"override"`
	Clip          optim.Clip             `doc:"bounds on the gradient"`
	Groups        []train.Group          `doc:"parameters that are updated otherwise than the rest, by pattern" class:"override"`
	Averaging     *train.Averaging       `doc:"a running mean of the weights to evaluate and predict with; without it, the weights themselves" class:"frozen"`
	Freeze        []string               `doc:"patterns of parameters that stay as they are, such as fc1/*" class:"override"`
	Train         train.Config           `doc:"how long and in what portions"`
	Log           train.Log              `doc:"what is recorded and plotted besides the usual"`
	EarlyStopping *train.EarlyStopping   `doc:"when to stop before the last epoch; without it, never" class:"override"`
	Checkpoint    train.CheckpointPolicy `doc:"when checkpoints are written and which are kept"`
	NonFinite     train.NonFinite        `doc:"what is done about numbers that are NaN or infinite"`
	Debug         *train.Debug           `doc:"what a run checks of itself, at a cost; without it, nothing" class:"extend"`
	WarmStart     *WarmStart             `doc:"a checkpoint whose weights the run begins with; without it, fresh ones" class:"frozen"`
}

// DefaultConfig is the Config of a file that sets nothing.
func DefaultConfig() Config {
	return Config{
		Seed: 1, DType: "float32",
		Train: train.DefaultConfig(), Checkpoint: train.DefaultCheckpointPolicy(), NonFinite: train.DefaultNonFinite(),
	}
}

func init() {
	registry.SetDefaults(train.DefaultEarlyStopping())
	registry.SetDefaults(train.DefaultGroup())
	registry.SetDefaults(train.DefaultAveraging())
	registry.SetDefaults(train.DefaultGradientCheck())
}

var nameSyntax = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// Validate returns an error when the name cannot name a directory.
func (c *Config) Validate() error {
	if c.Name != "" && (!nameSyntax.MatchString(c.Name) || len(c.Name) > 100) {
		return &registry.FieldError{Key: "name", Err: errors.New("names a directory: at most 100 letters, digits, '_', '-' and '.', and no '.' or '-' at the start")}
	}
	return nil
}

// nameOf returns the name of an experiment whose file sets none.
func nameOf(file string) string {
	base := filepath.Base(file)
	base = strings.TrimSuffix(base, filepath.Ext(base))
	if !nameSyntax.MatchString(base) {
		return "experiment"
	}
	return base
}

// A WarmStart begins a run from the weights of another one's checkpoint.
type WarmStart struct {
	From   string            `doc:"the checkpoint; a relative path starts from the experiment file" is:"required" class:"frozen"`
	Rename map[string]string `doc:"names in the checkpoint, of nodes or parameters, and what they are called here" class:"frozen"`
	Freeze []string          `doc:"patterns of parameters that stay as they were loaded" class:"override"`
}

// A Regularizer is a penalty and what it acts on, as patterns: parameters, or outputs of nodes.
type Regularizer struct {
	Part   optim.RegularizerChoice
	Params []string
	Nodes  []string
}

// regularizerKeys are the keys of a regularizer's block that belong to the experiment.
type regularizerKeys struct {
	Params []string `doc:"patterns of the parameters that the penalty acts on, unless nodes says otherwise" class:"override"`
	Nodes  []string `doc:"patterns of the nodes whose outputs the penalty acts on in place of parameters, as a mean per example; without it, none" class:"override"`
}

func defaultRegularizerKeys() regularizerKeys { return regularizerKeys{Params: []string{"*/w"}} }

// regularizerKeysFor are the defaults of a block: one that names nodes acts on no parameters.
func regularizerKeysFor(n *yaml.Node) regularizerKeys {
	if nodes := registry.Lookup(n, "nodes"); nodes != nil && len(nodes.Content) > 0 {
		return regularizerKeys{}
	}
	return defaultRegularizerKeys()
}

// Validate returns an error when a penalty acts on nothing, or on both kinds.
func (k *regularizerKeys) Validate() error {
	if len(k.Params) > 0 && len(k.Nodes) > 0 {
		return &registry.FieldError{Key: "params", Err: errors.New("is for penalties on parameters, and nodes for those on outputs; write two regularizers")}
	}
	if len(k.Params) == 0 && len(k.Nodes) == 0 {
		return &registry.FieldError{Key: "params", Err: errors.New("must name at least one pattern")}
	}
	return nil
}

// DecodeNode implements registry.Coded.
func (r *Regularizer) DecodeNode(at registry.Place, n *yaml.Node) []registry.Problem {
	at = at.In("regularizers")
	own := regularizerKeysFor(n)
	problems := registry.DecodeBlock(at, onlyKeys(n, "params", "nodes"), &own)
	name, config, more := registry.DecodeChoice(optim.Regularizers, at, n, "params", "nodes")
	r.Part, r.Params, r.Nodes = optim.RegularizerChoice{Name: name, Config: config}, own.Params, own.Nodes
	return append(problems, more...)
}

// EncodeNode implements registry.Coded.
func (r *Regularizer) EncodeNode() *yaml.Node {
	n := registry.EncodeChoice(optim.Regularizers, r.Part.Name, r.Part.Config)
	acts := "params"
	if len(r.Nodes) > 0 {
		acts = "nodes"
	}
	n.Content = append(n.Content, onlyKeys(registry.EncodeBlock(regularizerKeys{r.Params, r.Nodes}), acts).Content...)
	return n
}

// Keys implements registry.Coded.
func (r *Regularizer) Keys(n *yaml.Node) []registry.Key {
	return append(registry.Keys(regularizerKeysFor(n), n), registry.PartKeys(optim.Regularizers, n, registry.Override)...)
}

// TypeName implements registry.Coded.
func (r *Regularizer) TypeName() string { return "regularizer" }

// onlyKeys returns a block with some of the keys of n, none where n is no block.
func onlyKeys(n *yaml.Node, keys ...string) *yaml.Node {
	block := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line, Column: n.Column}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if slices.Contains(keys, n.Content[i].Value) {
			block.Content = append(block.Content, n.Content[i], n.Content[i+1])
		}
	}
	return block
}
