// Command gen writes the assembly of package kernel: for each group of kernels a file NAME_amd64.s, and
// NAME_amd64.go with the declarations and, for each kernel, the choice between its forms; and NAME_records.go where kernels
// take structures.
//
//	go -C internal/kernel/gen run .          # write the files
//	go -C internal/kernel/gen run . -check   # only compare: exit 1 and name the files that differ
//
// It is a module of its own, so that the assembler's library is no dependency of the product.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// groups holds the kernels of each assembly file by its name; a file of this module adds its own in init.
var groups = map[string]func(*emitter){}

func main() {
	log.SetFlags(0)
	log.SetPrefix("gen: ")
	check := flag.Bool("check", false, "compare the files with what would be written")
	dir := flag.String("dir", "..", "directory of package kernel")
	flag.Parse()
	files, err := generate()
	if err != nil {
		log.Fatal(err)
	}
	if err := write(*dir, files, *check); err != nil {
		log.Fatal(err)
	}
}

// generate returns the text of every file by name.
func generate() (map[string][]byte, error) {
	files := map[string][]byte{}
	for name, emit := range groups {
		e := &emitter{Context: build.NewContext(), constants: map[string]operand.Mem{}}
		emit(e)
		var err error
		if files[name+"_amd64.s"], err = assemble(e); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if files[name+"_amd64.go"], err = bridgeFile(e.generic, e.typed, true); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if files[name+"_other.go"], err = bridgeFile(e.generic, nil, false); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if len(e.records) == 0 {
			continue
		}
		if files[name+"_records.go"], err = recordFile(e.records); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return files, nil
}

// assemble allocates registers and prints the functions of an emitter.
func assemble(e *emitter) ([]byte, error) {
	file, err := e.Result()
	if err != nil {
		return nil, err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return nil, err
	}
	text, err := printer.NewGoAsm(printer.Config{Name: "go run ./internal/kernel/gen", Pkg: "kernel"}).Print(file)
	if err != nil {
		return nil, err
	}
	return text, checkRegisters(text)
}

// write writes the files, or with check compares them.
func write(dir string, files map[string][]byte, check bool) error {
	var stale []string
	for name, text := range files {
		path := filepath.Join(dir, name)
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
			continue
		}
		stale = append(stale, name)
		if check {
			continue
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	if check && len(stale) > 0 {
		return fmt.Errorf("these files are not what the generator writes: %v", stale)
	}
	if check {
		fmt.Printf("%d files are as generated\n", len(files))
	}
	return nil
}
