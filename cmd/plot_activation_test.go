package cmd

import (
	"math"
	"testing"
)

func TestPlotActivation(t *testing.T) {
	t.Chdir(t.TempDir())
	if out, want := mustStrata(t, "plot", "--activation", "tanh"), "plots/activation_tanh.png\nplots/activation_tanh.svg\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
	wantAll(t, readFile(t, "plots/activation_tanh.svg"), ">tanh<", ">derivative<")
	if out, want := mustStrata(t, "plot", "--activation", "prelu,gelu", "--output", "o"), "o/activations.png\no/activations.svg\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
	wantAll(t, readFile(t, "o/activations.svg"), ">prelu<", ">gelu<")
}

func TestPlotActivationRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, want := range map[string]string{
		"tahn":      `--activation: unknown layer "tahn"; did you mean "tanh"?`,
		"dense":     "--activation: dense has no curve without a setting: units is required",
		"softmax":   "--activation: softmax is no function of one number: it looks at the numbers beside it",
		"maxout":    "--activation: maxout is no function of one number, as tanh is",
		"tanh,sum":  "--activation: sum is no function of one number, as tanh is",
		"embedding": "--activation: embedding has no curve without a setting: dim is required",
	} {
		r := strata(t, "plot", "--activation", name)
		if r.code != exitUsage {
			t.Errorf("%s: exit code %d", name, r.code)
		}
		wantAll(t, r.stderr, want)
	}
	r := strata(t, "plot", "r", "--activation", "tanh")
	if r.code != exitUsage {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.stderr, `too many arguments: --activation NAME is all it takes, and there is "r"`)
}

// TestSampleActivation checks that slopes are those of the values, but for the kinks.
func TestSampleActivation(t *testing.T) {
	for _, name := range []string{
		"sigmoid", "tanh", "hard_sigmoid", "hard_tanh", "relu", "leaky_relu", "prelu", "elu", "selu", "gelu", "silu", "mish", "softplus", "softsign", "hard_swish", "log_sigmoid",
	} {
		f, err := sampleActivation(name)
		if err != nil {
			t.Error(err)
			continue
		}
		const h = 1. / activationPoints
		for i := 1; i+1 < len(f.X); i++ {
			left, right := (f.Y[i]-f.Y[i-1])/h, (f.Y[i+1]-f.Y[i])/h
			if got := f.Slope[i]; got < min(left, right)-h || got > max(left, right)+h {
				t.Errorf("%s: the slope at %v is %v, and the values rise by %v and %v", name, f.X[i], got, left, right)
			}
		}
	}
	f, err := sampleActivation("tanh")
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range f.X { // tanh x = 2σ(2x) − 1
		if want := 2/(1+math.Exp(-2*x)) - 1; math.Abs(f.Y[i]-want) > 1e-15 {
			t.Errorf("tanh %v is drawn at %v, want %v", x, f.Y[i], want)
		}
	}
}
