package experiment_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/registry"
	"go.yaml.in/yaml/v4"
)

// TestConfigClasses walks every key of the schema: of the experiment, of the blocks in it, and of every registered part.
// Each has a class, and the file lists them, so that nobody changes one unseen.
func TestConfigClasses(t *testing.T) {
	s := schema{t: t}
	s.walk("", "", reflect.TypeFor[experiment.Config](), registry.DescribeConfig(experiment.DefaultConfig()))
	s.walk("model.*.", "", nil, experiment.DescribeNode())
	s.walk("regularizers.*.", "", nil, experiment.DescribeRegularizer())
	for _, k := range registry.Kinds() {
		for _, name := range k.Names() {
			d, err := k.Describe(name)
			if err != nil {
				t.Fatal(err)
			}
			config, err := k.DefaultConfig(name)
			if err != nil {
				t.Fatal(err)
			}
			s.walk(k.Kind()+" "+name+": ", k.Class(), reflect.TypeOf(config), d)
		}
	}
	if len(s.lines) < 300 {
		t.Errorf("the walk finds %d keys, and there are more than 300", len(s.lines))
	}
	compare(t, "testdata/classes.txt", strings.Join(s.lines, "\n")+"\n")
}

type schema struct {
	t     *testing.T
	lines []string
}

// walk lists the keys of a described configuration, and those of the blocks in it where the type is given. The class is
// that of keys without a tag.
func (s *schema) walk(path string, class registry.Class, config reflect.Type, d registry.Description) {
	s.t.Helper()
	var fields []reflect.StructField
	if config != nil {
		for _, f := range reflect.VisibleFields(config) {
			if f.IsExported() && !f.Anonymous {
				fields = append(fields, f)
			}
		}
	}
	for i, f := range d.Fields {
		var block reflect.Type
		item := ""
		if fields != nil {
			block, item = blockIn(fields[i].Type)
		}
		c := f.Class
		if c == "" {
			c = class
		}
		if always := block != nil && fields[i].Type == block; !always {
			if c == "" {
				s.t.Errorf("%s%s has no class: give its field a tag, class:\"frozen\", \"extend\" or \"override\"", path, f.Key)
			}
			s.lines = append(s.lines, fmt.Sprintf("%s%s %s", path, f.Key, c))
		}
		if block != nil {
			s.walk(path+f.Key+item+".", class, block, registry.DescribeConfig(reflect.New(block).Elem().Interface()))
		}
	}
}

// blockIn returns the struct of keys that a field holds, or nil, and how its keys go on from that of the field.
func blockIn(t reflect.Type) (block reflect.Type, item string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		if _, coded := reflect.New(t).Interface().(registry.Coded); coded {
			return nil, ""
		}
		if t.Kind() == reflect.Slice {
			item += ".*"
		}
		t = t.Elem()
	}
	_, coded := reflect.New(t).Interface().(registry.Coded)
	_, choice := reflect.New(t).Interface().(interface{ IsZero() bool })
	if t.Kind() != reflect.Struct || coded || choice || t == reflect.TypeFor[registry.Number]() {
		return nil, ""
	}
	return t, item
}

// cutLast splits a path before its last key.
func cutLast(path string) (before, last string) {
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)], path[i+1:]
}

// remedies are what a person is told to do about an edit.
var remedies = map[registry.Class]string{registry.Frozen: "or start a new run", registry.Override: " --change "}

// edit returns the text of an experiment with another value of a key, nil where none of those tried makes one.
func edit(text []byte, dir string, o experiment.Origin) (edited []byte, value string) {
	values := []string{"loss", "relu", "mse", "float64", "other"}
	if f, err := strconv.ParseFloat(o.Value, 64); err == nil {
		values = []string{fmt.Sprint(f + 10), fmt.Sprint(f / 2), fmt.Sprint(f * 2)}
	}
	switch o.Value {
	case "true":
		values = []string{"false"}
	case "false":
		values = []string{"true"}
	}
	for _, value := range values {
		e, err := experiment.Parse("config.yaml", text, experiment.Options{Dir: dir, SkipData: true, Set: []string{o.Path + "=" + value}})
		if err == nil && string(e.Resolved()) != string(text) {
			return e.Resolved(), value
		}
	}
	return nil, ""
}

// TestEditOfEveryKey edits each value of config.yaml of a run, as far as another value makes an experiment. The run takes
// those of the class extend, and refuses every other with its key and both values.
func TestEditOfEveryKey(t *testing.T) {
	e := parse(t, changeable, experiment.Options{})
	dir := cutIn(t, e, 4)
	file := filepath.Join(dir, experiment.ConfigFile)
	text := read(t, file)
	var resolved yaml.Node
	if err := yaml.Load(text, &resolved); err != nil {
		t.Fatal(err)
	}
	classes := map[string]registry.Class{}
	for _, k := range registry.Keys(experiment.DefaultConfig(), resolved.Content[0]) {
		classes[k.Path] = k.Class
	}
	edited := map[registry.Class]int{}
	for _, o := range e.Origins() {
		other, value := edit(text, e.Dir, o)
		if other == nil {
			continue
		}
		if err := os.WriteFile(file, other, 0o666); err != nil {
			t.Fatal(err)
		}
		class := classes[o.Path]
		edited[class]++
		r, err := experiment.Resume(dir, experiment.ResumeOptions{})
		switch {
		case class == registry.Extend && err != nil:
			t.Errorf("%s=%s is refused: %v", o.Path, value, err)
		case class == registry.Extend && len(r.Notes) == 0:
			t.Errorf("%s=%s is not told", o.Path, value)
		case class != registry.Extend && err == nil:
			t.Errorf("%s=%s, a key of the class %q, is taken", o.Path, value, class)
		case class != registry.Extend:
			was := fmt.Sprintf("%s was %s and is %s: ", o.Path, cmp.Or(o.Value, "''"), value)
			if list, item := cutLast(o.Path); strings.Trim(item, "0123456789") == "" {
				was = list + " was [" // the list as a whole
			}
			wantError(t, err, was, fmt.Sprintf(" %s key", class), remedies[class])
		}
		if err == nil {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if edited[registry.Frozen] < 15 || edited[registry.Override] < 15 || edited[registry.Extend] < 8 || edited[""] > 0 {
		t.Errorf("%v keys were edited", edited)
	}
}
