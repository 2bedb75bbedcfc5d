// Package serve is the side of a benchmark that answers: a process that times what it is asked for, and waits meanwhile
// without using the processor.
package serve

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Requests answers each line of in, the fields of a request, with a line of JSON. An error ends it.
func Requests(in io.Reader, out io.Writer, answer func(fields []string) (any, error)) error {
	lines := bufio.NewScanner(in)
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		a, err := answer(strings.Fields(lines.Text()))
		if err != nil {
			return fmt.Errorf("request %q: %w", lines.Text(), err)
		}
		if err := encoder.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}

// Seconds reads a length of time, a number of seconds.
func Seconds(field string) (time.Duration, error) { return time.ParseDuration(field + "s") }
