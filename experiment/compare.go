package experiment

import (
	"errors"
	"fmt"
	"strings"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/train"
)

// filesOf returns the data files that a checkpoint's run began with.
func filesOf(c checkpoint.Config) []data.File {
	files := make([]data.File, len(c.Data))
	for i, f := range c.Data {
		files[i] = data.File(f)
	}
	return files
}

// compareFiles returns an error that names the data files which are no longer what they were, and their changes; none where
// the files are not as many, so that they cannot be compared one by one.
func compareFiles(was, is []data.File) (changes []train.Change, err error) {
	if len(is) != len(was) {
		return nil, fmt.Errorf("the run began with %d data files, and there are %d", len(was), len(is))
	}
	var found []string
	for i, w := range was {
		f := is[i]
		if f.SHA256 == w.SHA256 && f.Bytes == w.Bytes {
			continue
		}
		changes = append(changes, train.Change{Key: "data " + f.Path, From: fingerprint(w), To: fingerprint(f)})
		found = append(found, fmt.Sprintf("data file %s has changed since the run began: it had %s, and has %s", f.Path, fingerprint(w), fingerprint(f)))
	}
	if found != nil {
		err = errors.New(joinSome(found))
	}
	return changes, err
}

// compareRows returns an error where a file has another number of rows than it had, which decides on the order of an epoch
// and on which rows are set aside for evaluation. There are as many files.
func compareRows(was, is []data.File) error {
	for i, w := range was {
		if is[i].Rows != w.Rows {
			return fmt.Errorf("data file %s has %d rows, and had %d: epochs are counted in them: start a new run, with warm_start from the checkpoint where its weights are wanted", is[i].Path, is[i].Rows, w.Rows)
		}
	}
	return nil
}

func fingerprint(f data.File) string {
	return fmt.Sprintf("%d bytes with SHA-256 %s", f.Bytes, f.SHA256)
}

// CompareConfigs compares the keys of two resolved experiments, such as those that checkpoints hold, in the order of the
// first. No part that they name has to be registered. A text that is no YAML counts as the value of one key, text.
func CompareConfigs(was, is string) []train.Change {
	if was == is {
		return nil
	}
	before, first := parseText([]byte(was), 1)
	after, second := parseText([]byte(is), 1)
	if before == nil || after == nil || len(first)+len(second) > 0 {
		return []train.Change{{Key: "text", From: was, To: is}}
	}
	var c comparison
	c.compare("", before, after)
	var changes []train.Change
	for _, d := range c.found {
		changes = append(changes, train.Change{Key: d.path, From: d.was, To: d.is})
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
