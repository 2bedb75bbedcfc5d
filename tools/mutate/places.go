package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A place is one thing that can be taken away.
type place struct {
	pkg      mutated
	number   int    // of the switch, from 1
	where    string // file:line
	function string
	kind     string // sync, checksum or bound
	text     string
	accepted string // why nothing can notice it; else ""
}

// An edit replaces bytes of a source file.
type edit struct {
	from, to int
	text     string
}

// instrument finds the places of a package, and writes its files with every place behind a switch to tmp and overlay.
func instrument(root string, p mutated, numbered int, tmp string, overlay map[string]string) ([]place, error) {
	dir := filepath.Join(root, p.dir)
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range p.readers {
		if !slices.Contains(paths, filepath.Join(dir, name)) {
			return nil, fmt.Errorf("%s has no file %s", p.dir, name)
		}
	}
	var places []place
	name := ""
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		f := &finder{pkg: p, path: filepath.Join(p.dir, filepath.Base(path)), source: source, number: numbered + len(places), set: token.NewFileSet()}
		if err := f.find(slices.Contains(p.readers, filepath.Base(path))); err != nil {
			return nil, err
		}
		name = f.packageName
		if len(f.places) == 0 {
			continue
		}
		places = append(places, f.places...)
		copied := filepath.Join(tmp, strings.ReplaceAll(f.path, string(filepath.Separator), "_"))
		if err := os.WriteFile(copied, f.edited(), 0o666); err != nil {
			return nil, err
		}
		overlay[path] = copied
	}
	switches := filepath.Join(tmp, strings.ReplaceAll(p.dir, "/", "_")+"_switches.go")
	text := fmt.Sprintf(`package %s

import (
	"os"
	"strconv"
)

var mutant, _ = strconv.Atoi(os.Getenv(%q))

// kept reports whether a place is not taken away.
func kept(place int) bool { return place != mutant }

// unless calls sync if its place is not taken away.
func unless(place int, sync func() error) error {
	if kept(place) {
		return sync()
	}
	return nil
}
`, name, switchName)
	overlay[filepath.Join(dir, "mutant_switches.go")] = switches
	return places, os.WriteFile(switches, []byte(text), 0o666)
}

// A finder goes through one file.
type finder struct {
	pkg         mutated
	path        string
	source      []byte
	number      int // of the last place
	set         *token.FileSet
	packageName string
	function    string
	places      []place
	edits       []edit
}

func (f *finder) find(refusals bool) error {
	file, err := parser.ParseFile(f.set, f.path, f.source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	f.packageName = file.Name.Name
	for _, d := range file.Decls {
		function, ok := d.(*ast.FuncDecl)
		if !ok || function.Body == nil {
			continue
		}
		f.function = function.Name.Name
		ast.Inspect(function.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				f.sync(n)
			case *ast.BinaryExpr:
				if refusals {
					f.equality(n)
				}
			case *ast.IfStmt:
				if refusals && refuses(n.Body.List) {
					f.conditions(n.Cond, n.Init)
				}
			case *ast.SwitchStmt:
				if refusals && n.Tag == nil {
					f.cases(n.Body.List)
				}
			}
			return true
		})
	}
	return nil
}

// sync takes note of a call of Sync or SyncDir.
func (f *finder) sync(call *ast.CallExpr) {
	callee, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || callee.Sel.Name != "Sync" && callee.Sel.Name != "SyncDir" {
		return
	}
	number := f.add("sync", call)
	f.replace(call, fmt.Sprintf("unless(%d, func() error { return %s })", number, f.text(call)))
}

// equality takes note of a comparison of checksums that lets something pass, unless it is part of a refusal.
func (f *finder) equality(e *ast.BinaryExpr) {
	text := f.text(e)
	from := f.set.Position(e.Pos()).Offset
	noted := slices.ContainsFunc(f.edits, func(e edit) bool { return e.from <= from && from < e.to })
	if e.Op != token.EQL || noted || !checksum.MatchString(text) {
		return
	}
	f.replace(e, fmt.Sprintf("(%s || !kept(%d))", text, f.add("checksum", e)))
}

var (
	checksum = regexp.MustCompile(`(?i)crc|sum32|sha256`)
	failure  = regexp.MustCompile(`(?i)err|fail|short|unplaced|wrong|^new$|sprintf`)
	anError  = regexp.MustCompile(`(^|\.)err[0-9]* [!=]= nil$|^errors\.|^!?ok$|^!errors\.`)
	checker  = regexp.MustCompile(`(?i)^(check|scan|verify|admit|walk|validate)`)
)

// conditions takes note of each operand of a disjunction that makes a reader refuse, and not of errors that it passes on,
// unless they come from a function that does nothing but check.
func (f *finder) conditions(e ast.Expr, init ast.Stmt) {
	switch x := e.(type) {
	case *ast.ParenExpr:
		f.conditions(x.X, init)
		return
	case *ast.BinaryExpr:
		switch {
		case x.Op == token.LOR:
			f.conditions(x.X, init)
			f.conditions(x.Y, init)
			return
		case x.Op == token.LAND && f.passedOn(x.X, init):
			f.conditions(x.Y, init)
			return
		case x.Op == token.LAND && f.passedOn(x.Y, init):
			f.conditions(x.X, init)
			return
		}
	}
	if f.passedOn(e, init) {
		return
	}
	text := f.text(e)
	kind := "bound"
	if checksum.MatchString(text) {
		kind = "checksum"
	}
	number := f.add(kind, e)
	if init != nil {
		f.places[len(f.places)-1].text = f.text(init) + "; " + text
	}
	f.replace(e, fmt.Sprintf("(%s) && kept(%d)", text, number))
}

// cases takes note of the conditions of a switch without a tag.
func (f *finder) cases(clauses []ast.Stmt) {
	for _, clause := range clauses {
		clause := clause.(*ast.CaseClause)
		if !refuses(clause.Body) {
			continue
		}
		for _, c := range clause.List {
			f.conditions(c, nil)
		}
	}
}

// passedOn reports whether a condition only asks whether there is an error, and not one of a function that does nothing but
// check.
func (f *finder) passedOn(e ast.Expr, init ast.Stmt) bool {
	return anError.MatchString(f.text(e)) && !checks(init)
}

// checks reports whether a statement calls a function that does nothing but check.
func checks(init ast.Stmt) bool {
	assign, ok := init.(*ast.AssignStmt)
	if !ok || len(assign.Rhs) != 1 {
		return false
	}
	call, ok := assign.Rhs[0].(*ast.CallExpr)
	return ok && checker.MatchString(calleeName(call))
}

func calleeName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// refuses reports whether statements end with an error, or with false.
func refuses(body []ast.Stmt) bool {
	if len(body) == 0 {
		return false
	}
	switch last := body[len(body)-1].(type) {
	case *ast.ReturnStmt:
		if len(last.Results) == 0 {
			return false
		}
		return isFailure(last.Results[len(last.Results)-1])
	case *ast.AssignStmt:
		to, ok := last.Lhs[0].(*ast.Ident)
		return ok && len(last.Lhs) == 1 && to.Name == "err" && isFailure(last.Rhs[0])
	}
	return false
}

func isFailure(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "false" || failure.MatchString(e.Name)
	case *ast.UnaryExpr:
		literal, ok := e.X.(*ast.CompositeLit)
		return ok && e.Op == token.AND && failure.MatchString(fmt.Sprint(literal.Type))
	case *ast.CallExpr:
		return failure.MatchString(calleeName(e))
	}
	return false
}

// add gives a place its number.
func (f *finder) add(kind string, n ast.Node) int {
	f.number++
	p := place{
		pkg: f.pkg, number: f.number, where: fmt.Sprintf("%s:%d", f.path, f.set.Position(n.Pos()).Line),
		function: f.function, kind: kind, text: f.text(n),
	}
	f.places = append(f.places, p)
	return f.number
}

// text returns the source of a node in one line.
func (f *finder) text(n ast.Node) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, f.set, n); err != nil {
		panic(err) // the node was parsed from text
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (f *finder) replace(n ast.Node, text string) {
	f.edits = append(f.edits, edit{f.set.Position(n.Pos()).Offset, f.set.Position(n.End()).Offset, text})
}

// edited returns the source with all edits.
func (f *finder) edited() []byte {
	slices.SortFunc(f.edits, func(a, b edit) int { return b.from - a.from })
	out := slices.Clone(f.source)
	for _, e := range f.edits {
		out = slices.Replace(out, e.from, e.to, []byte(e.text)...)
	}
	return out
}
