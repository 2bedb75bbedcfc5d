package plots

import (
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/strata-ml/strata/train"
)

// losses returns a history of step records with the given losses, ten to the epoch.
func losses(name string, values ...float64) *train.History {
	h := &train.History{Name: name}
	for i, v := range values {
		h.Records = append(h.Records, train.Record{
			Kind: train.StepRecord, Step: int64(i + 1), Epoch: train.Number(i+1) / 10, Loss: train.Number(v),
		})
	}
	return h
}

func repeated(n int, f func(i int) float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

// hostileHistories are those that a plotting library would choke on.
func hostileHistories() []*train.History {
	nan, inf := math.NaN(), math.Inf(1)
	withEverything := func(name string, v float64) *train.History {
		h := &train.History{Name: name}
		for i := range 6 {
			for _, kind := range []string{train.StepRecord, train.EpochRecord, train.EvalRecord} {
				n := train.Number(v)
				h.Records = append(h.Records, train.Record{
					Kind: kind, Step: int64(i), Epoch: n, Loss: n, LR: &n, GradNorm: &n, Penalty: &n,
					UpdateRatio: map[string]train.Number{"a": n, "b": n}, Metrics: map[string]train.Number{"m": n},
					Best: true,
				})
			}
		}
		h.Marks = []train.Mark{{Kind: train.ResumeMark, Epoch: train.Number(v)}}
		h.Records = append(h.Records, train.Record{
			Kind: train.ChangeRecord, Epoch: train.Number(v), Change: &train.Change{Key: "odd\n\x00" + strings.Repeat("key", 200), To: "{type: <&>\xff"},
		})
		return h
	}
	oddNames := losses("odd\n\x00<&>\"\xff ‖ 漢字 "+strings.Repeat("long", 100), 3, 2, 1)
	oddNames.Records[1].Metrics = map[string]train.Number{
		"": 1, "a/b": 1, "a_b": 2, "A_B": 3, "../../x": 4, "\x01\xfe": 5, strings.Repeat("m", 300): 6,
	}
	oddNames.Records[1].UpdateRatio = map[string]train.Number{}
	for i := range 300 {
		oddNames.Records[1].UpdateRatio[fmt.Sprintf("a/rather/long/node/name/%d", i)] = 0.001
	}
	backwards := losses("backwards", 5, 4, 3, 2, 1)
	slices.Reverse(backwards.Records)
	noX := losses("no-x", 3, 2, 1)
	noX.Records[1].Epoch = train.Number(nan)
	noX.Records[2].Epoch = 7
	negativeSteps := losses("negative-steps", 1, 2)
	negativeSteps.Records[0].Step = math.MinInt64
	negativeSteps.Records[1].Step = math.MaxInt64
	resumed := losses("resumed-a-lot", repeated(50, func(i int) float64 { return 1 / float64(i+1) })...)
	for i := range 1000 {
		resumed.Marks = append(resumed.Marks, train.Mark{Kind: train.ResumeMark, Epoch: train.Number(i) / 100})
	}
	return []*train.History{
		losses("single", 0.7),
		losses("single-zero", 0),
		losses("single-nan", nan),
		losses("", 1, 2),
		losses("all-nan", nan, nan, nan),
		losses("all-inf", inf, -inf, inf),
		losses("constant", repeated(30, func(int) float64 { return 0.25 })...),
		losses("constant-negative", -3, -3, -3, -3),
		withEverything("everything-lost", -1e6),
		withEverything("everything-diverged", -5.8e30),
		losses("zeros", 0, 0, 0, 0),
		losses("half-zeros", repeated(200, func(i int) float64 { return float64(i % 2) })...),
		losses("few-zeros", repeated(200, func(i int) float64 { return min(1, float64(i%50)) * math.Exp(-float64(i)/30) })...),
		losses("alternating-nan", repeated(5000, func(i int) float64 {
			if i%2 == 0 {
				return nan
			}
			return 1 / float64(i)
		})...),
		losses("huge", math.MaxFloat64, 1, -math.MaxFloat64),
		losses("diverged", repeated(400, func(i int) float64 { return math.Exp(float64(i*i) / 200) })...),
		losses("tiny", 5e-324, 1e-320, 1e-310),
		losses("tiny-range", 1, 1+1e-12, 1, 1+2e-16),
		losses("wide", 1e-299, 1e299),
		losses("negative", -5, -5.02, -4.99),
		losses("around-zero", -1, 2, -3, 4),
		losses("just-below-one", 0.9991, 0.9995, 0.9999),
		withEverything("everything-nan", nan),
		withEverything("everything-inf", -inf),
		withEverything("everything-zero", 0),
		withEverything("everything-negative", -2),
		withEverything("everything-huge", 1e308),
		withEverything("everything-small", 1e-12),
		oddNames, backwards, noX, negativeSteps, resumed,
	}
}

func TestWriteRunHostileHistories(t *testing.T) {
	for i, h := range hostileHistories() {
		for _, scale := range []Scale{AutoScale, LogScale} {
			t.Run(fmt.Sprintf("%.20q/%d", h.Name, scale), func(t *testing.T) {
				dir := t.TempDir()
				if *samples != "" {
					dir = filepath.Join(*samples, "hostile", fmt.Sprintf("%d-%d", i, scale))
				}
				o := Options{Scale: scale}
				if scale == LogScale && *samples == "" {
					o.Formats = []string{SVG} // the layout is the same, and a PNG file takes long to write
				}
				paths, err := WriteRun(h, dir, o)
				if err != nil {
					t.Fatal(err)
				}
				checkFiles(t, dir, paths)
			})
		}
	}
	for _, o := range []Options{
		{Formats: []string{SVG}},
		{Formats: []string{SVG}, Width: 8, Height: 5, Scale: LogScale}, // the smallest allowed
	} {
		dir := t.TempDir()
		paths, err := Compare(hostileHistories(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		checkFiles(t, dir, paths)
	}
}

// notFinite matches a coordinate of an SVG file that is no number.
var notFinite = regexp.MustCompile(`(\bd|\bx|\by|transform)="[^"]*(NaN|Inf)`)

// checkFiles fails unless paths are all the files of dir, and each is a PNG or SVG file that decodes.
func checkFiles(t *testing.T, dir string, paths []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(paths) {
		t.Errorf("%d files in the directory, want the %d returned", len(entries), len(paths))
	}
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if filepath.Dir(path) != dir {
			t.Errorf("%s is not in %s", path, dir)
		}
		if strings.HasSuffix(path, ".png") {
			img, err := png.Decode(file)
			if err != nil {
				t.Errorf("%s: %v", path, err)
			} else if got := img.Bounds().Size(); got.X != 907 || got.Y != 510 {
				t.Errorf("%s is %v, want 907×510", path, got)
			}
		} else {
			decoder := xml.NewDecoder(file)
			for err == nil {
				_, err = decoder.Token()
			}
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s: %v", path, err)
			}
			if b, _ := os.ReadFile(path); notFinite.Match(b) {
				t.Errorf("%s has coordinates that are not finite", path)
			}
		}
		file.Close()
	}
}

func TestWriteRunFigures(t *testing.T) {
	base := func(h *train.History, o Options) []string {
		t.Helper()
		paths, err := WriteRun(h, filepath.Join(t.TempDir(), "plots", "deep"), o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range paths {
			paths[i] = filepath.Base(paths[i])
		}
		return paths
	}
	if got, want := base(losses("a", 1, 2), Options{}), []string{"loss.png", "loss.svg"}; !slices.Equal(got, want) {
		t.Errorf("a run of losses gives %v, want %v", got, want)
	}
	full := sampleRun{name: "full", epochs: 3, steps: 10, lr: constantRate, nodes: []string{"fc"}}.history()
	want := []string{"loss.svg", "learning_rate.svg", "grad_norm.svg", "update_ratio.svg", "metric_accuracy.svg"}
	if got := base(full, Options{Formats: []string{SVG}}); !slices.Equal(got, want) {
		t.Errorf("a full run gives %v, want %v", got, want)
	}
}

func TestErrors(t *testing.T) {
	ok := losses("ok", 1, 2, 3)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	write := func(h *train.History, o Options) func() error {
		return func() error { _, err := WriteRun(h, t.TempDir(), o); return err }
	}
	compare := func(hs ...*train.History) func() error {
		return func() error { _, err := Compare(hs, t.TempDir(), Options{}); return err }
	}
	lines := func(s ...Series) func() error {
		return func() error {
			_, err := Lines(filepath.Join(t.TempDir(), "f"), "title", "x", "y", s, Options{})
			return err
		}
	}
	for _, c := range []struct {
		name string
		call func() error
		want string
	}{
		{"nil history", write(nil, Options{}), "history is nil"},
		{"empty history", write(&train.History{Name: "fresh"}, Options{}), `has no records: "fresh"`},
		{"unknown kind", write(&train.History{Name: "r", Records: []train.Record{{Kind: "odd"}}}, Options{}), `"odd"`},
		{"no runs", compare(), "no runs"},
		{"one run empty", compare(ok, &train.History{Name: "fresh"}), `"fresh"`},
		{"one run nil", compare(ok, nil), "history is nil"},
		{"format", write(ok, Options{Formats: []string{"pdf"}}), `"pdf"`},
		{"format twice", write(ok, Options{Formats: []string{PNG, PNG}}), "twice"},
		{"width", write(ok, Options{Width: -1}), "width in cm"},
		{"NaN height", write(ok, Options{Height: math.NaN()}), "height in cm"},
		{"dpi", write(ok, Options{DPI: 1e9}), "dpi"},
		{"pixels", write(ok, Options{Width: 200, Height: 200, DPI: 1200}), "pixels"},
		{"smooth", write(ok, Options{Smooth: 1}), "smoothing factor"},
		{"NaN smooth", write(ok, Options{Smooth: math.NaN()}), "smoothing factor"},
		{"scale", write(ok, Options{Scale: 9}), "scale: 9"},
		{"directory is a file", func() error { _, err := WriteRun(ok, file, Options{}); return err }, "file"},
		{"lengths differ", lines(Series{"s", []float64{1}, nil}), `"s" has 1 x but 0 y`},
		{"no points", lines(Series{Name: "s"}), `"title" has no points`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.call(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestReplaceFileLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "loss.png"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteRun(losses("r", 1, 2), dir, Options{}); err == nil {
		t.Error("a directory in the place of a figure is no error")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("the directory holds %v, want no temporary file", entries)
	}
}

func TestSameHistorySameBytes(t *testing.T) {
	h := sampleRun{
		name: "run", epochs: 6, steps: 50, floor: 0.1, speed: 0.5, noise: 0.2, lr: steppedRate(2),
		nodes: []string{"a", "b", "c", "d"}, resumes: []float64{2.5},
	}.history()
	draw := func() map[string]string {
		files := make(map[string]string)
		dir := t.TempDir()
		paths, err := WriteRun(h, dir, Options{})
		compared, err2 := Compare([]*train.History{h, h}, filepath.Join(dir, "compare"), Options{})
		for _, p := range append(paths, compared...) {
			b, err := os.ReadFile(p)
			if err != nil {
				t.Error(err)
			}
			rel, _ := filepath.Rel(dir, p)
			files[rel] = string(b)
		}
		if err := errors.Join(err, err2); err != nil {
			t.Error(err)
		}
		return files
	}
	want := draw()
	var wg sync.WaitGroup // at once: figures share a font cache
	for range 2 {
		wg.Go(func() {
			for name, b := range draw() {
				if b != want[name] {
					t.Errorf("%s differs from the one drawn before", name)
				}
			}
		})
	}
	wg.Wait()

	h.Marks = append(h.Marks, train.Mark{Kind: train.ResumeMark, Step: 30, Epoch: 0.6})
	if draw()["loss.svg"] == want["loss.svg"] {
		t.Error("another resume draws the same figure")
	}
}

func TestHideResumes(t *testing.T) {
	h := losses("run", repeated(30, func(i int) float64 { return float64(i) })...)
	read := func() string {
		t.Helper()
		paths, err := WriteRun(h, t.TempDir(), Options{Formats: []string{SVG}, HideResumes: true})
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(paths[0])
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	uncut := read()
	h.Marks = []train.Mark{{Kind: train.ResumeMark, Step: 10, Epoch: 1}}
	if read() != uncut {
		t.Error("a resume changes the figure")
	}
}

func TestMillionRecords(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long: run it without -short")
	}
	h := losses("million", repeated(1e6, func(i int) float64 { return 2 + math.Sin(float64(i)) })...)
	h.Records[777_777].Loss = 1e5
	paths, err := WriteRun(h, t.TempDir(), Options{Formats: []string{SVG}})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 200_000 {
		t.Errorf("the figure has %d bytes, want it thinned", info.Size())
	}
}
