// Mutate takes away, one at a time, what keeps a run safe, and checks that a test notices:
//
//	sync      a call of Sync or SyncDir
//	checksum  a comparison of checksums
//	bound     any other condition on which a reader refuses what it reads
//
// It finds them in the source (see places.go), so a new one needs no entry anywhere. It prints a row for each: the place,
// what was taken away, and the test that failed. It fails where no test did, except for the conditions in accepted.go,
// which nothing can observe.
//
// Nothing is written to the tree: the packages are compiled once, with every place behind a switch, and the tests run with
// one switch thrown after another.
//
//	go -C tools run ./mutate            # all
//	go -C tools run ./mutate checkpoint # those of one package
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// packages lists what is mutated: the files whose refusals count, and the tests that should notice, the quickest first.
// Syncs count in every file of a package.
var packages = []mutated{
	{
		dir:   "internal/atomicfile",
		tests: []tests{{"internal/atomicfile", "."}},
	},
	{
		dir:     "checkpoint",
		readers: []string{"crc.go", "layout.go", "reader.go", "scan.go", "tensor.go", "validate.go", "verify.go", "walk.go", "wire.go"},
		tests:   []tests{{"checkpoint", "Refus|Hostile|Scan|Section|Version|Header|Open|ReadInto|Shrinks|EveryBit"}, {"checkpoint", "."}},
	},
	{
		dir:     "train",
		readers: []string{"history.go", "log.go", "snapshot.go"},
		tests:   []tests{{"train", "CrashFS|Log|History|Resume|Restore|Record|Load"}},
	},
	{
		dir:     "experiment",
		readers: []string{"compare.go", "load.go", "parse.go"},
		tests:   []tests{{"experiment", "."}},
	},
	{
		dir: "data",
		readers: []string{
			"csv_records.go", "file.go", "idx.go", "lines.go", "plain_rows.go", "vectors_npy.go", "vectors_read.go", "vocabulary.go",
		},
		tests: []tests{{"data", "."}},
	},
}

type mutated struct {
	dir     string
	readers []string
	tests   []tests
}

// tests are those of a package whose names match a pattern.
type tests struct{ dir, pattern string }

// switchName is the environment variable that names the place to take away.
const switchName = "STRATA_MUTANT"

func main() {
	root := flag.String("C", "..", "the root of the repository")
	memory := flag.Int("memory", 8<<20, "the most that a test may allocate, in KiB: a missing bound may be a bomb")
	flag.Parse()
	if err := run(*root, flag.Args(), *memory); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(root string, only []string, memory int) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	var places []place
	overlay := map[string]string{}
	if len(only) > 0 {
		packages = slices.DeleteFunc(packages, func(p mutated) bool { return !slices.Contains(only, p.dir) })
	}
	for _, p := range packages {
		found, err := instrument(root, p, len(places), tmp, overlay)
		if err != nil {
			return err
		}
		places = append(places, found...)
	}
	if err := checkAccepted(places, len(only) > 0); err != nil {
		return err
	}
	r := &runner{root: root, tmp: tmp, memory: memory, limit: map[string]time.Duration{}}
	if err := r.compile(overlay); err != nil {
		return err
	}
	return r.runAll(places)
}

// A runner runs compiled tests.
type runner struct {
	root, tmp string
	memory    int
	limit     map[string]time.Duration // by package and pattern: ten times what the tests take without a switch
}

func (r *runner) binary(dir string) string {
	return filepath.Join(r.tmp, strings.ReplaceAll(dir, "/", "_")+".test")
}

// compile builds the tests of all packages and checks that they pass with no switch thrown.
func (r *runner) compile(overlay map[string]string) error {
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return err
	}
	file := filepath.Join(r.tmp, "overlay.json")
	if err := os.WriteFile(file, text, 0o666); err != nil {
		return err
	}
	for _, p := range packages {
		for _, t := range p.tests {
			if _, err := os.Stat(r.binary(t.dir)); err != nil {
				build := exec.Command("go", "test", "-overlay", file, "-c", "-o", r.binary(t.dir), "./"+t.dir)
				build.Dir = r.root
				if out, err := build.CombinedOutput(); err != nil {
					return fmt.Errorf("build the tests of %s: %w\n%s", t.dir, err, out)
				}
			}
			began := time.Now()
			r.limit[t.dir+t.pattern] = 10 * time.Minute
			if name, out := r.run(t, 0); name != "" {
				return fmt.Errorf("the tests of %s fail with nothing taken away, at %s:\n%s", t.dir, name, out)
			}
			r.limit[t.dir+t.pattern] = 10*time.Since(began) + 10*time.Second
		}
	}
	return nil
}

var (
	failed = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	begun  = regexp.MustCompile(`(?m)^=== RUN\s+(\S+)`)
)

// run runs tests with a switch thrown, and returns the name of the first that fails, "" where all pass.
func (r *runner) run(t tests, number int) (name string, out []byte) {
	limit := r.limit[t.dir+t.pattern]
	command := fmt.Sprintf("ulimit -v %d; exec %s -test.v -test.failfast -test.timeout %s -test.run '%s'", r.memory, r.binary(t.dir), limit, t.pattern)
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = filepath.Join(r.root, t.dir)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", switchName, number))
	out, err := cmd.CombinedOutput()
	if err == nil {
		return "", out
	}
	if m := failed.FindSubmatch(out); m != nil {
		return string(m[1]), out
	}
	if m := begun.FindAllSubmatch(out, -1); m != nil { // it brought the process down
		return string(m[len(m)-1][1]), out
	}
	return "no test: " + err.Error(), out
}

// runAll takes away each place, on all processors, and prints the table.
func (r *runner) runAll(places []place) error {
	caught := make([]string, len(places))
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				caught[i] = r.catch(places[i])
				fmt.Fprintf(os.Stderr, "%d of %d: %s: %s\n", i+1, len(places), places[i].where, caught[i])
			}
		})
	}
	for i, p := range places {
		if p.accepted == "" {
			next <- i
		}
	}
	close(next)
	wg.Wait()
	table := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	counts := map[string]int{}
	for i, p := range places {
		result := caught[i]
		switch {
		case p.accepted != "":
			result = "accepted: " + p.accepted
			counts["accepted"]++
		case result == "":
			result = "SURVIVED"
			counts["survived"]++
		default:
			counts["caught"]++
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", p.where, p.kind, p.text, result)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Printf("%d taken away, %d caught, %d accepted, %d survived\n", len(places), counts["caught"], counts["accepted"], counts["survived"])
	if counts["survived"] > 0 {
		return fmt.Errorf("%d survived", counts["survived"])
	}
	return nil
}

// catch returns the test that notices that a place is taken away.
func (r *runner) catch(p place) string {
	for _, t := range p.pkg.tests {
		if name, _ := r.run(t, p.number); name != "" {
			return name
		}
	}
	return ""
}
