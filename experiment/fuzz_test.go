package experiment_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// allocated returns the bytes that f allocates, garbage included: more than it ever holds.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// FuzzOverrides feeds any --set and any variable to the reader of a sound file: they are refused at their places, or count.
func FuzzOverrides(f *testing.F) {
	f.Add("optimizer.lr=0.1", "optimizer=sgd", "STRATA_SEED=4")
	f.Add("model.fc1.units=3", "model.0={type: dense, units: 4}", "STRATA_MODEL_FC1_UNITS=4")
	f.Add("model.relu.x.y=[1", "metrics.1.k=1", "STRATA_OPTIMIZER={type: sgd, lr: 1}")
	f.Add("name=a #b", `name="2024"`, "STRATA_NAME='x'")
	f.Add("early_stopping.patience=2", "regularizers.0.params=[a, b]", "STRATA_REGULARIZERS_0_STRENGTH=0.5")
	f.Fuzz(func(t *testing.T, first, second, env string) {
		opts := experiment.Options{Set: []string{first, second}, Env: []string{env}, Dir: "testdata/data", Memory: memory}
		var e *experiment.Experiment
		var err error
		if n := allocated(func() { e, err = experiment.Parse("small.yaml", []byte(small), opts) }); n > configLimit {
			t.Errorf("it took %d bytes", n)
		}
		if err != nil {
			d, ok := errors.AsType[*experiment.Diagnostics](err)
			if !ok || len(d.List) == 0 {
				t.Fatalf("the error is %#v", err)
			}
			for _, one := range d.List {
				if one.Origin != "--set "+first && one.Origin != "--set "+second && one.Origin != env && one.File != "small.yaml" {
					t.Errorf("it has no place: %+v", one)
				}
			}
			checkMessage(t, err)
			return
		}
		key, value, _ := strings.Cut(second, "=")
		if strings.ContainsAny(value, "[{\n-") {
			return // of a list or a block, which may be empty, parts count
		}
		for _, o := range e.Origins() {
			if o.From == "--set "+strings.TrimSpace(key) {
				return
			}
		}
		t.Errorf("--set %q is lost in\n%s", second, e.Resolved())
	})
}

// FuzzInfo reads any run.json.
func FuzzInfo(f *testing.F) {
	f.Add([]byte(`{"name": "x", "experiment": "/x.yaml", "dir": "/", "seed": 18446744073709551615, "modules": [{"Path": "a", "Version": "b"}], "data": [{"path": "x", "bytes": 1, "rows": 2, "sha256": ""}]}`))
	f.Add([]byte(`{"data": [{},{},{},{}], "vectors": [{}], "dir": 7}`))
	f.Add([]byte(`{"seed": 1e400}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), experiment.InfoFile)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		var err error
		if n := allocated(func() { _, err = experiment.ReadInfo(filepath.Dir(file)) }); n > uint64(1<<20+200*len(text)) {
			t.Errorf("%d bytes cost %d", len(text), n)
		}
		if err != nil && !strings.Contains(err.Error(), file) {
			t.Errorf("the error does not name the file: %v", err)
		}
	})
}

// FuzzTrained puts any experiment, and any state of the data source, into a checkpoint whose checksums are right, and
// evaluates, predicts and resumes: that may fail, with a message that names a file of the run.
func FuzzTrained(f *testing.F) {
	run, rows := hostileRun(f)
	newest := newestOf(f, run)
	sound := snapshotOf(f, newest)
	text, fitted := sound.Config.Text, sound.Config.Preprocessing
	for _, edit := range [][2]string{{"", ""}, {"units: 2", "units: 3"}, {"units: 2", "units: 1000000000"}, {"batch_size: 8", "batch_size: 999999999999"}, {"adam", "sgd"}} {
		f.Add(strings.ReplaceAll(text, edit[0], edit[1]), fitted)
	}
	f.Add("a: &a [*a]", []byte(`{"version":1,"source":"csv"}`))
	f.Fuzz(func(t *testing.T, text string, fitted []byte) {
		s := *sound
		s.Config.Text, s.Config.SHA256, s.Config.Preprocessing = text, "", fitted
		if !replaceCheckpoint(t, newest, &s) {
			return
		}
		if err := os.WriteFile(filepath.Join(run, experiment.ConfigFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		n := allocated(func() {
			for what, err := range useRun(run, rows) {
				if err != nil && !strings.Contains(err.Error(), run) && !strings.Contains(err.Error(), rows) && !strings.Contains(err.Error(), "flowers.csv") {
					t.Errorf("%s: the error names no file: %v", what, err)
				}
			}
		})
		if n > configLimit {
			t.Errorf("it took %d bytes", n)
		}
	})
}

// hostileRun trains a small run and returns its directory and the file of its rows.
func hostileRun(f *testing.F) (run, rows string) {
	dir := f.TempDir()
	rows = filepath.Join(dir, "flowers.csv")
	content := "length,kind\n" + strings.Repeat("1.0,small\n2.0,large\n1.1,small\n2.2,large\n", 4)
	text := strings.Join([]string{
		"data: {type: csv, path: flowers.csv, target: kind, eval_fraction: 0.25}", "model: [{name: out, type: dense, units: 2}]",
		"loss: softmax_cross_entropy", "metrics: [accuracy]", "optimizer: {type: adam, lr: 0.1}", "train: {epochs: 1, batch_size: 8}", "",
	}, "\n")
	file := filepath.Join(dir, "flowers.yaml")
	for path, content := range map[string]string{rows: content, file: text} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	e, err := experiment.Load(file, experiment.Options{})
	if err != nil {
		f.Fatal(err)
	}
	run = filepath.Join(dir, "run")
	r, err := e.Start(run)
	if err == nil {
		_, err = r.Train(f.Context())
		err = errors.Join(err, r.Close())
	}
	if err != nil {
		f.Fatal(err)
	}
	return run, rows
}

func newestOf(f *testing.F, run string) string {
	path, skipped, err := checkpoint.Latest(filepath.Join(run, train.CheckpointDir))
	if err != nil || len(skipped) > 0 {
		f.Fatal(err, skipped)
	}
	return path
}

func snapshotOf(f *testing.F, path string) *checkpoint.Snapshot {
	file, err := checkpoint.Open(path)
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	s, err := file.Snapshot()
	if err != nil {
		f.Fatal(err)
	}
	return s
}

// replaceCheckpoint writes a snapshot in the place of a checkpoint, without the syncs of a save, unless it is none that a
// checkpoint may hold.
func replaceCheckpoint(t *testing.T, path string, s *checkpoint.Snapshot) bool {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return checkpoint.Write(file, s) == nil
}

// useRun does with a run what the command does, short of training.
func useRun(run, rows string) map[string]error {
	errs := map[string]error{}
	trained, err := experiment.OpenTrained(run, experiment.TrainedOptions{})
	errs["open"] = err
	if err == nil {
		_, errs["evaluate"] = trained.Evaluate()
		_, errs["evaluate a file"] = trained.EvaluateFile(rows)
		errs["predict"] = trained.Predict(rows, func(int, experiment.Prediction) error { return nil })
		errs["close"] = trained.Close()
	}
	r, err := experiment.Resume(run, experiment.ResumeOptions{})
	errs["resume"] = err
	if err == nil {
		errs["close the run"] = r.Close()
	}
	return errs
}
