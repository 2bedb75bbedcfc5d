package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
	"go.yaml.in/yaml/v4"
)

// checker finds what no part of a configuration can see alone. Parts of the Config that could not be decoded are zero,
// and what depends on them is passed over: their own problems are known.
type checker struct {
	config   *Config
	root     *yaml.Node
	dir      string
	inRun    bool
	explain  bool             // nothing has to train
	warm     *checkpoint.File // of the warm start; nil where none is opened
	memory   uint64
	vectors  []Pretrained // read for a new run
	resumed  bool
	problems []registry.Problem
}

func (c *checker) fail(n *yaml.Node, message, hint string) {
	c.problems = append(c.problems, registry.Problem{Node: n, Message: message, Hint: hint})
}

// at returns the value at a path of keys and item numbers, or the nearest block around it that the file has.
func (c *checker) at(path ...string) *yaml.Node {
	n := c.root
	for _, key := range path {
		next := registry.Lookup(n, key)
		if i, err := strconv.Atoi(key); err == nil && n.Kind == yaml.SequenceNode && i < len(n.Content) {
			next = n.Content[i]
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// node returns the block of a node of the model, or the value of one of its keys.
func (c *checker) node(i int, key ...string) *yaml.Node {
	return c.at(append([]string{"model", strconv.Itoa(i)}, key...)...)
}

func (c *checker) check(opts Options) *data.Splits {
	c.checkMetricNames()
	c.checkPatternSyntax()
	c.checkDecayScales()
	if !opts.Resumed {
		if c.warm = c.findWarmStart(); c.warm != nil {
			defer c.warm.Close()
		}
	}
	var splits *data.Splits
	if !opts.SkipData && !c.config.Data.IsZero() {
		splits = c.loadData(opts.Fitted)
	}
	var inputs []tensor.Spec
	if splits != nil {
		inputs = inputSpecs(splits.Train)
		c.checkRows(splits)
	}
	if order, ok := c.checkGraph(inputs); ok && inputs != nil {
		if c.config.DType == "float64" {
			checkShapes[float64](c, order, inputs, splits)
		} else {
			checkShapes[float32](c, order, inputs, splits)
		}
	}
	return splits
}

// inputSpecs returns what a set gives a model to read. A single input without a name is called input.
func inputSpecs(s *data.Set) []tensor.Spec {
	specs := s.InputSpecs()
	if len(specs) == 1 && specs[0].Name == "" {
		specs[0].Name = "input"
	}
	return specs
}

// metricNames returns what the metrics are reported as, "" for one that could not be decoded.
func (c *checker) metricNames() []string {
	names := make([]string, len(c.config.Metrics))
	for i, m := range c.config.Metrics {
		if !m.IsZero() {
			names[i] = m.New().Name
		}
	}
	return names
}

func (c *checker) checkMetricNames() {
	names := c.metricNames()
	for i, name := range names {
		if name != "" && slices.Contains(names[:i], name) {
			c.fail(c.at("metrics", strconv.Itoa(i)), fmt.Sprintf("metrics: %q is reported twice", name), "remove one, or give it other settings")
		}
	}
	if slices.Contains(names, "") {
		return
	}
	known := append([]string{"loss"}, names...)
	if stop := c.config.EarlyStopping; stop != nil && stop.Metric != "" {
		c.checkReported("early_stopping", "metric", stop.Metric, known)
	}
	c.checkReported("checkpoint", "best", c.config.Checkpoint.Best, known)
	c.checkWatchedNames(known)
}

func (c *checker) checkReported(block, key, name string, known []string) {
	if slices.Contains(known, name) {
		return
	}
	c.fail(c.at(block, key), fmt.Sprintf("%s: %s names %q, which is neither loss nor one of the metrics", block, key, name), hintForScore(name, known))
}

func (c *checker) checkPatternSyntax() {
	for _, p := range c.patterns() {
		if _, err := path.Match(p.text, ""); err != nil {
			c.fail(p.node, fmt.Sprintf("%s: %q is no pattern", p.owner, p.text), "patterns are paths such as fc1/w, where * stands for any name; brackets come in pairs")
		}
	}
}

// checkDecayScales checks that the optimizer has the weight decay that groups scale.
func (c *checker) checkDecayScales() {
	if c.config.Optimizer.IsZero() {
		return
	}
	_, decays := optim.Make[float64](c.config.Optimizer.New()).(optim.Decayer)
	for i, g := range c.config.Groups {
		if err := g.CheckDecayScale(decays); err != nil {
			c.fail(c.at("groups", strconv.Itoa(i), "decay_scale"), fmt.Sprintf("groups: %v: %s has none", err, c.config.Optimizer.Name), "remove decay_scale, or choose another optimizer")
		}
	}
}

// pattern is one pattern of parameters and the place that holds it.
type pattern struct {
	owner, text string
	node        *yaml.Node
}

// patterns lists every pattern of parameters in the file.
func (c *checker) patterns() []pattern {
	var all []pattern
	add := func(owner string, texts []string, keys ...string) {
		for i, text := range texts {
			all = append(all, pattern{owner, text, c.at(append(keys, strconv.Itoa(i))...)})
		}
	}
	add("freeze", c.config.Freeze, "freeze")
	for i, g := range c.config.Groups {
		add("groups", g.Params, "groups", strconv.Itoa(i), "params")
	}
	for i, r := range c.config.Regularizers {
		add("regularizers: "+r.Part.Name, r.Params, "regularizers", strconv.Itoa(i), "params")
	}
	if c.config.WarmStart != nil {
		add("warm_start: freeze", c.config.WarmStart.Freeze, "warm_start", "freeze")
	}
	if !c.config.Optimizer.IsZero() {
		if decayer, ok := optim.Make[float64](c.config.Optimizer.New()).(optim.Decayer); ok {
			for _, text := range decayer.DecayParams() {
				if n := findText(c.at("optimizer"), text); n != nil { // the default patterns need not match
					all = append(all, pattern{"optimizer: " + c.config.Optimizer.Name, text, n})
				}
			}
		}
	}
	return all
}

// findText returns the scalar under n that holds a text, nil where there is none.
func findText(n *yaml.Node, text string) *yaml.Node {
	if n.Kind == yaml.ScalarNode && n.Value == text {
		return n
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			continue
		}
		if found := findText(child, text); found != nil {
			return found
		}
	}
	return nil
}

// resolvePath returns a path of the experiment file as the operating system finds it.
func resolvePath(dir, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(dir, file)
}

// loadData loads the data source, or says which key of its block is at fault.
func (c *checker) loadData(fitted []byte) *data.Splits {
	splits, err := c.config.Data.New().Load(data.Context{Dir: c.dir, Seed: c.config.Seed, Fitted: fitted})
	if err == nil {
		return splits
	}
	block, message := c.at("data"), strings.TrimPrefix(err.Error(), "data: ")
	at, hint := c.at("data", "path"), fmt.Sprintf("strata describe %s says what the file holds, and which keys say how to read it", c.config.Data.Name)
	if file := findLeading(block, message); file != nil {
		at = file
	}
	if key := findQuoted(block, message); key != nil {
		at = key
	}
	at = cmp.Or(blamed(block, err), at)
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		if key := findPath(block, c.dir, pathErr.Path); key != nil {
			at = key
		}
		if errors.Is(err, fs.ErrNotExist) {
			hint = c.missingHint(pathErr.Path)
		}
	}
	c.fail(at, fmt.Sprintf("data: %s: %s", c.config.Data.Name, message), hint)
	return nil
}

// missingHint is the remedy for a data file that is not there.
func (c *checker) missingHint(path string) string {
	switch near := nearestFile(resolvePath(c.dir, path)); {
	case c.inRun:
		return whereItLooked(c.dir, path)
	case near != "":
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "a relative path starts from the directory of the experiment file"
}

// whereItLooked is the remedy for a data file of a run that is not there.
func whereItLooked(dir, path string) string {
	if filepath.IsAbs(path) {
		return "the run began with a file at this absolute path: restore it"
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return fmt.Sprintf("it was looked for in %s: name the directory where the data is now with --data-dir", dir)
}

// nearestFile returns the file beside a missing one that its name is nearest to, "" for none.
func nearestFile(missing string) string {
	entries, err := os.ReadDir(filepath.Dir(missing))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries[:min(len(entries), 1000)] {
		names = append(names, e.Name())
	}
	return registry.Nearest(filepath.Base(missing), names)
}

// blamed returns the value under a block that an error puts the blame on, nil where it names no key that is there.
func blamed(block *yaml.Node, err error) *yaml.Node {
	e, ok := errors.AsType[*registry.FieldError](err)
	if !ok {
		return nil
	}
	key := registry.Lookup(block, e.Key)
	if key == nil {
		return nil
	}
	return cmp.Or(findQuoted(key, err.Error()), key)
}

// findQuoted returns the scalar under n, of several the longest, whose text a message quotes.
func findQuoted(n *yaml.Node, message string) *yaml.Node {
	if n.Kind == yaml.ScalarNode {
		if strings.Contains(message, strconv.Quote(n.Value)) {
			return n
		}
		return nil
	}
	var best *yaml.Node
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			continue
		}
		if found := findQuoted(child, message); found != nil && (best == nil || len(found.Value) > len(best.Value)) {
			best = found
		}
	}
	return best
}

// findLeading returns the scalar under n, of several the last, that is the file which a message begins with.
func findLeading(n *yaml.Node, message string) *yaml.Node {
	if n.Kind == yaml.ScalarNode && n.Value != "" && strings.HasPrefix(message, n.Value+":") {
		return n
	}
	var found *yaml.Node
	for _, child := range n.Content {
		found = cmp.Or(findLeading(child, message), found)
	}
	return found
}

// findPath returns the scalar under n that names a file.
func findPath(n *yaml.Node, dir, file string) *yaml.Node {
	if n.Kind == yaml.ScalarNode && (n.Value == file || resolvePath(dir, n.Value) == filepath.Clean(file)) {
		return n
	}
	for _, child := range n.Content {
		if found := findPath(child, dir, file); found != nil {
			return found
		}
	}
	return nil
}

// checkMetricRows tells of metrics that need evaluation rows, where there are none.
func (c *checker) checkMetricRows() {
	for i, m := range c.config.Metrics {
		if m.IsZero() {
			continue
		}
		metric := train.MakeMetric[float64](m.New())
		if _, ok := metric.(train.SequenceMetric[float64]); ok {
			c.fail(c.at("metrics", strconv.Itoa(i)), fmt.Sprintf("metrics: %s: it is reported of evaluations alone, and there are no evaluation rows", m.Name), "set aside some under data, or remove the metric")
		}
		if train.Tunes([]train.NamedMetric[float64]{{Metric: metric}}) {
			c.fail(c.at("metrics", strconv.Itoa(i), "tune"), fmt.Sprintf("metrics: %s: there are no evaluation rows to choose the threshold by", m.Name), "set aside some under data, or set threshold")
		}
	}
}

// checkRows checks what a run needs of the number of its rows.
func (c *checker) checkRows(splits *data.Splits) {
	if splits.Eval == nil && c.config.EarlyStopping != nil {
		c.fail(c.at("early_stopping"), "early_stopping: there are no evaluation rows to judge by", "set aside some under data, or remove early_stopping")
	}
	if splits.Eval == nil {
		c.checkMetricRows()
		c.checkWatchedRows()
	}
	rows, batch := int64(splits.Train.Len()), int64(c.config.Train.BatchSize)
	if rows == 0 {
		c.fail(c.at("data"), fmt.Sprintf("data: %s: there are no training rows", c.config.Data.Name), "lower eval_fraction, or add rows to the file")
		return
	}
	if c.config.Train.DropLast && rows < batch {
		c.fail(c.at("train", "drop_last"), fmt.Sprintf("train: drop_last leaves no batch: %d training rows make no whole batch of %d", rows, batch), fmt.Sprintf("lower batch_size to at most %d, or remove drop_last", rows))
	}
	if steps := (rows + batch - 1) / max(batch, 1); steps > 0 && c.config.Train.Epochs > math.MaxInt64/steps {
		c.fail(c.at("train", "epochs"), fmt.Sprintf("train: epochs is too large: %d epochs of %d steps cannot be counted", c.config.Train.Epochs, steps), "set a limit with steps")
	}
}
