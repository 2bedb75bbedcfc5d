package serve

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRequests(t *testing.T) {
	var asked [][]string
	var out strings.Builder
	err := Requests(strings.NewReader("exp 0.5\n\n"), &out, func(fields []string) (any, error) {
		asked = append(asked, fields)
		return map[string]int{"n": len(fields)}, nil
	})
	if err != nil || out.String() != "{\"n\":2}\n{\"n\":0}\n" || !slices.Equal(asked[0], []string{"exp", "0.5"}) {
		t.Errorf("asked %q, answered %q, error %v", asked, out.String(), err)
	}
}

func TestRequestsStop(t *testing.T) {
	broken := errors.New("broken")
	err := Requests(strings.NewReader("a\nb\n"), &strings.Builder{}, func([]string) (any, error) { return nil, broken })
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("error %v", err)
	}
}

func TestSeconds(t *testing.T) {
	if d, err := Seconds("0.25"); err != nil || d != 250*time.Millisecond {
		t.Errorf("0.25 is %v, error %v", d, err)
	}
	if _, err := Seconds("soon"); err == nil {
		t.Error("no error for a word")
	}
}
