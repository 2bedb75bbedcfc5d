package cmd

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/strata-ml/strata/registry"
	"golang.org/x/term"
)

// A screen is where a person follows a run. Its methods may be called from any goroutine.
type screen interface {
	// status offers the state of the run after each step; epoch says that the step ended one. The screen calls s when
	// it has something to show.
	status(s func() status, epoch bool)
	info(message string)
	warn(messages ...string)
	close() // takes a live line away; what follows says more
}

// newScreen returns a live line where standard error is a terminal that can redraw one, and plain lines elsewhere.
func (p *program) newScreen(format string) (screen, error) {
	switch format {
	case "":
		if file, ok := p.stderr.(*os.File); ok && term.IsTerminal(int(file.Fd())) && p.variable("TERM") != "dumb" {
			width := func() int {
				if n, _, err := term.GetSize(int(file.Fd())); err == nil {
					return n
				}
				return 80
			}
			return &liveScreen{w: p.stderr, now: time.Now, width: width, color: p.variable("NO_COLOR") == ""}, nil
		}
		return &lineScreen{w: p.stderr, now: time.Now}, nil
	case "text":
		return &lineScreen{w: p.stderr, now: time.Now}, nil
	case "json":
		return &lineScreen{log: slog.New(slog.NewJSONHandler(p.stderr, nil)), now: time.Now}, nil
	}
	err := &registry.UnknownError{What: "log format", Name: format, Known: []string{"json", "text"}}
	return nil, usage("--log-format: %w", err)
}

// variable returns the value of an environment variable, "" where it is not set.
func (p *program) variable(name string) string {
	value := ""
	for _, entry := range p.env {
		if v, ok := strings.CutPrefix(entry, name+"="); ok {
			value = v
		}
	}
	return value
}

// A lineScreen prints a line at the end of each epoch, and every ten seconds within a longer one, as text or to a
// structured log.
type lineScreen struct {
	mu   sync.Mutex
	w    io.Writer
	log  *slog.Logger // in place of w, where it is set
	now  func() time.Time
	last time.Time
}

// lineInterval is the time between two lines within an epoch.
const lineInterval = 10 * time.Second

func (l *lineScreen) status(s func() status, epoch bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if l.last.IsZero() {
		l.last = now
	}
	if !epoch && now.Sub(l.last) < lineInterval {
		return
	}
	l.last = now
	switch shown := s(); {
	case l.log == nil:
		fmt.Fprintln(l.w, shown)
	case epoch:
		l.log.Info("epoch", shown.attrs()...)
	default:
		l.log.Info("progress", shown.attrs()...)
	}
}

func (l *lineScreen) info(message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.log != nil {
		l.log.Info(message)
	} else {
		fmt.Fprintln(l.w, message)
	}
}

func (l *lineScreen) warn(messages ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		if l.log != nil {
			l.log.Warn(m)
		} else {
			fmt.Fprintf(l.w, "warning: %s\n", withoutControls(m))
		}
	}
}

func (l *lineScreen) close() {}

// A liveScreen redraws one line of a terminal in place. Messages scroll above it.
type liveScreen struct {
	mu    sync.Mutex
	w     io.Writer
	now   func() time.Time
	width func() int
	color bool
	drawn time.Time
	line  string // what is shown, "" for nothing
}

// redrawInterval is the time between two drawings of the live line.
const redrawInterval = 100 * time.Millisecond

// The control sequences of a terminal (ECMA-48).
const (
	clearLine = "\r\x1b[K"
	yellow    = "\x1b[33m"
	plain     = "\x1b[0m"
)

func (l *liveScreen) status(s func() status, _ bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if now.Sub(l.drawn) < redrawInterval {
		return
	}
	l.drawn = now
	l.line = s().String()
	l.draw()
}

// draw prints the line, cut to the width of the terminal: a line that wraps could not be redrawn.
func (l *liveScreen) draw() {
	runes := []rune(l.line)
	if most := l.width() - 1; len(runes) > most && most > 0 {
		runes = runes[:most]
	}
	fmt.Fprint(l.w, clearLine, string(runes))
}

func (l *liveScreen) info(message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprint(l.w, clearLine, message, "\n")
	l.draw()
}

func (l *liveScreen) warn(messages ...string) {
	word := "warning:"
	if l.color {
		word = yellow + word + plain
	}
	for _, m := range messages {
		l.info(word + " " + withoutControls(m))
	}
}

func (l *liveScreen) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.line != "" {
		fmt.Fprint(l.w, clearLine)
	}
	l.line = ""
}
