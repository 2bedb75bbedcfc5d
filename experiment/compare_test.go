package experiment

import (
	"reflect"
	"testing"

	"github.com/strata-ml/strata/train"
)

func TestCompareConfigs(t *testing.T) {
	tests := map[string]struct {
		a, b string
		want []train.Change
	}{
		"equal": {"seed: 1\n", "seed: 1\n", nil},
		"nodes by name": {
			"seed: 1\nmodel:\n  - {name: fc1, units: 8}\n  - {name: out, units: 2}\n",
			"seed: 1\nmodel:\n  - {name: fc1, units: 16}\n  - {name: out, units: 2}\n",
			[]train.Change{{Key: "model.fc1.units", From: "8", To: "16"}},
		},
		"a part less":       {"clip: {norm: 1}\nseed: 1\n", "seed: 1\n", []train.Change{{Key: "clip", From: "{norm: 1}"}}},
		"an unknown part":   {"model: [{type: warp}]", "model: [{type: woof}]", []train.Change{{Key: "model.0.type", From: "warp", To: "woof"}}},
		"layout alone":      {"clip: {norm: 1}\n", "clip:\n  norm: 1\n", nil},
		"no YAML":           {"seed: 1\n", "{", []train.Change{{Key: "text", From: "seed: 1\n", To: "{"}}},
		"no text":           {"", "seed: 1\n", []train.Change{{Key: "text", To: "seed: 1\n"}}},
		"no map":            {"seed: 1\n", "[1]", []train.Change{{From: "{seed: 1}", To: "[1]"}}},
		"nodes that are no": {"model: [7]", "model: [8]", []train.Change{{Key: "model", From: "[7]", To: "[8]"}}},
	}
	for name, tt := range tests {
		if got := CompareConfigs(tt.a, tt.b); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
