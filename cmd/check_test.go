package cmd

import "testing"

func TestCheck(t *testing.T) {
	inTemp(t)
	wantAll(t, mustStrata(t, "check", "digits.yaml"),
		"node     type     from     in → out  params  FLOPs\n",
		"fc1      dense    images   64 → 8       520  1,024\n",
		"parameters  610\n",
		"rows        1,438 to train on, 359 to evaluate on\n",
		"steps       24, 12 per epoch\n",
	)
	var r checkResult
	decodeOne(t, mustStrata(t, "check", "digits.yaml", "--json", "--set", "freeze=[fc1/*]"), &r)
	if r.Params != 610 || r.Frozen != 520 || len(r.Nodes) != 4 || r.Nodes[0].Name != "fc1" || r.Nodes[3].Out[0] != 10 || r.TrainBytes == 0 || r.Gradients != nil {
		t.Errorf("got %+v", r)
	}
	wantAll(t, mustStrata(t, "check", "digits.yaml", "--set", "freeze=[fc1/*]"), " 520 (frozen)", "610, of which 520 do not train")
	wantAll(t, mustStrata(t, "check", "digits.yaml", "--set", "model.fc1.trainable=false"), " 520 (frozen)", "610, of which 520 do not train")
	wantAll(t, mustStrata(t, "check", "digits.yaml", "--set", "freeze=[fc1/b]"), " 520 (8 frozen)", "610, of which 8 do not train")
}

func TestCheckGradients(t *testing.T) {
	inTemp(t)
	wantAll(t, mustStrata(t, "check", "digits.yaml", "--gradients"), "fc1/w", "logits/b", "Every gradient is right")
	var r checkResult
	decodeOne(t, mustStrata(t, "check", "digits.yaml", "--gradients", "--json"), &r)
	if r.Gradients == nil || !r.Gradients.OK || len(r.Gradients.Params) != 4 {
		t.Errorf("got %+v", r.Gradients)
	}
}

func TestCheckFindsAWrongGradient(t *testing.T) {
	withLayer(t, "test_liar")
	r := strata(t, "check", "custom.yaml", "--gradients")
	if r.code != exitFailed {
		t.Errorf("exit code %d", r.code)
	}
	wantAll(t, r.stderr, "the gradient of fc1/", "is wrong at element ", "backpropagation says ", "differences of the loss ", `node "own" is at fault`)
	var result checkResult
	r = strata(t, "check", "custom.yaml", "--gradients", "--json")
	decodeOne(t, r.out, &result)
	if r.code != exitFailed || result.Gradients.OK {
		t.Errorf("exit code %d, %+v", r.code, result.Gradients)
	}
}
