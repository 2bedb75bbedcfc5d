package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/internal/atomicfile"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// The files of a run directory besides those of package train.
const (
	ConfigFile = "config.yaml" // the resolved experiment
	InfoFile   = "run.json"    // an Info
	LockFile   = "run.lock"    // held while a process writes the run
	PlotDir    = "plots"
)

// Version is the version of Strata, as the module system knows it.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == "github.com/strata-ml/strata" && m.Version != "" {
			return m.Version
		}
	}
	return "(devel)"
}

// Info is run.json: where and with what a run began.
type Info struct {
	Name       string              `json:"name"`
	Experiment string              `json:"experiment"` // the file, absolute
	Dir        string              `json:"dir"`        // where relative data paths start, absolute
	Seed       uint64              `json:"seed"`
	Host       string              `json:"host"`
	Strata     string              `json:"strata"`
	Go         string              `json:"go"`
	Platform   string              `json:"platform"`
	Kernel     string              `json:"kernel"`
	Modules    []checkpoint.Module `json:"modules"`
	Data       []data.File         `json:"data"`
	Vectors    []Pretrained        `json:"vectors,omitempty"`
}

// describe returns what every checkpoint of an experiment says of it besides the state.
func (e *Experiment) describe() checkpoint.Config {
	c := checkpoint.Config{
		Text: string(e.Resolved()), Strata: Version(), Go: runtime.Version(), GOOS: runtime.GOOS, GOARCH: runtime.GOARCH,
		Kernel: tensor.KernelFamily(), Modules: partModules(), Preprocessing: e.Splits.Fitted,
	}
	for _, f := range e.Splits.Files {
		c.Data = append(c.Data, checkpoint.Fingerprint{Path: f.Path, Bytes: f.Bytes, SHA256: f.SHA256, Rows: f.Rows})
	}
	return c
}

// partModules lists the modules that registered a part, with their versions.
func partModules() []checkpoint.Module {
	var list []checkpoint.Module
	seen := map[string]bool{}
	for _, k := range registry.Kinds() {
		for _, name := range k.Names() {
			d, err := k.Describe(name)
			if err != nil || seen[d.Module] {
				continue
			}
			seen[d.Module] = true
			path, version, _ := strings.Cut(d.Module, "@")
			list = append(list, checkpoint.Module{Path: path, Version: version})
		}
	}
	return list
}

// IsRun reports whether a run was begun in a directory: it has a config.yaml, or a checkpoint.
func IsRun(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, ConfigFile)); err == nil {
		return true
	}
	checkpoints, err := checkpoint.List(filepath.Join(dir, train.CheckpointDir))
	return err == nil && len(checkpoints) > 0
}

// ErrNotEmpty is wrapped by the error of Start for a directory that holds something.
var ErrNotEmpty = errors.New("not empty")

// makeRunDir makes a run directory, or takes one in which no run was begun, and locks it.
func makeRunDir(dir string) (unlock func() error, err error) {
	if err := atomicfile.MkdirAll(atomicfile.Disk, dir); err != nil {
		return nil, err
	}
	if _, err := leftovers(dir); err != nil {
		return nil, err // before there is a lock file in a directory that has nothing to do with runs
	}
	if unlock, err = lockRun(dir); err != nil {
		return nil, err
	}
	left, err := leftovers(dir) // another process may have held the lock
	for _, path := range left {
		err = errors.Join(err, atomicfile.Disk.Remove(path))
	}
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	return unlock, nil
}

// leftovers returns the files of a start that was killed before config.yaml, the last file that it writes. A directory
// that holds anything else gives an error that wraps ErrNotEmpty.
func leftovers(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var left []string
	for _, e := range entries {
		switch name := e.Name(); {
		case name == LockFile:
		case name == InfoFile, atomicfile.IsTemp(name):
			left = append(left, filepath.Join(dir, name))
		case name == ConfigFile, name == train.CheckpointDir:
			return nil, fmt.Errorf("%s is %w: give a run a directory of its own, or continue the one in it with resume", dir, ErrNotEmpty)
		default:
			return nil, fmt.Errorf("%s is %w: give a run a directory of its own", dir, ErrNotEmpty)
		}
	}
	return left, nil
}

// NextRunDir makes and returns the first directory of base/name-1, base/name-2, … that does not exist.
func NextRunDir(base, name string) (string, error) {
	if err := atomicfile.MkdirAll(atomicfile.Disk, base); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		dir := filepath.Join(base, fmt.Sprintf("%s-%d", name, n))
		err := atomicfile.Disk.Mkdir(dir)
		if !errors.Is(err, fs.ErrExist) {
			return dir, err
		}
	}
}

func writeFile(path string, content []byte) error {
	return atomicfile.Write(atomicfile.Disk, path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// writeInfo writes run.json and then config.yaml, with which the run is begun.
func (e *Experiment) writeInfo(dir string) error {
	file, err := filepath.Abs(e.File)
	if err != nil {
		return err
	}
	data, err := filepath.Abs(e.Dir)
	if err != nil {
		return err
	}
	host, _ := os.Hostname() // a run can do without
	d := e.describe()
	info := Info{
		Name: e.Config.Name, Experiment: file, Dir: data, Seed: e.Config.Seed, Host: host, Strata: d.Strata, Go: d.Go,
		Platform: d.GOOS + "/" + d.GOARCH, Kernel: d.Kernel, Modules: d.Modules, Data: e.Splits.Files, Vectors: e.Vectors,
	}
	if err := info.write(dir); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, ConfigFile), e.Resolved())
}

// write writes run.json.
func (i Info) write(dir string) error {
	text, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, InfoFile), append(text, '\n'))
}

// maxInfo bounds run.json: each data file takes some 200 bytes of it.
const maxInfo = 8 << 20

// ReadInfo reads run.json of a run directory.
func ReadInfo(dir string) (Info, error) {
	var info Info
	path := filepath.Join(dir, InfoFile)
	text, err := readBounded(path, maxInfo)
	if err != nil {
		return info, err
	}
	if len(text) > maxInfo {
		return info, fmt.Errorf("%s: the file holds more than %d bytes", path, maxInfo)
	}
	if err := json.Unmarshal(text, &info); err != nil {
		return Info{}, fmt.Errorf("%s: %w", path, err)
	}
	return info, nil
}
