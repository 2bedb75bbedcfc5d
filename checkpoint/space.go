package checkpoint

import (
	"fmt"

	"github.com/strata-ml/strata/internal/atomicfile"
)

// A SpaceError says that a file system has no room for a checkpoint.
type SpaceError struct {
	Dir        string
	Need, Free int64 // bytes
}

func (e *SpaceError) Error() string {
	return fmt.Sprintf("the checkpoint needs %s, and %s are free in %s", formatBytes(e.Need), formatBytes(e.Free), e.Dir)
}

func formatBytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// Probe returns why a checkpoint of the size that the snapshot has cannot be written to dir: the directory takes no file,
// or there is no room for it, which is a *SpaceError. It leaves nothing behind.
func Probe(dir string, s *Snapshot) error { return probe(atomicfile.Disk, dir, s) }

func probe(fsys atomicfile.FS, dir string, s *Snapshot) error {
	err := checkSpace(fsys, dir, s)
	if err == nil {
		err = atomicfile.Probe(fsys, dir)
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// checkSpace returns a *SpaceError where the file system knows that it has too little room in dir for the snapshot.
func checkSpace(fsys atomicfile.FS, dir string, s *Snapshot) error {
	known, ok := fsys.(interface {
		Free(dir string) (bytes int64, ok bool)
	})
	if !ok {
		return nil
	}
	free, ok := known.Free(dir)
	if !ok {
		return nil
	}
	need, err := size(s)
	if err != nil {
		return err
	}
	if need > free {
		return &SpaceError{Dir: dir, Need: need, Free: free}
	}
	return nil
}
