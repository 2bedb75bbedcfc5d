package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/examples"
)

func (p *program) exampleVerb() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "example [NAME] [flags]",
		Short: "List the experiments that are part of the program, or write one",
		Long: `List the experiments that are part of the program, or write one to standard
output. With --output, write it into a directory together with the data files that
it reads, which are part of the program as well.`,
		Example: `  strata example
  strata example digits > digits.yaml
  strata example penguins --output penguins`,
		Args: arguments(0, 1, "NAME"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return examples.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return p.listExamples()
			}
			text, err := examples.Read(args[0])
			if err != nil {
				return usage("%w", err)
			}
			if output != "" {
				return p.writeExample(args[0], output)
			}
			if _, err := p.stdout.Write(text); err != nil {
				return err
			}
			if files := examples.DataOf(args[0]); len(files) > 0 {
				fmt.Fprintf(p.stderr, "It reads %s; strata example %s --output DIR writes both.\n", strings.Join(files, ", "), args[0])
			}
			return nil
		},
	}
	c.Flags().StringVar(&output, "output", "", "directory `DIR` to write the experiment and its data files to")
	return c
}

func (p *program) listExamples() error {
	t := table{align: "ll"}
	for _, name := range examples.Names() {
		about, err := examples.About(name)
		if err != nil {
			return err
		}
		t.add(name, about)
	}
	t.write(p.stdout)
	return nil
}

// writeExample writes an experiment and the files that it reads. It replaces no file.
func (p *program) writeExample(name, dir string) error {
	for _, file := range append([]string{name + ".yaml"}, examples.DataOf(name)...) {
		content, err := fs.ReadFile(examples.FS, file)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := writeNew(path, content); err != nil {
			return err
		}
		fmt.Fprintln(p.stdout, path)
	}
	return nil
}

func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return usage("%s exists and is not replaced", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
