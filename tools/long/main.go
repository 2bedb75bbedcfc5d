// Long runs what takes too long for every change, one after another, and ends with a table of all of it:
//
//	tests    every test that has a long form, which the flag -long chooses, with the counts of docs/reliability.md
//	mutate   what takes away each sync, checksum and bound in turn
//	fuzz     every fuzz target
//	bench    the benchmarks of saving, verifying and loading
//
// It finds the tests and the fuzz targets in the source, so a new one needs no entry anywhere. It fails where any of them
// does; the rest is run all the same.
//
//	go -C tools run ./long               # 40 minutes on two cores
//	go -C tools run ./long -fuzz 10m     # with ten minutes for each fuzz target
//	go -C tools run ./long -only 'Kill'  # what has a matching name
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	root := flag.String("C", "..", "the root of the repository")
	fuzz := flag.Duration("fuzz", 10*time.Second, "how long each target is fuzzed")
	only := flag.String("only", "", "run only what has a name that matches")
	list := flag.Bool("list", false, "print the names and run nothing")
	flag.Parse()
	if err := run(*root, *fuzz, *only, *list); err != nil {
		fmt.Fprintln(os.Stderr, "long:", err)
		os.Exit(1)
	}
}

// A job is one row of the table.
type job struct {
	name    string
	command []string
	figures *regexp.Regexp // its first group is what to show of a line that matches
	last    bool           // show the last such line alone
}

// An outcome is what a job came to.
type outcome struct {
	result  string
	took    time.Duration
	figures []string
}

var (
	logged   = regexp.MustCompile(`(?m)^\s+\w+_test\.go:\d+: (.*)$`)
	executed = regexp.MustCompile(`(?m)^fuzz: .*(execs: \d+)`)
	counted  = regexp.MustCompile(`(?m)^(\d+ taken away, .*)$`)
	measured = regexp.MustCompile(`(?m)^Benchmark(\S+\s.*)$`)

	// timeIsUp is how a fuzz target may end that found nothing: Go's fuzzing engine can take the end of its time for a
	// failure, https://go.dev/issue/75804.
	timeIsUp = regexp.MustCompile(`(?m)^--- FAIL: Fuzz.*\n\s+context deadline exceeded$`)
)

// jobs returns all that there is to run, in order.
func jobs(root string, fuzz time.Duration) ([]job, error) {
	packages, err := findPackages(root)
	if err != nil {
		return nil, err
	}
	var list []job
	for _, p := range packages {
		for _, name := range p.long {
			list = append(list, job{
				name:    p.dir + " " + name,
				command: []string{"go", "test", "-count=1", "-v", "-timeout=60m", "-run", "^" + name + "$", "./" + p.dir, "-long"}, figures: logged,
			})
		}
	}
	list = append(list, job{"mutate", []string{"go", "-C", "tools", "run", "./mutate"}, counted, true})
	for _, p := range packages {
		for _, name := range p.fuzz {
			list = append(list, job{
				p.dir + " " + name,
				[]string{"go", "test", "-run", "^$", "-fuzz", "^" + name + "$", "-fuzztime", fuzz.String(), "./" + p.dir},
				executed, true,
			})
		}
	}
	for _, b := range [][2]string{{"checkpoint", "Write|Save|Verify|ReadInto|Load|Bombs"}, {"experiment", "Bombs"}, {"train", "SaveStall"}} {
		list = append(list, job{"bench " + b[0], []string{"go", "test", "-run", "^$", "-bench", b[1], "./" + b[0]}, measured, false})
	}
	return list, nil
}

func run(root string, fuzz time.Duration, only string, onlyList bool) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	pattern, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	all, err := jobs(root, fuzz)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(j job) bool { return !pattern.MatchString(j.name) })
	if len(all) == 0 {
		return fmt.Errorf("nothing has a name that matches %q", only)
	}
	began := time.Now()
	var outcomes []outcome
	failed := 0
	for _, j := range all {
		if onlyList {
			fmt.Println(j.name)
			continue
		}
		o := j.run(root)
		fmt.Fprintf(os.Stderr, "%s: %s after %.0f s\n", j.name, o.result, o.took.Seconds())
		outcomes = append(outcomes, o)
		if o.result == "FAIL" {
			failed++
		}
	}
	if onlyList {
		return nil
	}
	if err := print(all, outcomes); err != nil {
		return err
	}
	fmt.Printf("%d run, %d failed, in %.0f minutes\n", len(all), failed, time.Since(began).Minutes())
	if failed > 0 {
		return fmt.Errorf("%d failed", failed)
	}
	return nil
}

// run runs a job. What it says is shown where it fails.
func (j job) run(root string) outcome {
	began := time.Now()
	cmd := exec.Command(j.command[0], j.command[1:]...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if timeIsUp.Match(out) && !strings.Contains(string(out), "Failing input") {
		err = nil
	}
	o := outcome{result: "ok", took: time.Since(began)}
	for _, m := range j.figures.FindAllSubmatch(out, -1) {
		o.figures = append(o.figures, strings.Join(strings.Fields(string(m[1])), " "))
	}
	switch {
	case err != nil:
		o.result = "FAIL"
		fmt.Fprintf(os.Stderr, "%s\n%s\n%v\n", strings.Join(j.command, " "), out, err)
	case strings.Contains(string(out), "--- SKIP"):
		o.result = "skipped" // in part at least: the figures say why
	case len(o.figures) > 0 && j.last:
		o.figures = o.figures[len(o.figures)-1:]
	}
	return o
}

// print prints the table, with a row for each figure.
func print(all []job, outcomes []outcome) error {
	table := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "name\tseconds\tresult\tfigures")
	for i, o := range outcomes {
		first := ""
		if len(o.figures) > 0 {
			first = o.figures[0]
		}
		fmt.Fprintf(table, "%s\t%.1f\t%s\t%s\n", all[i].name, o.took.Seconds(), o.result, first)
		for _, f := range o.figures[min(1, len(o.figures)):] {
			fmt.Fprintf(table, "\t\t\t%s\n", f)
		}
	}
	return table.Flush()
}
