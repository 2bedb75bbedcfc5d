package atomicfile

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// Each operation of a Probe fails in turn, and nothing is left where the file can be removed.
func TestProbeFaults(t *testing.T) {
	want := []string{"create", "write 1", "sync", "close", "remove"}
	fsys := &faultFS{}
	if err := Probe(fsys, t.TempDir()); err != nil || !slices.Equal(fsys.log, want) {
		t.Errorf("operations are %q, want %q; error %v", fsys.log, want, err)
	}
	for at, operation := range want {
		dir := t.TempDir()
		fsys := &faultFS{fail: map[int]bool{at: true}}
		if err := Probe(fsys, dir); !errors.Is(err, errFault) || !strings.HasPrefix(err.Error(), "probe "+dir+": ") {
			t.Errorf("fault at %q: error is %v", operation, err)
		}
		if got := names(t, dir); len(got) > 0 && operation != "remove" {
			t.Errorf("fault at %q: directory holds %q", operation, got)
		}
	}
}
