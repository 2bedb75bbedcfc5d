package cmd

import (
	"bytes"
	"io"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/strata-ml/strata/train"
)

// observe shows a run of two epochs of 50 steps, each of which takes a while, on a screen. Nine rows make a step.
func observe(s screen, now *time.Time, step time.Duration) {
	p := newProgress(s)
	p.now = func() time.Time { return *now }
	p.Observe(&train.Started{StepsPerEpoch: 50, Steps: 100})
	for i := int64(1); i <= 100; i++ {
		*now = now.Add(step)
		if i%50 == 0 {
			p.Observe(&train.EpochEnded{Record: train.Record{Loss: 0.5}})
			p.Observe(&train.Evaluated{Record: train.Record{Loss: 0.25, Metrics: map[string]train.Number{"accuracy": 0.9}}})
		}
		p.Observe(&train.Stepped{Step: i, Epoch: i / 50, Rows: 9, Loss: 2})
	}
	s.close()
}

func clock() (*time.Time, func() time.Time) {
	now := time.Unix(1e9, 0)
	return &now, func() time.Time { return now }
}

func TestLinesWithinLongEpochs(t *testing.T) {
	var out bytes.Buffer
	now, read := clock()
	observe(&lineScreen{w: &out, now: read}, now, time.Second)
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 11 { // the greeting, and each ten seconds, at whose fifth an epoch ends
		t.Fatalf("got %d lines:\n%s", len(lines), out.String())
	}
	if want := "epoch 1/2  step 11/100  loss 2.0000  9.0 samples/s  ETA 1:29"; lines[1] != want {
		t.Errorf("got  %s\nwant %s", lines[1], want)
	}
	if want := "epoch 2/2  step 100/100  loss 0.5000  eval loss 0.2500 accuracy 0.9000  9.0 samples/s  ETA 0:00"; lines[10] != want {
		t.Errorf("got  %s\nwant %s", lines[10], want)
	}
}

func TestLinesOfShortEpochs(t *testing.T) {
	var out bytes.Buffer
	now, read := clock()
	observe(&lineScreen{w: &out, now: read}, now, time.Millisecond)
	if n := strings.Count(out.String(), "\n"); n != 3 {
		t.Errorf("got %d lines:\n%s", n, out.String())
	}
}

// TestTheLongestRun shows a run that would take longer than a time.Duration can say.
func TestTheLongestRun(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		now, read := clock()
		s := &lineScreen{w: &out, now: read}
		if format == "json" {
			s.log = slog.New(slog.NewJSONHandler(&out, nil))
		}
		p := newProgress(s)
		p.now = read
		p.Observe(&train.Started{StepsPerEpoch: 2, Steps: math.MaxInt64})
		*now = now.Add(time.Second)
		p.Observe(&train.EpochEnded{Record: train.Record{Loss: 0.5}})
		p.Observe(&train.Stepped{Step: 2, Epoch: 1, Rows: 9, Loss: 2})
		if format == "text" {
			wantAll(t, out.String(), "training: 4,611,686,018,427,387,904 epochs", "epoch 1/4611686018427387904  step 2/", "  ETA —\n")
		} else if strings.Contains(out.String(), "eta_seconds") {
			t.Errorf("the time that is left has no number, and yet\n%s", out.String())
		}
	}
}

func TestLiveLine(t *testing.T) {
	var out bytes.Buffer
	now, read := clock()
	width := 40
	observe(&liveScreen{w: &out, now: read, width: func() int { return width }}, now, 10*time.Millisecond)
	drawn := strings.Split(out.String(), clearLine)
	// 100 steps of 10 ms are a second: the first step is drawn, then every tenth.
	if n := len(drawn); n < 10 || n > 14 {
		t.Errorf("the line was drawn %d times in a second", n)
	}
	if strings.Count(out.String(), "\n") != 1 { // of the greeting
		t.Errorf("it does not stay in its line:\n%q", out.String())
	}
	for _, line := range drawn[2:] {
		if n := len([]rune(line)); n >= width {
			t.Errorf("%d characters on a terminal of %d: %q", n, width, line)
		}
	}
	if last := drawn[len(drawn)-1]; last != "" {
		t.Errorf("it leaves %q behind", last)
	}
}

func TestMessagesScrollAboveTheLiveLine(t *testing.T) {
	var out bytes.Buffer
	now, read := clock()
	s := &liveScreen{w: &out, now: read, width: func() int { return 80 }, color: true}
	s.status(func() status { return status{epoch: 1, epochs: 2, step: 3, steps: 4} }, false)
	*now = now.Add(time.Millisecond)
	out.Reset()
	s.warn("look")
	got := strings.Split(out.String(), clearLine)
	if len(got) != 3 || got[1] != yellow+"warning:"+plain+" look\n" || !strings.HasPrefix(got[2], "epoch 1/2") {
		t.Errorf("got %q", out.String())
	}
}

func TestSaveFailuresAreWarnings(t *testing.T) {
	var out bytes.Buffer
	_, read := clock()
	p := newProgress(&lineScreen{w: &out, now: read})
	p.Observe(&train.SaveFailed{Step: 7, Err: errNoHistory})
	wantAll(t, out.String(), "warning: the checkpoint of step 7 was not written, the run goes on: ")
	p.Observe(&train.PruneFailed{Step: 8, Err: errNoHistory})
	wantAll(t, out.String(), "warning: checkpoints older than that of step 8 could not be deleted: ")
}

// TestAStepIsShownWithoutAllocating: progress is looked at after each step, and shown seldom.
func TestAStepIsShownWithoutAllocating(t *testing.T) {
	now, read := clock()
	for name, s := range map[string]screen{
		"lines": &lineScreen{w: io.Discard, now: read},
		"live":  &liveScreen{w: io.Discard, now: read, width: func() int { return 80 }},
	} {
		p := newProgress(s)
		p.now = read
		p.Observe(&train.Started{StepsPerEpoch: 50, Steps: 100})
		step := &train.Stepped{Step: 1, Rows: 9, Loss: 2}
		p.Observe(step) // a live line is drawn at once
		if n := testing.AllocsPerRun(100, func() { p.Observe(step) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
		*now = now.Add(time.Hour)
		if n := testing.AllocsPerRun(1, func() { *now = now.Add(time.Hour); p.Observe(step) }); n == 0 {
			t.Errorf("%s: nothing was shown after an hour", name)
		}
	}
}
