package experiment_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/registry"
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
