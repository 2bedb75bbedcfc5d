package experiment

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// assumedMemory is what a machine that does not tell is taken to have.
const assumedMemory = 16 << 30

// AvailableMemory returns the bytes that a process can still take without swapping: MemAvailable of /proc/meminfo, and
// 16 GiB where there is no such file.
func AvailableMemory() uint64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return assumedMemory
	}
	defer f.Close()
	return memAvailable(f)
}

func memAvailable(meminfo io.Reader) uint64 {
	for lines := bufio.NewScanner(meminfo); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != "MemAvailable:" {
			continue
		}
		if kib, err := strconv.ParseUint(fields[1], 10, 64); err == nil {
			return kib << 10
		}
	}
	return assumedMemory
}

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
	infos := m.Nodes()
	worst := slices.MaxFunc(infos, func(a, b model.NodeInfo) int { return compareCost(a, b, rows, slots) })
	params, values := cost(worst, rows, slots)
	i := slices.IndexFunc(c.config.Model, func(n Node) bool { return n.Name == worst.Name })
	if values > params && rows > 1 && uint64(memoryOf(c.config, m, 1, slots)) <= limit {
		c.fail(c.at("train", "batch_size"), fmt.Sprintf("train: a batch of %d rows %s", rows, needs), fmt.Sprintf("make batch_size smaller, or accumulate larger; node %q has %v values per row", worst.Name, worst.Out.Size()))
		return
	}
	c.fail(c.node(i), fmt.Sprintf("model: node %q: the model %s", worst.Name, needs), fmt.Sprintf("this node takes the most: %d parameters, output %v", worst.Params, worst.Out))
}

// memoryOf estimates the bytes that training takes for a model, as Model.Memory does. A table that is updated whole has a
// gradient of its size besides. Gradients that are summed over portions take their size once more, and so does an average
// of the weights. Checkpoints that are written in the background take a copy of what they hold.
func memoryOf[T tensor.Float](c *Config, m *model.Model[T], rows, slots int) int {
	total := float64(m.Memory(rows, slots))
	for _, p := range m.Params() {
		if c.Train.Rows == train.DenseRows && p.IsTable() && !p.Frozen {
			total += float64(p.Shape.Size()) * float64(unsafe.Sizeof(T(0)))
		}
	}
	copies := 0.0
	if c.Train.Accumulate > 1 {
		copies++
	}
	if c.Averaging != nil {
		copies++
	}
	if c.Checkpoint.Background {
		copies += float64(1 + slots) // what a checkpoint holds, but for an average
		if c.Averaging != nil {
			copies++
		}
	}
	total += copies * float64(m.NumParams()) * float64(unsafe.Sizeof(T(0)))
	if c.Debug != nil && c.Debug.GradientCheck != nil {
		total += 3 * 8 * float64(m.NumParams()) // the reference, the copy that is checked, and its gradient
	}
	if total >= math.MaxInt {
		return math.MaxInt
	}
	return int(total)
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
