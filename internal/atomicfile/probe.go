package atomicfile

import (
	"errors"
	"fmt"
	"path/filepath"
)

// Probe returns why Write could not write to a directory. It makes a temporary file there, syncs and deletes it.
func Probe(fsys FS, dir string) error {
	temp, file, err := createTemp(fsys, filepath.Join(dir, "probe"))
	if err != nil {
		return fmt.Errorf("probe %s: %w", dir, err)
	}
	_, err = file.Write([]byte{0})
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close(), fsys.Remove(temp)); err != nil {
		return fmt.Errorf("probe %s: %w", dir, err)
	}
	return nil
}
