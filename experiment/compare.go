package experiment

import (
	"fmt"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
)

// filesOf returns the data files that a checkpoint's run began with.
func filesOf(c checkpoint.Config) []data.File {
	files := make([]data.File, len(c.Data))
	for i, f := range c.Data {
		files[i] = data.File(f)
	}
	return files
}

// compareFiles returns an error where the data files of a run are no longer what they were when it began.
func compareFiles(was, is []data.File) error {
	if len(is) != len(was) {
		return fmt.Errorf("the run began with %d data files, and there are %d", len(was), len(is))
	}
	for i, w := range was {
		if f := is[i]; f.SHA256 != w.SHA256 || f.Bytes != w.Bytes {
			return fmt.Errorf("data file %s has changed since the run began: it had %d bytes with SHA-256 %s, and has %d with %s",
				f.Path, w.Bytes, w.SHA256, f.Bytes, f.SHA256)
		}
	}
	return nil
}
