// Package examples holds experiments that are part of the program, and the small data sets that they read.
package examples

import (
	"embed"
	"io/fs"
	"path"
	"strings"

	"github.com/strata-ml/strata/registry"
)

// FS holds the experiment files and, under data, a directory with a README and the files of each data set.
//
//go:embed *.yaml data
var FS embed.FS

// Names returns the names of the experiments, sorted: their files without .yaml.
func Names() []string {
	files, err := fs.Glob(FS, "*.yaml")
	if err != nil {
		panic(err) // the pattern is well-formed
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".yaml")
	}
	return files
}

// Read returns the file of an experiment, or an error that suggests the nearest name.
func Read(name string) ([]byte, error) {
	b, err := FS.ReadFile(name + ".yaml")
	if err != nil {
		return nil, &registry.UnknownError{What: "example", Name: name, Known: Names()}
	}
	return b, nil
}

// DataFiles returns the paths in FS of the data files, sorted, without their READMEs. An experiment names them by the
// same paths, relative to its own file.
func DataFiles() []string {
	var files []string
	err := fs.WalkDir(FS, "data", func(file string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Base(file) != "README.md" {
			files = append(files, file)
		}
		return err
	})
	if err != nil {
		panic(err) // an embedded file system can be walked
	}
	return files
}

// DataOf returns those of DataFiles that an experiment names; none where it reads no file, or files of the user's own.
func DataOf(name string) []string {
	text, err := Read(name)
	if err != nil {
		return nil
	}
	var files []string
	for _, file := range DataFiles() {
		if strings.Contains(string(text), file) {
			files = append(files, file)
		}
	}
	return files
}

// About returns the first sentence of the comment at the head of an experiment.
func About(name string) (string, error) {
	text, err := Read(name)
	if err != nil {
		return "", err
	}
	var words []string
	for line := range strings.Lines(string(text)) {
		comment, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		words = append(words, strings.Fields(comment)...)
	}
	sentence, _, _ := strings.Cut(strings.Join(words, " ")+" ", ". ")
	return strings.TrimSpace(sentence), nil
}
