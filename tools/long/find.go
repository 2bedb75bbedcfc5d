package main

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A testedPackage is a package with tests that have a long form, or with fuzz targets.
type testedPackage struct {
	dir        string
	long, fuzz []string
}

// findPackages reads the tests of the main module.
func findPackages(root string) (list []testedPackage, err error) {
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); path != root && (err == nil || e.Name() == ".git") {
			return filepath.SkipDir // another module
		}
		p, err := readTests(path)
		if err != nil {
			return err
		}
		if len(p.long)+len(p.fuzz) > 0 {
			p.dir, err = filepath.Rel(root, path)
			list = append(list, p)
		}
		return err
	})
	if err == nil && !slices.ContainsFunc(list, func(p testedPackage) bool { return len(p.long) > 0 }) {
		err = errors.New("no test has a long form")
	}
	return list, err
}

// readTests returns the tests of a directory that have a long form, which are those that read the flag long, if only in
// a function that they call, and the fuzz targets. It goes by names, so one too many may be found.
func readTests(dir string) (p testedPackage, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return p, err
	}
	uses := map[string]map[string]bool{} // names that a function calls, or a method, by its name
	set := token.NewFileSet()
	for _, path := range paths {
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return p, err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				if uses[f.Name.Name] == nil {
					uses[f.Name.Name] = map[string]bool{}
				}
				collect(f.Body, uses[f.Name.Name])
			}
		}
	}
	for name := range uses {
		switch {
		case strings.HasPrefix(name, "Fuzz"):
			p.fuzz = append(p.fuzz, name)
		case strings.HasPrefix(name, "Test") && name != "TestMain" && readsFlag(name, uses, map[string]bool{}):
			p.long = append(p.long, name)
		}
	}
	slices.Sort(p.long)
	slices.Sort(p.fuzz)
	return p, nil
}

// flagName stands for a reading of the flag: *long.
const flagName = "*long"

func collect(body ast.Node, names map[string]bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StarExpr:
			if id, ok := n.X.(*ast.Ident); ok && id.Name == "long" {
				names[flagName] = true
			}
		case *ast.CallExpr:
			switch f := n.Fun.(type) {
			case *ast.Ident:
				names[f.Name] = true
			case *ast.SelectorExpr:
				names[f.Sel.Name] = true
			}
		}
		return true
	})
}

func readsFlag(name string, uses map[string]map[string]bool, seen map[string]bool) bool {
	if seen[name] {
		return false
	}
	seen[name] = true
	if uses[name][flagName] {
		return true
	}
	for used := range uses[name] {
		if uses[used] != nil && readsFlag(used, uses, seen) {
			return true
		}
	}
	return false
}
