package data_test

import (
	"slices"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/registry"
)

func TestLabels(t *testing.T) {
	digits := data.NewDigits(registry.Defaults[data.DigitsConfig]())
	s, err := digits.Load(data.Context{})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		source data.Source
		fitted string
		want   []string
	}{
		"digits":      {digits, string(s.Fitted), []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
		"csv classes": {data.NewCSV(data.CSVConfig{Target: "y"}), `{"version":1,"source":"csv","columns":[{"name":"x","number":{"mean":0,"shift":0,"scale":1}}],"target":{"name":"y","classes":["no","yes"]}}`, []string{"no", "yes"}},
		"csv number":  {data.NewCSV(data.CSVConfig{Target: "y"}), `{"version":1,"source":"csv","columns":[{"name":"x","number":{"mean":0,"shift":0,"scale":1}}],"target":{"name":"y","number":{"mean":0,"shift":0,"scale":1}}}`, nil},
		"idx":         {data.NewIDX(data.IDXConfig{}), `{"version":1,"source":"idx","shape":[28,28],"classes":3}`, []string{"0", "1", "2"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tt.source.(data.Labeled).Labels([]byte(tt.fitted))
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
			if _, err := tt.source.(data.Labeled).Labels([]byte("{")); err == nil {
				t.Error("a broken fitted state is accepted")
			}
		})
	}
}
