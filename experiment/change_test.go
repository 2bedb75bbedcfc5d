package experiment_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// goOn resumes the run in dir and trains it to its end.
func goOn(t *testing.T, dir string, o experiment.ResumeOptions, observers ...train.Observer) *experiment.Run {
	t.Helper()
	r, err := experiment.Resume(dir, o, observers...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return r
}

// copyRun copies a run directory as it is at this moment, which is what a killed process leaves.
func copyRun(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// changesOf returns the change records of a run.
func changesOf(t *testing.T, dir string) []train.Record {
	t.Helper()
	h, err := train.ReadHistory(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []train.Record
	for _, r := range h.Records {
		if r.Kind == train.ChangeRecord {
			list = append(list, r)
		}
	}
	return list
}

// TestChange goes on with another value in the middle of an epoch, and cuts that run at every step: before its next
// checkpoint, at it, and after it. However it is cut, it ends with the same bytes.
func TestChange(t *testing.T) {
	const plateau = "{type: plateau, start: 0.1, factor: 0.5, patience: 0, threshold: 0.9}"
	for name, test := range map[string]struct{ lr, change, from string }{
		"a rate":                {"0.1", "optimizer.lr=0.02", "0.1"},
		"to watching no more":   {plateau, "optimizer.lr=0.02", "{type: plateau, start: 0.1, factor: 0.5, metric: loss, patience: 0, threshold: 0.9, threshold_mode: relative, cooldown: 0, min: 0, unit: epoch, warmup: 0, warmup_from: 0.1}"},
		"to watching":           {"0.1", "optimizer.lr=" + plateau, "0.1"},
		"to watching otherwise": {plateau, "optimizer.lr.metric=accuracy", "loss"},
	} {
		t.Run(name, func(t *testing.T) {
			e, file := flowers(t)
			text := strings.Replace(string(e.Resolved()), "lr: 0.1", "lr: "+test.lr, 1)
			e, err := experiment.Parse("flowers.yaml", []byte(text), experiment.Options{Dir: filepath.Dir(file)})
			if err != nil {
				t.Fatal(err)
			}
			testChange(t, cutIn(t, e, 5), test.change, test.from)
		})
	}
}

// testChange changes a value of a run that was cut after its fifth step.
func testChange(t *testing.T, dir, change, from string) {
	t.Helper()
	same := copyRun(t, dir)
	key, to, _ := strings.Cut(change, "=")
	o := experiment.ResumeOptions{Change: []string{change}}
	var copies []string
	goOn(t, dir, o, train.ObserverFunc(func(event train.Event) {
		switch event.(type) {
		case *train.Saved, *train.Stepped:
			copies = append(copies, copyRun(t, dir))
		}
	}))
	records := changesOf(t, dir)
	if len(records) != 1 || records[0].Step != 5 || records[0].Epoch != 1.25 || records[0].Change.Key != key || records[0].Change.From != from ||
		!strings.HasPrefix(records[0].Change.To, strings.TrimSuffix(to, "}")[:4]) {
		text, _ := json.Marshal(records)
		t.Fatalf("the history has %s", text)
	}
	if log := string(read(t, filepath.Join(dir, train.MetricsFile))); !strings.Contains(log, `{"kind":"change","step":5,"epoch":1.25,"change":{"key":"`+key+`","from":`) {
		t.Errorf("metrics.jsonl has no such line:\n%s", log)
	}
	if len(copies) < 8 {
		t.Errorf("there are %d copies of the run", len(copies))
	}
	for i, copied := range copies {
		goOn(t, copied, experiment.ResumeOptions{})
		wantSameBytes(t, copied, dir)
		if t.Failed() {
			t.Fatalf("copy %d of %d", i, len(copies))
		}
	}
	goOn(t, same, experiment.ResumeOptions{})
	if string(read(t, filepath.Join(same, train.MetricsFile))) == string(read(t, filepath.Join(dir, train.MetricsFile))) {
		t.Error("the change changes nothing")
	}
}

// TestChangeThatWasNotTaken loses the process between config.yaml and the checkpoint of the change. The next start says so,
// and takes the same change.
func TestChangeThatWasNotTaken(t *testing.T) {
	e, _ := flowers(t)
	dir := cutIn(t, e, 5)
	whole := copyRun(t, dir)
	o := experiment.ResumeOptions{Change: []string{"optimizer.lr=0.02"}}
	goOn(t, whole, o)
	r, err := experiment.Resume(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = experiment.Resume(dir, experiment.ResumeOptions{})
	wantError(t, err, "optimizer.lr was 0.1 and is 0.02", "--change optimizer.lr=0.02 goes on with it")
	goOn(t, dir, o)
	wantSameBytes(t, dir, whole)
	goOn(t, dir, o) // a script that gives it each time
	wantSameBytes(t, dir, whole)
}

// changeable is the experiment of TestChanges.
const changeable = small + `
clip: {norm: 1}
groups: [{params: ["out/*"], lr_scale: 0.5}]
averaging: {decay: 0.9}
early_stopping: {metric: accuracy, patience: 5}
checkpoint: {keep: 5}
log: {weights: true}
`

// TestChanges changes keys of each class in a run that was cut in its second epoch, and trains it to its end.
func TestChanges(t *testing.T) {
	e := parse(t, changeable, experiment.Options{})
	cut := cutIn(t, e, 4)
	for name, test := range map[string]struct {
		change []string
		want   string // the changes that the history has, or the notes
	}{
		"a rate":               {[]string{"optimizer.lr=0.02"}, "optimizer.lr 0.01 0.02"},
		"a schedule":           {[]string{"optimizer.lr={type: step, start: 0.1, every: 1}"}, "optimizer.lr 0.01 {type: step, start: 0.1, factor: 0.5, every: 1, unit: epoch, warmup: 0, warmup_from: 0.1}"},
		"one by its keys":      {[]string{"optimizer.lr.type=constant", "optimizer.lr.value=0.3"}, "optimizer.lr 0.01 {type: constant, value: 0.3, unit: epoch, warmup: 0, warmup_from: 0.1}"},
		"what it watches":      {[]string{"optimizer.lr={type: plateau, start: 0.01, patience: 0}"}, "optimizer.lr 0.01 {type: plateau, start: 0.01, factor: 0.1, metric: loss, patience: 0, threshold: 0.0001, threshold_mode: relative, cooldown: 0, min: 0, unit: epoch, warmup: 0, warmup_from: 0.1}"},
		"two rates":            {[]string{"optimizer.beta1=0.8", "optimizer.eps=1e-6"}, "optimizer.beta1 0.9 0.8\noptimizer.eps 1e-08 1e-06"},
		"a strength":           {[]string{"regularizers.l2.strength=0.1"}, "regularizers.0.strength 0.001 0.1"},
		"a regularizer":        {[]string{"regularizers.0={type: l1, strength: 0.1}"}, "regularizers.0 {type: l2, strength: 0.001, params: ['*/w']} {type: l1, strength: 0.1, form: subgradient, params: ['*/w']}"},
		"no regularizer":       {[]string{"regularizers=[]"}, "regularizers [{type: l2, strength: 0.001, params: ['*/w']}] []"},
		"clipping":             {[]string{"clip={value: 0.1}"}, "clip.norm 1 0\nclip.value 0 0.1"},
		"a group":              {[]string{"groups.0.lr_scale=2"}, "groups.0.lr_scale 0.5 2"},
		"the average":          {[]string{"averaging.decay=0.5"}, "averaging.decay 0.9 0.5"},
		"patience":             {[]string{"early_stopping.patience=9"}, "early_stopping.patience 5 9"},
		"what stops":           {[]string{"early_stopping.metric=loss"}, "early_stopping.metric accuracy loss"},
		"what is frozen":       {[]string{"freeze=['fc1/*']"}, "freeze  [fc1/*]"},
		"a node":               {[]string{"model.fc1.trainable=false"}, "model.fc1.trainable  false"},
		"portions":             {[]string{"train.accumulate=2"}, "train.accumulate 1 2"},
		"the same":             {[]string{"optimizer.lr=0.01"}, ""},
		"epochs":               {[]string{"train.epochs=3"}, "train.epochs was 2 and is 3"},
		"a shorter run":        {[]string{"train.steps=5"}, "train.steps was 0 and is 5"},
		"logging":              {[]string{"train.log_every=1", "log.gradients=true"}, "train.log_every was 10 and is 1\nlog.gradients was false and is true"},
		"checkpoints":          {[]string{"checkpoint.every_steps=3", "checkpoint.keep=2"}, "checkpoint.every_steps was 0 and is 3\ncheckpoint.keep was 5 and is 2"},
		"a check of gradients": {[]string{"debug={gradient_check: {every: 20}}"}, "debug was not there and is {gradient_check: {every: 20, samples: 10}}"},
		"both kinds":           {[]string{"train.epochs=3", "optimizer.lr=0.02"}, "optimizer.lr 0.01 0.02\ntrain.epochs was 2 and is 3"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyRun(t, cut)
			r := goOn(t, dir, experiment.ResumeOptions{Change: test.change})
			var got []string
			for _, rec := range changesOf(t, dir) {
				got = append(got, strings.Join([]string{rec.Change.Key, rec.Change.From, rec.Change.To}, " "))
			}
			got = append(got, r.Notes...)
			if all := strings.Join(got, "\n"); all != test.want {
				t.Errorf("got\n%s\nwant\n%s", all, test.want)
			}
			again, err := experiment.Resume(dir, experiment.ResumeOptions{})
			if err != nil {
				t.Fatalf("without the flag: %v", err)
			}
			if len(again.Notes) > 0 {
				t.Errorf("without the flag it says %q", again.Notes)
			}
			if err := again.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRefusedChanges asks for changes that a run cannot take up. They change nothing.
func TestRefusedChanges(t *testing.T) {
	for _, name := range []string{"with a checkpoint", "without one"} {
		e := parse(t, strings.Replace(changeable, "{type: adam, lr: 0.01}", "{type: sgd, lr: 0.01}", 1), experiment.Options{})
		dir := begun(t, e)
		if name == "with a checkpoint" {
			dir = cutIn(t, e, 4)
		}
		before := string(read(t, filepath.Join(dir, experiment.ConfigFile)))
		for change, want := range map[string][]string{
			"model.fc1.units=9":                {"--change model.fc1.units=9: model.fc1.units was 8 and is 9: it is a frozen key, because the parameters in the checkpoint are as it says", "leave the flag out, or start a new run"},
			"model.relu.type=tanh":             {"model.relu.type was relu and is tanh: it is a frozen key"},
			"seed=4":                           {"seed was 3 and is 4: it is a frozen key", "      | --change seed=4\n      |               ^"},
			"dtype=float64":                    {"dtype was float32 and is float64: it is a frozen key"},
			"loss=hinge":                       {"loss.type was softmax_cross_entropy and is hinge: it is a frozen key"},
			"metrics=[accuracy]":               {"metrics was [{type: accuracy}, {type: top_k, k: 2}] and is [{type: accuracy}]"},
			"train.batch_size=5":               {"train.batch_size was 4 and is 5: it is a frozen key, because the order of the rows and the place in the epoch follow from it"},
			"optimizer={type: adam, lr: 0.1}":  {"optimizer.type was sgd and is adam: it is a frozen key, because another optimizer keeps other slots than those in the checkpoint"},
			"optimizer.momentum=0.9":           {"optimizer.momentum: with this value sgd keeps other slots for each parameter than those in the checkpoint: momentum, and the checkpoint has none"},
			"optimizer.lr=fast":                {"--change optimizer.lr=fast: optimizer: sgd: lr: unknown schedule \"fast\""},
			"optimizer.rate=1":                 {"unknown key \"rate\""},
			"optimizer.lr":                     {"\"optimizer.lr\" is no KEY=VALUE", "write --change optimizer.lr=0.01"},
			"data.eval_fraction=0.5":           {"data.eval_fraction was 0.25 and is 0.5: it is a frozen key"},
			"checkpoint.best=accuracy":         {"checkpoint.best was loss and is accuracy: it is a frozen key"},
			"averaging={decay: 0.5, start: x}": {"start must be a whole number"},
		} {
			t.Run(name+"/"+change, func(t *testing.T) {
				_, err := experiment.Resume(dir, experiment.ResumeOptions{Change: []string{change}})
				wantError(t, err, want...)
				if _, ok := errors.AsType[*experiment.Diagnostics](err); !ok {
					t.Errorf("the error is a %T", err)
				}
				if string(read(t, filepath.Join(dir, experiment.ConfigFile))) != before {
					t.Error("config.yaml was changed")
				}
			})
		}
	}
	t.Run("fewer steps than are done", func(t *testing.T) {
		dir := cutIn(t, parse(t, changeable, experiment.Options{}), 4)
		_, err := experiment.Resume(dir, experiment.ResumeOptions{Change: []string{"train.steps=3"}})
		wantError(t, err, "train.steps is 3: 4 steps are done already")
	})
}

// TestChangeBeforeTheFirstCheckpoint has no history to record it in: the run begins with the new value.
func TestChangeBeforeTheFirstCheckpoint(t *testing.T) {
	e, _ := flowers(t)
	dir := begun(t, e)
	r := goOn(t, dir, experiment.ResumeOptions{Change: []string{"optimizer.lr=0.02", "train.epochs=2"}})
	if all := strings.Join(r.Notes, "\n"); !strings.Contains(all, "optimizer.lr was 0.1 and is 0.02 from the first step on") || !strings.Contains(all, "train.epochs was 3 and is 2") {
		t.Errorf("notes %q", all)
	}
	if records := changesOf(t, dir); len(records) > 0 {
		t.Errorf("the history has %+v", records)
	}
	fresh, err := experiment.Parse("flowers.yaml", r.Experiment.Resolved(), experiment.Options{Dir: e.Dir})
	if err != nil {
		t.Fatal(err)
	}
	wantSameBytes(t, dir, finish(t, fresh))
}

// TestEditedKeys edits keys of config.yaml that a run goes on with without more ado.
func TestEditedKeys(t *testing.T) {
	e, _ := flowers(t)
	dir := cutIn(t, e, 5)
	file := filepath.Join(dir, experiment.ConfigFile)
	change(t, file, "log_every: 1", "log_every: 2 # enough")
	change(t, file, "epochs: 3", "epochs: 4")
	r := goOn(t, dir, experiment.ResumeOptions{})
	if all := strings.Join(r.Notes, "\n"); all != "train.epochs was 3 and is 4\ntrain.log_every was 1 and is 2" {
		t.Errorf("notes %q", all)
	}
	if !strings.Contains(string(read(t, file)), "# enough") {
		t.Error("the edited config.yaml was written over")
	}
	if len(changesOf(t, dir)) > 0 {
		t.Error("the history has a change")
	}
}

// TestMorePatience goes on with a run that early stopping has ended.
func TestMorePatience(t *testing.T) {
	text := strings.Replace(small, "epochs: 2", "epochs: 40", 1) + "early_stopping: {patience: 1, metric: accuracy}\n"
	dir := filepath.Join(t.TempDir(), "run")
	trainIn(t, dir, text)
	h, err := train.ReadHistory(dir)
	if err != nil {
		t.Fatal(err)
	}
	ended := h.Records[len(h.Records)-1].Step
	goOn(t, dir, experiment.ResumeOptions{Change: []string{"early_stopping.patience=100"}})
	if h, err = train.ReadHistory(dir); err != nil || h.Records[len(h.Records)-1].Step <= ended {
		t.Errorf("it does not go on: %v", err)
	}
}

// refused returns what a person is told of two edits of config.yaml, for the documentation.
func refused(t *testing.T) string {
	t.Helper()
	e, _ := flowers(t)
	dir := cutIn(t, e, 5)
	change(t, filepath.Join(dir, experiment.ConfigFile), "units: 2", "units: 3")
	change(t, filepath.Join(dir, experiment.ConfigFile), "lr: 0.1", "lr: 0.02")
	_, err := experiment.Resume(dir, experiment.ResumeOptions{})
	if err == nil {
		t.Fatal("the edits are accepted")
	}
	return strings.ReplaceAll(err.Error(), dir, "runs/flowers-1") + "\n"
}

// TestUnfreezing lets a table of vectors train that did not, and cuts the run after that.
func TestUnfreezing(t *testing.T) {
	c := sourceCases()["window"]
	c.model = strings.Replace(c.model, "{name: embed,", "{name: embed, trainable: false,", 1)
	e, _ := c.load(t)
	dir := cutIn(t, e, 4)
	frozen, cut := weights(t, dir, "embed/w"), ""
	goOn(t, dir, experiment.ResumeOptions{Change: []string{"model.embed.trainable=true"}}, train.ObserverFunc(func(event train.Event) {
		if s, ok := event.(*train.Stepped); ok && s.Step == 6 {
			cut = copyRun(t, dir)
		}
	}))
	if weights(t, dir, "embed/w") == frozen {
		t.Error("the vectors stay as they were")
	}
	goOn(t, cut, experiment.ResumeOptions{})
	wantSameBytes(t, cut, dir)
}

// TestBrokenConfigIsNotWrittenOver edits config.yaml into something that is no experiment. What the person wrote stays.
func TestBrokenConfigIsNotWrittenOver(t *testing.T) {
	for _, with := range []string{"epochs: twenty", "epochs: [", "epoch: 20"} {
		e, _ := flowers(t)
		dir := cutIn(t, e, 5)
		file := filepath.Join(dir, experiment.ConfigFile)
		change(t, file, "epochs: 3", with)
		before := string(read(t, file))
		_, err := experiment.Resume(dir, experiment.ResumeOptions{})
		wantError(t, err, file+":", "mend it, or remove it: resume then writes it again from the checkpoint")
		if _, ok := errors.AsType[*experiment.Diagnostics](err); !ok {
			t.Errorf("the error is a %T", err)
		}
		if string(read(t, file)) != before {
			t.Error("config.yaml was written over")
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		goOn(t, dir, experiment.ResumeOptions{})
	}
}

// TestChangeWhoseCheckpointsAreLost damages every checkpoint since a change. The run wants it declared again.
func TestChangeWhoseCheckpointsAreLost(t *testing.T) {
	e, _ := flowers(t)
	e.Config.Checkpoint.Keep = 9
	dir := cutIn(t, e, 5)
	o := experiment.ResumeOptions{Change: []string{"optimizer.lr=0.02"}}
	goOn(t, dir, o)
	for _, path := range checkpointsOf(t, dir) {
		if filepath.Base(path) > "step-0000000004.strata" {
			if err := os.Truncate(path, 100); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err := experiment.Resume(dir, experiment.ResumeOptions{})
	wantError(t, err, "optimizer.lr was 0.1 and is 0.02", "--change optimizer.lr=0.02 goes on with it")
	goOn(t, dir, o)
	if records := changesOf(t, dir); len(records) != 1 || records[0].Step != 4 {
		t.Errorf("the history has %+v", records)
	}
}
