package experiment

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// checkMemory refuses a run that would not fit, before anything is allocated, at the node or the batch size that asks
// for most.
func checkMemory[T tensor.Float](c *checker, m *model.Model[T], trainRows int) {
	limit := c.memory
	if limit == 0 {
		limit = AvailableMemory()
	}
	slots := 0
	if !c.config.Optimizer.IsZero() {
		slots = len(optim.Make[T](c.config.Optimizer.New()).Slots())
	}
	rows := c.config.Train.PortionRows(min(c.config.Train.BatchSize, trainRows))
	need := memoryOf(c.config, m, rows, slots)
	if need < 0 || uint64(need) <= limit {
		return
	}
	waiting := *c.config
	waiting.Checkpoint.Background = false
	if less := memoryOf(&waiting, m, rows, slots); uint64(less) <= limit {
		c.fail(c.at("checkpoint", "background"), fmt.Sprintf("checkpoint: with a copy for saving in the background the run needs %s of memory, and %s are available",
			formatBytes(float64(need)), formatBytes(float64(limit))), fmt.Sprintf("set checkpoint: {background: false}: training waits while a checkpoint is written, and %s are enough", formatBytes(float64(less))))
		return
	}
	needs := fmt.Sprintf("needs %s of memory, and %s are available", formatBytes(float64(need)), formatBytes(float64(limit)))
	parts := listParts(memoryParts(c.config, m, rows, slots))
	infos := m.Nodes()
	worst := slices.MaxFunc(infos, func(a, b model.NodeInfo) int { return compareCost(a, b, rows, slots) })
	params, values := cost(worst, rows, slots)
	i := slices.IndexFunc(c.config.Model, func(n Node) bool { return n.Name == worst.Name })
	if values > params && rows > 1 && uint64(memoryOf(c.config, m, 1, slots)) <= limit {
		c.fail(c.at("train", "batch_size"), fmt.Sprintf("train: a batch of %d rows %s", rows, needs), fmt.Sprintf("make batch_size smaller, or accumulate larger; node %q has %v values per row; in all: %s", worst.Name, worst.Out.Size(), parts))
		return
	}
	c.fail(c.node(i), fmt.Sprintf("model: node %q: the model %s", worst.Name, needs), fmt.Sprintf("this node takes the most: %d parameters, output %v; in all: %s", worst.Params, worst.Out, parts))
}

// A MemoryPart is what one part of a run takes.
type MemoryPart struct {
	Name  string
	Bytes float64
}

// memoryParts estimates what training takes for a model, by what takes it. The data is not among it: it has been loaded when
// a run is checked.
func memoryParts[T tensor.Float](c *Config, m *model.Model[T], rows, slots int) []MemoryPart {
	size := float64(unsafe.Sizeof(T(0)))
	params, dense, gradients := size*float64(m.NumParams()), 0.0, float64(m.Memory(rows, 0))-float64(m.Memory(rows, -1))
	for _, p := range m.Params() {
		switch n := size * float64(p.Shape.Size()); {
		case !p.IsTable():
			dense += n
		case c.Train.Rows == train.DenseRows && !p.Frozen:
			gradients += n // a table that is updated whole has a gradient of its size
		}
	}
	averages := 0.0
	if c.Averaging != nil {
		averages = params
	}
	parts := []MemoryPart{
		{"parameters", params},
		{"gradients", gradients},
		{"slots of the optimizer", params * float64(slots)},
		{"the average", averages},
		{fmt.Sprintf("values for %d rows", rows), float64(m.Memory(rows, -1)) - params},
		{"the weights before a step", dense},
	}
	if c.Train.Accumulate > 1 {
		parts = append(parts, MemoryPart{"sums over portions", params})
	}
	if c.Checkpoint.Background {
		parts = append(parts, MemoryPart{"the copy for saving", params*float64(1+slots) + averages})
	}
	if c.Debug != nil && c.Debug.GradientCheck != nil {
		parts = append(parts, MemoryPart{"checking gradients", 3 * 8 * float64(m.NumParams())}) // the reference, the copy that is checked, and its gradient
	}
	return slices.DeleteFunc(parts, func(p MemoryPart) bool { return p.Bytes <= 0 })
}

// memoryOf returns the sum of the parts. It saturates at math.MaxInt.
func memoryOf[T tensor.Float](c *Config, m *model.Model[T], rows, slots int) int {
	total := 0.0
	for _, p := range memoryParts(c, m, rows, slots) {
		total += p.Bytes
	}
	if total >= math.MaxInt {
		return math.MaxInt
	}
	return int(total)
}

// listParts writes the parts in words, the largest first.
func listParts(parts []MemoryPart) string {
	parts = slices.SortedStableFunc(slices.Values(parts), func(a, b MemoryPart) int { return cmp.Compare(b.Bytes, a.Bytes) })
	var words []string
	for _, p := range parts {
		words = append(words, fmt.Sprintf("%s %s", p.Name, formatBytes(p.Bytes)))
	}
	return strings.Join(words, ", ")
}

// cost estimates the elements that a node's parameters and its values take.
func cost(n model.NodeInfo, rows, slots int) (params, values float64) {
	return float64(n.Params)*float64(2+slots) - float64(n.Tables), 2 * float64(rows) * float64(n.Out.Size())
}

func compareCost(a, b model.NodeInfo, rows, slots int) int {
	pa, va := cost(a, rows, slots)
	pb, vb := cost(b, rows, slots)
	switch {
	case pa+va < pb+vb:
		return -1
	case pa+va > pb+vb:
		return 1
	}
	return 0
}

// formatBytes writes a number of bytes as 1.4 GiB.
func formatBytes(n float64) string {
	if n >= math.MaxInt {
		return "more than 8 EiB"
	}
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	if n < 1024 {
		return fmt.Sprintf("%.0f B", n)
	}
	i := 0
	for n >= 1024 && i < len(units)-1 {
		n, i = n/1024, i+1
	}
	return strconv.FormatFloat(n, 'g', 3, 64) + " " + units[i]
}
