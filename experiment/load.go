package experiment

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/registry"
	"go.yaml.in/yaml/v4"
)

// Options say what an experiment is read with. The zero Options read the file alone.
type Options struct {
	Set    []string // values of --set: KEY=VALUE, the later wins
	Env    []string // the environment, as os.Environ returns it; variables that begin with EnvPrefix override the file
	Change []string // values of --change of a run that goes on, in the same form; they come over all others
	Dir    string   // where relative paths start; "" for the directory of the file

	Fitted   []byte // what the data source learned in the run that is continued, nil in a new one; see data.Context
	InRun    bool   // the file is that of a run, whose user can say with --data-dir where the data is
	Resumed  bool   // the weights are in a checkpoint of the run itself: those that warm_start and vectors name are not needed
	SkipData bool   // read no data file, and check nothing that needs one: shapes, patterns and memory
	Explain  bool   // the graph alone matters: loss, optimizer, target, and parameters that train may be missing

	Memory uint64 // bytes that a run may take; 0 for AvailableMemory
}

// An Experiment is a Config that has passed every check, and the data that it was checked against.
type Experiment struct {
	Config Config
	File   string       // as it was given to Load or Parse
	Dir    string       // where relative paths start
	Splits *data.Splits // nil with Options.SkipData

	// Vectors are the tables that begin with vectors of a file: none with Options.SkipData or Options.Resumed.
	Vectors []Pretrained

	root  *yaml.Node
	texts *sources
}

// Load reads and checks an experiment file. The error is a *Diagnostics.
func Load(path string, opts Options) (*Experiment, error) {
	text, err := readBounded(path, maxBytes)
	if err != nil {
		return nil, &Diagnostics{[]Diagnostic{{File: path, Message: reason(err), Hint: "give the path of an experiment file"}}}
	}
	if opts.Dir == "" {
		opts.Dir = filepath.Dir(path)
	}
	return Parse(path, text, opts)
}

// readBounded reads a file up to one byte more than limit, however large it is.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// reason strips an error of what the operating system was asked to do: the message names the path itself.
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// Parse reads and checks the text of an experiment file. The name stands for the file in diagnostics. The error is a
// *Diagnostics that holds every problem.
func Parse(name string, text []byte, opts Options) (*Experiment, error) {
	e := &Experiment{Config: DefaultConfig(), File: name, Dir: opts.Dir, texts: &sources{file: name}}
	if e.Dir == "" {
		e.Dir = "."
	}
	if syntax, problems := e.decode(text, opts); len(syntax)+len(problems) > 0 {
		return nil, &Diagnostics{e.texts.diagnostics(syntax, problems)}
	}
	return e, nil
}

// decode runs the four steps of the package comment. A step takes what the one before it could read, so that the
// problems of all steps come together.
func (e *Experiment) decode(text []byte, opts Options) (syntax, problems []registry.Problem) {
	e.texts.add("", e.File, string(text[:min(len(text), maxBytes)]))
	root, syntax := parseText(text, 1)
	if root == nil {
		return syntax, nil
	}
	e.root = root
	over := overrides{texts: e.texts}
	over.apply(root, opts)
	syntax = append(syntax, over.problems...)
	problems = registry.DecodeBlock(registry.Place{}, root, &e.Config)
	if opts.Explain {
		problems = withoutTraining(problems, func(key string) bool { return registry.Lookup(root, key) != nil })
	}
	if e.Config.Name == "" {
		e.Config.Name = nameOf(e.File)
	}
	c := checker{
		config: &e.Config, root: root, dir: e.Dir, inRun: opts.InRun, explain: opts.Explain, memory: opts.Memory,
		resumed: opts.Resumed,
	}
	e.Splits = c.check(opts)
	e.Vectors = c.vectors
	return syntax, append(problems, c.problems...)
}
