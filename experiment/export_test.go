package experiment

import "github.com/strata-ml/strata/registry"

// DescribeNode describes the keys of a node that belong to the experiment.
func DescribeNode() registry.Description { return registry.DescribeConfig(defaultNodeKeys()) }

// DescribeRegularizer describes the keys of a regularizer that belong to the experiment.
func DescribeRegularizer() registry.Description {
	return registry.DescribeConfig(defaultRegularizerKeys())
}

// The bounds that the documentation tells.
const (
	MaxBytes  = maxBytes
	MaxDepth  = maxDepth
	MaxValues = maxValues
	MaxNodes  = maxNodes
)

// MemAvailable reads the text of a /proc/meminfo.
var (
	MemAvailable = memAvailable
	AvailableIn  = availableIn
)

// WriteInfo writes the files with which a run begins.
func (e *Experiment) WriteInfo(dir string) error { return e.writeInfo(dir) }
