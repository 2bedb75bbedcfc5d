package layerstest_test

import (
	"strings"
	"testing"

	layerstest "github.com/strata-ml/strata/layers_test"
	"github.com/strata-ml/strata/tensor"
)

// planted lists layers with one flaw each, and the rule that must find it. The flaws are in flaws_test.go.
var planted = []struct {
	name string // of the layer
	rule string
	says string // part of the violation's text
}{
	{"adds_dx", "WritesAll", "DIn(0)[0] (row 0, element 0) is NaN"},
	{"sets_dw", "AddsParamGradients", "DParam w[0]"},
	{"wrong_derivative", "Gradient", "DIn(0)[0]"},
	{"wrong_param_derivative", "Gradient", "DParam w[0]"},
	{"last_unwritten", "WritesAll", "Out[34] (row 4, element 6) is NaN"},
	{"last_gradient_unwritten", "WritesAll", "DIn(0)[34] (row 4, element 6) is NaN"},
	{"forgets_to_set", "SetsParamGradients", "DParam w[0] is NaN"},
	{"writes_in", "KeepsInputs", "In(0)[0]"},
	{"writes_dout", "KeepsInputs", "DOut[0]"},
	{"writes_param", "KeepsInputs", "Param w[0]"},
	{"writes_state", "KeepsInputs", "State mean[0]"},
	{"reads_old_scratch", "WritesAll", "Out[0]"},
	{"allocates", "NoAllocs", "Forward allocates 1 times and Backward 0 times"},
	{"caches_slice", "TwoFrames", "Forward of another frame"},
	{"caches_mode", "TwoFrames", "Forward of another frame"},
	{"ignores_train", "EvalTwice", "random numbers of another step"},
	{"tracks_while_evaluating", "EvalTwice", "NextState mean[0]"},
	{"skips_next_state", "WritesAll", "NextState mean[0] is NaN"},
	{"false_reads", "Declared", "BackwardReads(false, false)"},
	{"past_the_end", "OutOfBounds", "Out has 35 elements, and element 35 was written"},
	{"past_the_workspace", "OutOfBounds", "Workspace 0 has 7 elements, and element 7 was written"},
	{"float32_only", "Float32", "Out["},
	{"reads_next_row", "BatchOfOne", "row 0 computed alone"},
	{"random_by_row_of_batch", "BatchOfOne", "row 1 computed alone"},
	{"panics_in_build", "BuildErrors", "index out of range"},
	{"ignores_second_input", "BuildErrors", "DIn(1)[0] (row 0, element 0) is NaN"},
	{"own_random", "TrainTwice", "Out[0]"},
	{"counts_steps", "RoundTrip", "step 4"},
	{"splits_by_processors", "Threads", "DParam w["},
	{"hides_nan", "KeepsNaN", "In(0)["},
	{"hides_nan_backward", "KeepsNaN", "all of DOut is NaN"},
	{"fails_on_empty", "Empty", "no rows"},
	{"skips_dw", "NeedsDIn", "NeedsDIn(0) is false"},
	{"odd_tail", "Fuzz", "WritesAll"},
	{"unknown_initializer", "Build", `unknown initializer "xavier_unifrom"`},
	{"refuses_everything", "Build", "takes nothing"},
	{"refuses_its_defaults", "Build", "layer flawed_refuses_its_defaults: rate must be positive, is 0"},
}

func TestPlantedFlawsAreFound(t *testing.T) {
	for _, p := range planted {
		t.Run(p.name, func(t *testing.T) {
			if p.name == "allocates" && raceDetector {
				t.Skip("the race detector allocates by itself: run without -race")
			}
			violations, err := layerstest.Check("flawed_"+p.name, layerstest.Case{In: []tensor.Spec{layerstest.Real(7)}})
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, v := range violations {
				t.Log(v)
				found = found || v.Rule == p.rule && strings.Contains(v.Detail, p.says)
			}
			if !found {
				t.Errorf("no violation of %s that says %q", p.rule, p.says)
			}
		})
	}
}

// A flaw that equal results hide is left to the race detector; this one shows in the results.
func TestRaceIsFound(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector stops the planted race by itself: run without -race")
	}
	for range 10 { // on a busy machine the two frames may by chance run one after the other
		violations, err := layerstest.Check("flawed_shares_memory", layerstest.Case{In: []tensor.Spec{layerstest.Real(7)}})
		if err != nil {
			t.Fatal(err)
		}
		if len(violations) == 1 && violations[0].Rule == "Race" {
			return
		}
		if len(violations) > 0 {
			t.Fatalf("violations are %v, must be one of Race", violations)
		}
	}
	t.Error("the race is not found")
}

func TestForgottenKeyIsFound(t *testing.T) {
	c := layerstest.Case{Config: twoFieldsOneKey{Rate: 1}, In: []tensor.Spec{layerstest.Real(7)}}
	violations, err := layerstest.Check("flawed_forgets_a_key", c)
	if err != nil {
		t.Fatal(err)
	}
	if len(violations) != 1 || violations[0].Rule != "RoundTrip" || !strings.Contains(violations[0].Detail, "comes back as") {
		t.Errorf("violations are %v, must be one of RoundTrip", violations)
	}
}

func TestEveryRuleHasAPlantedFlaw(t *testing.T) {
	found := map[string]bool{"Race": true}
	for _, p := range planted {
		found[p.rule] = true
	}
	for _, rule := range layerstest.Rules() {
		if !found[rule] {
			t.Errorf("no planted flaw breaks the rule %s", rule)
		}
	}
}

func TestCheckRefusesWhatItCannotRun(t *testing.T) {
	tests := []struct {
		layer string
		c     layerstest.Case
		want  string
	}{
		{"referense", layerstest.Case{}, `unknown layer "referense"`},
		{"reference", layerstest.Case{Config: 3}, "not by int"},
		{"flawed_refuses_everything", layerstest.Case{}, "say in Case.In what it takes"},
	}
	for _, test := range tests {
		_, err := layerstest.Check(test.layer, test.c)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v, must contain %q", test.layer, err, test.want)
		}
	}
}

func TestViolationsExplainThemselves(t *testing.T) {
	violations, err := layerstest.Check("flawed_sets_dw", layerstest.Case{In: []tensor.Spec{layerstest.Real(2)}})
	if err != nil || len(violations) == 0 {
		t.Fatalf("violations are %v, error is %v", violations, err)
	}
	text := violations[0].Error()
	for _, part := range []string{`layer "flawed_sets_dw" breaks the rule AddsParamGradients`, "on [2], 5 rows", "DParam w[0] is ", "must be ", "never set it"} {
		if !strings.Contains(text, part) {
			t.Errorf("%s\nmust contain %q", text, part)
		}
	}
}
