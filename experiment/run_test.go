package experiment_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// flowers is an experiment on a file of its own, so that the file can change.
func flowers(t *testing.T) (e *experiment.Experiment, file string) {
	t.Helper()
	dir := t.TempDir()
	file = filepath.Join(dir, "flowers.csv")
	rows := "length,kind\n"
	for range 10 {
		rows += "1.0,small\n2.0,large\n1.1,small\n2.2,large\n"
	}
	if err := os.WriteFile(file, []byte(rows), 0o666); err != nil {
		t.Fatal(err)
	}
	text := `
data: {type: csv, path: flowers.csv, target: kind, eval_fraction: 0.25}
model: [{name: out, type: dense, units: 2}]
loss: softmax_cross_entropy
metrics: [accuracy]
optimizer: {type: adam, lr: 0.1}
train: {epochs: 3, batch_size: 8, log_every: 1}
`
	path := filepath.Join(dir, "flowers.yaml")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	e, err := experiment.Load(path, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e, file
}

// finish starts a run of an experiment, trains it to its end, and returns its directory.
func finish(t *testing.T, e *experiment.Experiment) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	r, err := e.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestRunDirectory looks at what a run leaves behind.
func TestRunDirectory(t *testing.T) {
	e, _ := flowers(t)
	dir := finish(t, e)
	config, err := os.ReadFile(filepath.Join(dir, experiment.ConfigFile))
	if err != nil || string(config) != string(e.Resolved()) {
		t.Errorf("config.yaml is %q (%v)", config, err)
	}
	info, err := experiment.ReadInfo(dir)
	if err != nil || info.Name != "flowers" || len(info.Data) != 1 || info.Data[0].Rows != 40 || !filepath.IsAbs(info.Dir) {
		t.Errorf("run.json says %+v (%v)", info, err)
	}
	metrics, err := os.ReadFile(filepath.Join(dir, train.MetricsFile))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(metrics)), "\n")
	if len(lines) != 12+3+3 {
		t.Errorf("metrics.jsonl has %d lines, want 12 steps, 3 epochs and 3 evaluations", len(lines))
	}
	for _, line := range lines {
		var any map[string]any
		if err := json.Unmarshal([]byte(line), &any); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		for key := range any {
			if strings.Contains(key, "time") || key == "host" {
				t.Errorf("metrics.jsonl has the key %q, which differs from run to run", key)
			}
		}
	}
}

func TestStartRefuses(t *testing.T) {
	e, _ := flowers(t)
	dir := finish(t, e)
	if _, err := e.Start(dir); err == nil || !strings.Contains(err.Error(), "is not empty: give a run a directory of its own") {
		t.Errorf("a directory with a run: %v", err)
	}
	locked := filepath.Join(t.TempDir(), "locked")
	r, err := e.Start(locked)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := experiment.Resume(locked, experiment.ResumeOptions{}); err == nil || !strings.Contains(err.Error(), "is being written by process") {
		t.Errorf("a second writer: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := experiment.Resume(locked, experiment.ResumeOptions{})
	if err != nil {
		t.Fatalf("after the first writer is gone: %v", err)
	}
	if len(again.Warnings) != 1 || !strings.Contains(again.Warnings[0], "no checkpoint yet") {
		t.Errorf("warnings %q", again.Warnings)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := experiment.Resume(t.TempDir(), experiment.ResumeOptions{}); err == nil || !strings.Contains(err.Error(), "is no run directory") {
		t.Errorf("a directory without a run: %v", err)
	}
}

// change replaces the first old in a file.
func change(t *testing.T, file, old, with string) {
	t.Helper()
	text := string(read(t, file))
	changed := strings.Replace(text, old, with, 1)
	if changed == text {
		t.Fatalf("%s does not hold %q", file, old)
	}
	if err := os.WriteFile(file, []byte(changed), 0o666); err != nil {
		t.Fatal(err)
	}
}

// wantError fails the test unless an error has every text in its message.
func wantError(t *testing.T, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("the error is %v, want one with %q", err, text)
		}
	}
}

// TestOtherDataIsRefused changes one digit of the data.
func TestOtherDataIsRefused(t *testing.T) {
	e, file := flowers(t)
	dir := finish(t, e)
	change(t, file, "2.2", "2.3")
	_, err := experiment.Resume(dir, experiment.ResumeOptions{Epochs: 5})
	wantError(t, err, "data file flowers.csv has changed since the run began", "restore the file, go on with it as it is by --allow-data-change, or start a new run")

	m, err := experiment.OpenTrained(dir, experiment.TrainedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	_, err = m.Evaluate()
	wantError(t, err, "data file flowers.csv has changed since the run began", "evaluate on another one with --input")
	if _, err := m.EvaluateFile(file); err != nil {
		t.Errorf("as another file: %v", err)
	}

	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	_, err = experiment.Resume(dir, experiment.ResumeOptions{Epochs: 5})
	wantError(t, err, "flowers.csv")
}

// TestOtherDataIsRefusedBeforeTheFirstCheckpoint changes the data of a run that has not come to a checkpoint.
func TestOtherDataIsRefusedBeforeTheFirstCheckpoint(t *testing.T) {
	e, file := flowers(t)
	dir := begun(t, e)
	change(t, file, "2.2", "2.3")
	_, err := experiment.Resume(dir, experiment.ResumeOptions{})
	wantError(t, err, "data file flowers.csv has changed since the run began", "restore the file, go on with it as it is by --allow-data-change, or start a new run")
}

// TestAnotherDataFileIsRefused goes on with a run that says that it began with one more file.
func TestAnotherDataFileIsRefused(t *testing.T) {
	e, _ := flowers(t)
	dir := begun(t, e)
	info, err := experiment.ReadInfo(dir)
	if err != nil {
		t.Fatal(err)
	}
	info.Data = append(info.Data, info.Data[0])
	text, err := json.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, experiment.InfoFile), text, 0o666); err != nil {
		t.Fatal(err)
	}
	_, err = experiment.Resume(dir, experiment.ResumeOptions{})
	wantError(t, err, "the run began with 2 data files, and there are 1")
}

// TestExtensionIsRemembered extends a run, loses the process before a checkpoint is written, and continues it.
func TestExtensionIsRemembered(t *testing.T) {
	e, _ := flowers(t)
	dir := finish(t, e)
	r, err := experiment.Resume(dir, experiment.ResumeOptions{Epochs: 5})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err = experiment.Resume(dir, experiment.ResumeOptions{}); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if res, err := r.Train(t.Context()); err != nil || res.Epoch != 5 {
		t.Errorf("it ends after epoch %d: %v", res.Epoch, err)
	}
}

// TestDamagedCheckpoint falls back to an older checkpoint, says so, and ends with the same weights.
func TestDamagedCheckpoint(t *testing.T) {
	e, _ := flowers(t)
	dir := finish(t, e)
	want := weights(t, dir, "out/w")
	newest, _, err := experiment.FindCheckpoint(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(newest, content, 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := experiment.Resume(dir, experiment.ResumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if all := strings.Join(r.Warnings, "\n"); !strings.Contains(all, "passed over a damaged checkpoint") || !strings.Contains(all, "is used instead") {
		t.Errorf("warnings %q", all)
	}
	if _, err := r.Train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if weights(t, dir, "out/w") != want {
		t.Error("the run ends with other weights")
	}
}

// TestTrained scores and predicts from the best checkpoint of a run.
func TestTrained(t *testing.T) {
	e, _ := flowers(t)
	dir := finish(t, e)
	m, err := experiment.OpenTrained(dir, experiment.TrainedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if rec, err := m.Evaluate(); err != nil || rec.Metrics["accuracy"] != 1 {
		t.Errorf("evaluation %+v (%v)", rec, err)
	}
	rows := filepath.Join(t.TempDir(), "new.csv")
	unknown := filepath.Join(t.TempDir(), "unknown.csv")
	for path, text := range map[string]string{rows: "length\n2.5\n0.5\n", unknown: "kind,length\n,2.5\nhuge,0.5\n"} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	err = m.Predict(unknown, func(int, experiment.Prediction) error { return nil })
	if err != nil {
		t.Errorf("with unknown targets: %v", err)
	}
	var classes []string
	err = m.Predict(rows, func(row int, p experiment.Prediction) error {
		if row != len(classes) || len(p.Values) != 2 || p.Values[0]+p.Values[1] < 0.999 || p.Values[0]+p.Values[1] > 1.001 {
			t.Errorf("row %d: %+v is no pair of probabilities", row, p)
		}
		classes = append(classes, p.Class)
		return nil
	})
	if err != nil || strings.Join(classes, " ") != "large small" {
		t.Errorf("predicted %v (%v)", classes, err)
	}
	if _, err := m.EvaluateFile(rows); err == nil || !strings.Contains(err.Error(), "no target to score against") {
		t.Errorf("scoring rows without a target: %v", err)
	}
}

// TestTrainedWarns predicts for a category that was never trained on.
func TestTrainedWarns(t *testing.T) {
	dir := t.TempDir()
	file, other := filepath.Join(dir, "fruit.csv"), filepath.Join(dir, "other.csv")
	for path, text := range map[string]string{file: "colour,price\nred,1.5\ngreen,2.5\nred,1.6\n", other: "colour\nblue\nred\n"} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text := `
data: {type: csv, path: fruit.csv, target: price}
model: [{name: out, type: dense, units: 1}]
loss: mse
optimizer: sgd
train: {epochs: 1}
`
	e, err := experiment.Parse("fruit.yaml", []byte(text), experiment.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	m, err := experiment.OpenTrained(finish(t, e), experiment.TrainedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Predict(other, func(int, experiment.Prediction) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if len(m.Warnings) != 1 || !strings.Contains(m.Warnings[0], `1 of 2 rows have a category that the training rows lack, such as "blue"`) {
		t.Errorf("warnings %q", m.Warnings)
	}
}
