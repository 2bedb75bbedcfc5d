package cmd

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

func TestFormats(t *testing.T) {
	tests := []struct{ got, want string }{
		{formatCount(0), "0"},
		{formatCount(-1234), "-1,234"},
		{formatCount(-123456), "-123,456"},
		{formatCount(1234567), "1,234,567"},
		{formatBytes(1023), "1023 B"},
		{formatBytes(1536), "1.5 KiB"},
		{formatBytes(999 << 20), "999 MiB"},
		{formatBytes(1000 << 20), "0.977 GiB"},
		{formatValue(0.98765), "0.9877"},
		{formatValue(0.00012345), "0.0001234"},
		{formatValue(123.456), "123.5"},
		{formatValue(train.Number(math.NaN())), "NaN"},
		{formatDuration(61400 * time.Millisecond), "1:01"},
		{formatDuration(2*time.Hour + 9*time.Second), "2:00:09"},
		{formatDuration(0), "0:00"},
		{formatDuration(499 * time.Millisecond), "0:00"},
		{formatDuration(59*time.Minute + 59500*time.Millisecond), "1:00:00"},
		{formatDuration(23*time.Hour + 59*time.Minute + 59*time.Second), "23:59:59"},
		{formatDuration(24 * time.Hour), "1 day 0:00:00"},
		{formatDuration(99*24*time.Hour + 3661*time.Second), "99 days 1:01:01"},
		{formatDuration(forever - 1), "106,751 days 23:47:16"},
		{formatDuration(forever), "—"},
		{formatShape(tensor.Shape{28, 28}), "28×28"},
		{formatShape(nil), "scalar"},
		{formatEpochs(1), "1 epoch"},
		{formatEpochs(1.5), "1.50 epochs"},
		{plural(2, "row"), "2 rows"},
		{experiment.ShellWord("runs/a-1"), "runs/a-1"},
		{experiment.ShellWord("it's"), `'it'\''s'`},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	tab := table{align: "lr"}
	tab.add("größe", "1")
	tab.add("x", "100")
	tab.write(&out)
	if want := "größe    1\nx      100\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
