package experiment

import (
	"fmt"
	"strings"

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

// compareOrigins words the differences between the values of two experiments, in the order of the first.
func compareOrigins(was, is []Origin) []string {
	now := map[string]string{}
	for _, o := range is {
		now[o.Path] = o.Value
	}
	var changes []string
	before := map[string]bool{}
	for _, o := range was {
		before[o.Path] = true
		if value, ok := now[o.Path]; !ok {
			changes = append(changes, fmt.Sprintf("%s was %s and is gone", o.Path, o.Value))
		} else if value != o.Value {
			changes = append(changes, fmt.Sprintf("%s was %s and is %s", o.Path, o.Value, value))
		}
	}
	for _, o := range is {
		if !before[o.Path] {
			changes = append(changes, fmt.Sprintf("%s is %s and was not there", o.Path, o.Value))
		}
	}
	return changes
}

// joinSome joins the first few of a list and says how many there are besides.
func joinSome(list []string) string {
	const shown = 8
	if n := len(list) - shown; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:shown], ", "), n)
	}
	return strings.Join(list, ", ")
}
