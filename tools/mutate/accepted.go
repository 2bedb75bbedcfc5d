package main

import (
	"fmt"
	"strings"
)

// accepted lists the places that nothing can notice, by file, function and text, with the reason.
var accepted = []struct{ file, function, text, reason string }{
	{"checkpoint/reader.go", "fail", `f.path != ""`, "only words an error"},
	{"data/vectors_read.go", "header", `n, err := fmt.Sscanf(line, "%d %d", &count, &dim); n != 2`, "Sscanf has returned an error then"},
	{"experiment/compare.go", "joinSome", "n := len(list) - shown; n > 0", "only words an error"},
	{"checkpoint/validate.go", "dataSize", "int64(int(dim)) != dim", "for an int of 32 bits"},
}

// checkAccepted marks the places in the list. One that the source has no longer is an error, so that the list cannot rot;
// with some, places are not all that there are.
func checkAccepted(places []place, some bool) error {
	for _, a := range accepted {
		found := false
		for i := range places {
			p := &places[i]
			if file, _, _ := strings.Cut(p.where, ":"); file == a.file && p.function == a.function && p.text == a.text {
				p.accepted, found = a.reason, true
			}
		}
		if !found && !some {
			return fmt.Errorf("accepted.go lists %q of %s in %s, which is not there: correct the entry or remove it", a.text, a.function, a.file)
		}
	}
	return nil
}
