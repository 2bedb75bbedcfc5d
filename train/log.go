package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/strata-ml/strata/internal/atomicfile"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// metricsLog appends records to metrics.jsonl and knows how many bytes they are, with their checksum: that is what a
// checkpoint remembers of it. Lines wait in memory until they are on the file, so that a full disk delays them and
// loses none. A nil log takes records and keeps none.
type metricsLog struct {
	file    atomicfile.File
	path    string
	durable logEnd // as far as the last sync
	written int64  // bytes on the file
	pending []byte // what comes after them
	crc     uint32 // of both
	lost    bool   // a sync has failed: what is written beyond durable need not be on the disk
}

// A logEnd is a length of the log and the checksum of so many bytes.
type logEnd struct {
	offset int64
	crc    uint32
}

// maxPending is how much waits before it is written.
const maxPending = 16 << 10

// openMetricsLog opens the log in dir and cuts it to the first offset bytes, whose CRC-32C must be crc. A missing file
// is made when offset is 0.
func openMetricsLog(dir string, offset int64, crc uint32) (*metricsLog, error) {
	path := filepath.Join(dir, MetricsFile)
	file, err := atomicfile.Disk.Open(path, offset == 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &LogError{path, "is missing, and the checkpoint counts on it"}
	}
	if err != nil {
		return nil, err
	}
	sum := crc32.New(castagnoli)
	n, err := io.Copy(sum, io.LimitReader(file, offset))
	switch {
	case err != nil:
	case n < offset:
		err = &LogError{path, fmt.Sprintf("has %d bytes, and the checkpoint counts on %d: lines are missing", n, offset)}
	case sum.Sum32() != crc:
		err = &LogError{path, fmt.Sprintf("has changed in its first %d bytes since the run wrote them", offset)}
	default:
		err = cut(file, offset)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &metricsLog{file: file, path: path, durable: logEnd{offset, crc}, written: offset, crc: crc}, nil
}

// cut shortens a log, durably: else a power cut could bring back some of what was cut off, between lines written since.
func cut(file atomicfile.File, size int64) error {
	if err := file.Truncate(size); err != nil {
		return err
	}
	return file.Sync()
}

// A LogError is a metrics log that is not the one that a checkpoint belongs to.
type LogError struct{ Path, Problem string }

func (e *LogError) Error() string {
	return fmt.Sprintf("%s %s; put the file back, or begin a new run with warm_start from the checkpoint", e.Path, e.Problem)
}

// write adds a record. Whether it reached the file is for sync to say.
func (l *metricsLog) write(r Record) {
	if l == nil {
		return
	}
	line, err := json.Marshal(r.line())
	if err != nil {
		panic(err) // a Record always has a JSON form
	}
	line = append(line, '\n')
	l.crc = crc32.Update(l.crc, castagnoli, line)
	l.pending = append(l.pending, line...)
	if len(l.pending) >= maxPending || r.Kind != StepRecord {
		_ = l.flush() // tried again later
	}
}

func (l *metricsLog) flush() error {
	if _, err := l.file.WriteAt(l.pending, l.written); err != nil {
		return err
	}
	l.written += int64(len(l.pending))
	l.pending = l.pending[:0]
	return nil
}

// prepareSync puts all records on the file and returns where they end, for syncFile. After a sync that failed, the system
// may take what it has not written for written and report success the next time, so all that was written since the last
// success is written again first.
func (l *metricsLog) prepareSync() (logEnd, error) {
	if err := l.flush(); err != nil {
		return logEnd{}, err
	}
	if l.lost {
		if err := l.rewrite(); err != nil {
			return logEnd{}, err
		}
	}
	return logEnd{l.written, l.crc}, nil
}

// syncFile makes what prepareSync has put on the file durable. Alone of all methods it may run beside others.
func (l *metricsLog) syncFile() error { return l.file.Sync() }

// noteSync takes note of how syncFile ended.
func (l *metricsLog) noteSync(end logEnd, err error) {
	if l.lost = err != nil; !l.lost {
		l.durable = end
	}
}

// rewrite writes what lies beyond the durable part of the file once more, if it is still what was written.
func (l *metricsLog) rewrite() error {
	content, err := os.ReadFile(l.path)
	if err != nil {
		return err
	}
	length := int64(len(content))
	again := content[min(l.durable.offset, length):min(l.written, length)]
	if crc32.Update(l.durable.crc, castagnoli, again) != l.crc {
		return &LogError{l.path, fmt.Sprintf("has changed since a sync failed, beyond byte %d", l.durable.offset)}
	}
	_, err = l.file.WriteAt(again, l.durable.offset)
	return err
}

func (l *metricsLog) close() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.flush(), l.file.Close())
}

// timingLog appends marks to timing.jsonl. The run does not depend on it: what cannot be written is left out.
type timingLog struct {
	file atomicfile.File
	size int64
}

// openTimingLog opens the log in dir. What follows the last line that can be read, which a crash or a full disk left, is
// cut off.
func openTimingLog(dir string) (*timingLog, error) {
	path := filepath.Join(dir, TimingFile)
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	file, err := atomicfile.Disk.Open(path, true)
	if err != nil {
		return nil, err
	}
	whole := 0
	for line := range bytes.Lines(content) {
		if !bytes.HasSuffix(line, []byte("\n")) || !json.Valid(line) {
			break
		}
		whole += len(line)
	}
	if whole < len(content) {
		if err := cut(file, int64(whole)); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return &timingLog{file, int64(whole)}, nil
}

func (l *timingLog) mark(kind string, step int64, epoch Number, took time.Duration, note string) {
	l.write(Mark{Kind: kind, Step: step, Epoch: epoch, Seconds: seconds(took), Note: note})
}

func (l *timingLog) checkpoint(s *save, note string) {
	l.write(Mark{Kind: CheckpointMark, Step: s.step, Epoch: s.epoch, Seconds: seconds(s.took), Stalled: seconds(s.stalled), Note: note})
}

func seconds(d time.Duration) float64 { return d.Round(time.Microsecond).Seconds() }

func (l *timingLog) write(m Mark) {
	if l == nil {
		return
	}
	m.Time = time.Now().Format("2006-01-02T15:04:05.000Z07:00")
	line, _ := json.Marshal(m)
	if n, err := l.file.WriteAt(append(line, '\n'), l.size); err == nil {
		l.size += int64(n)
	}
}

func (l *timingLog) close() error {
	if l == nil {
		return nil
	}
	return l.file.Close()
}
