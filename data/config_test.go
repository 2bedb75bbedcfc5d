package data_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
)

// The keys are the schema of experiment files.
func TestConfigKeys(t *testing.T) {
	for name, want := range map[string]string{
		"csv": "path eval_path eval_fraction header delimiter target task features exclude weight categorical missing " +
			"missing_indicators standardize scale standardize_target",
		"bag": "paths eval_path eval_fraction header delimiter quotes text target max_words lowercase min_count extra_words",
		"window": "path eval_path eval_fraction delimiter comment word tag window features suffix_length numbers entities limit " +
			"lowercase min_count extra_words",
		"digits": "eval_fraction shape",
		"idx":    "images labels eval_images eval_labels eval_fraction scale classes limit",
		"values": "inputs target",
	} {
		d, err := data.Registry.Describe(name)
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, f := range d.Fields {
			keys = append(keys, f.Key)
			if f.Doc == "" {
				t.Errorf("%s: %s has no doc", name, f.Key)
			}
		}
		if got := strings.Join(keys, " "); got != want || d.Doc == "" {
			t.Errorf("%s: got keys %s, want %s; doc %q", name, got, want, d.Doc)
		}
	}
	if got := data.Registry.Names(); !slices.Equal(got, []string{"bag", "csv", "digits", "idx", "values", "window"}) {
		t.Errorf("got sources %v", got)
	}
}
