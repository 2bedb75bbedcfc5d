package plots

import (
	"strings"
	"testing"
)

func TestWriteLearningRates(t *testing.T) {
	s := LearningRates{
		Name: "digits", Rate: "lr", Suggest: 0.01,
		Range: Series{X: []float64{1e-4, 1e-3, 1e-2, 0.1}, Y: []float64{2, 1.5, 1, 3}}, Smooth: []float64{2, 1.6, 1.2, 3},
		Trials: Series{Name: "after 10 steps", X: []float64{1e-3, 1e-2}, Y: []float64{1, 0.5}},
	}
	paths, err := WriteLearningRates(s, t.TempDir(), Options{})
	if err != nil || len(paths) != 2 || !strings.HasSuffix(paths[0], "/find_lr.png") {
		t.Errorf("files %v, error %v", paths, err)
	}
	l := s.figure(Options{}).layout()
	if !l.x.log || l.x.min != 1e-4 || l.x.max != 0.1 {
		t.Errorf("x axis %+v", l.x)
	}
	s.Smooth = s.Smooth[1:]
	if _, err := WriteLearningRates(s, t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "3 smoothed ones") {
		t.Errorf("got %v", err)
	}
	if _, err := WriteLearningRates(LearningRates{Rate: "lr"}, t.TempDir(), Options{}); err == nil {
		t.Error("a figure of nothing was drawn")
	}
}
