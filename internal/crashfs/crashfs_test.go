package crashfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/internal/atomicfile"
	"github.com/strata-ml/strata/internal/crashfs"
)

// left runs a scenario in an empty directory and returns what a power cut after it leaves for sure, and what else it may
// leave, as text: each path, and how many bytes of which letters the file has.
func left(t *testing.T, fault func(string) error, scenario func(t *testing.T, fs atomicfile.FS, root string)) (surely string, others map[string]bool) {
	t.Helper()
	root := t.TempDir()
	r, err := crashfs.Record(root)
	must(t, err)
	r.Fault = fault
	scenario(t, r, root)
	const states = 500
	var cuts []crashfs.Cut
	for cut := range r.Cuts(1, states) {
		cuts = append(cuts, cut)
	}
	cuts = cuts[len(cuts)-states:]
	now, err := crashfs.Read(root)
	must(t, err)
	if got, want := describe(cuts[1].State), describe(now); fault == nil && got != want {
		t.Errorf("everything that was done is %q, and the directory holds %q", got, want)
	}
	others = map[string]bool{}
	for _, cut := range cuts[1:] {
		others[describe(cut.State)] = true
	}
	return describe(cuts[0].State), others
}

func describe(s crashfs.State) string {
	all := slices.Clone(s.Dirs)
	for path, content := range s.Files {
		text := path
		for len(content) > 0 {
			n := len(content) - len(bytes.TrimLeft(content, string(content[:1])))
			text += fmt.Sprintf(" %d%q", n, content[:1])
			content = content[n:]
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.ReplaceAll(strings.Join(all, ", "), `"`, "")
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// a, b are blocks of one letter each.
var a, b = bytes.Repeat([]byte("a"), 4096), bytes.Repeat([]byte("b"), 4096)

// open makes a file durably, empty.
func open(t *testing.T, fs atomicfile.FS, root string) atomicfile.File {
	t.Helper()
	f, err := fs.Open(filepath.Join(root, "f"), true)
	must(t, err, fs.SyncDir(root))
	return f
}

func TestCuts(t *testing.T) {
	firstSync := func() func(string) error {
		failed := false
		return func(operation string) error {
			if operation != "sync f" || failed {
				return nil
			}
			failed = true
			return errors.New("input/output error")
		}
	}
	write := func(t *testing.T, f atomicfile.File, b []byte, at int64) {
		_, err := f.WriteAt(b, at)
		must(t, err)
	}
	for name, test := range map[string]struct {
		scenario func(t *testing.T, fs atomicfile.FS, root string)
		fault    func(string) error
		surely   string
		possible []string // some of the others
		never    []string
	}{
		"an entry without a sync": {
			func(t *testing.T, fs atomicfile.FS, root string) {
				f, err := fs.CreateExclusive(filepath.Join(root, "f"))
				must(t, err)
				_, err = f.Write(a)
				must(t, err, f.Sync())
			},
			nil, "",
			[]string{"", "f 4096a"},
			[]string{"f"},
		},
		"content without a sync": {
			func(t *testing.T, fs atomicfile.FS, root string) {
				f := open(t, fs, root)
				write(t, f, a, 0)
				write(t, f, b, 4096)
			},
			nil, "f",
			[]string{"f 4096a 4096b", "f 4096a", "f 4096\\x00 4096b", "f 8192\\x00"},
			[]string{""},
		},
		"content with a sync": {
			func(t *testing.T, fs atomicfile.FS, root string) {
				f := open(t, fs, root)
				write(t, f, a, 0)
				must(t, f.Sync())
				write(t, f, b[:10], 4086)
			},
			nil, "f 4096a",
			[]string{"f 4086a 10b"},
			[]string{"f", "f 4096\\x00"},
		},
		"a version in between": {
			func(t *testing.T, fs atomicfile.FS, root string) {
				f := open(t, fs, root)
				write(t, f, a[:3], 0)
				write(t, f, b[:3], 3)
			},
			nil, "f",
			[]string{"f 3a", "f 3a 3b", "f 3a 3\\x00", "f 6\\x00"},
			[]string{"f 3\\x00 3b"},
		},
		"a cut without a sync": {
			func(t *testing.T, fs atomicfile.FS, root string) {
				f := open(t, fs, root)
				write(t, f, a, 0)
				write(t, f, a, 4096)
				must(t, f.Sync(), f.Truncate(100))
			},
			nil, "f 8192a",
			[]string{"f 100a", "f 100a 3996\\x00 4096a"},
			nil,
		},
		"a cut with a sync": {
			func(t *testing.T, fs atomicfile.FS, root string) {
				f := open(t, fs, root)
				write(t, f, a, 0)
				must(t, f.Sync(), f.Truncate(100), f.Sync())
				write(t, f, b[:1], 100)
			},
			nil, "f 100a",
			[]string{"f 100a 1b"},
			[]string{"f 4096a"},
		},
		"a directory": {
			func(t *testing.T, fs atomicfile.FS, root string) {
				dir := filepath.Join(root, "d")
				must(t, fs.Mkdir(dir))
				_, err := fs.CreateExclusive(filepath.Join(dir, "f"))
				must(t, err, fs.SyncDir(dir))
			},
			nil, "",
			[]string{"d, d/f"},
			[]string{"d"},
		},
		"a rename": {
			func(t *testing.T, fs atomicfile.FS, root string) {
				open(t, fs, root)
				must(t, fs.Rename(filepath.Join(root, "f"), filepath.Join(root, "g")))
			},
			nil, "f",
			[]string{"g"},
			[]string{"", "f, g"},
		},
		"a removal": {
			func(t *testing.T, fs atomicfile.FS, root string) {
				open(t, fs, root)
				must(t, fs.Remove(filepath.Join(root, "f")))
			},
			nil, "f",
			[]string{""},
			nil,
		},
		"a sync that fails": {
			func(t *testing.T, fs atomicfile.FS, root string) {
				f := open(t, fs, root)
				write(t, f, a, 0)
				if f.Sync() == nil {
					t.Error("no error")
				}
				must(t, f.Sync())
			},
			firstSync(), "f 4096\\x00", nil,
			[]string{"f 4096a"},
		},
		"written again after a sync that failed": {
			func(t *testing.T, fs atomicfile.FS, root string) {
				f := open(t, fs, root)
				write(t, f, a, 0)
				if f.Sync() == nil {
					t.Error("no error")
				}
				write(t, f, a, 0)
				must(t, f.Sync())
			},
			firstSync(), "f 4096a", nil,
			[]string{"f 4096\\x00"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			surely, others := left(t, test.fault, test.scenario)
			if surely != test.surely {
				t.Errorf("what is left for sure is %q, want %q", surely, test.surely)
			}
			for _, s := range test.possible {
				if !others[s] {
					t.Errorf("%q is never left", s)
				}
			}
			for _, s := range test.never {
				if others[s] || s == surely {
					t.Errorf("%q may be left", s)
				}
			}
		})
	}
}
