package train

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// metricsLog appends records to metrics.jsonl and knows how many bytes they are, with their checksum: that is what a
// checkpoint remembers of it. A nil log takes records and keeps none.
type metricsLog struct {
	file   *os.File
	w      *bufio.Writer
	offset int64
	crc    uint32
}

// openMetricsLog opens the log in dir and cuts it to the first offset bytes, whose CRC-32C must be crc. A missing file
// is made when offset is 0.
func openMetricsLog(dir string, offset int64, crc uint32) (*metricsLog, error) {
	path := filepath.Join(dir, MetricsFile)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	sum := crc32.New(castagnoli)
	n, err := io.Copy(sum, io.LimitReader(file, offset))
	switch {
	case err != nil:
	case n < offset:
		err = fmt.Errorf("%s has %d bytes and the checkpoint knows of %d: lines are missing", path, n, offset)
	case sum.Sum32() != crc:
		err = fmt.Errorf("%s: the first %d bytes are not those that the run wrote", path, offset)
	default:
		if err = file.Truncate(offset); err == nil {
			_, err = file.Seek(offset, io.SeekStart)
		}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &metricsLog{file: file, w: bufio.NewWriter(file), offset: offset, crc: crc}, nil
}

func (l *metricsLog) write(r Record) error {
	if l == nil {
		return nil
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if _, err := l.w.Write(line); err != nil {
		return err
	}
	l.offset += int64(len(line))
	l.crc = crc32.Update(l.crc, castagnoli, line)
	return nil
}

// sync makes all records durable.
func (l *metricsLog) sync() error {
	if l == nil {
		return nil
	}
	if err := l.w.Flush(); err != nil {
		return err
	}
	return l.file.Sync()
}

func (l *metricsLog) close() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.w.Flush(), l.file.Close())
}

// timingLog appends marks to timing.jsonl. The run does not depend on it: an error is kept for the end.
type timingLog struct {
	file *os.File
	err  error
}

func openTimingLog(dir string) (*timingLog, error) {
	file, err := os.OpenFile(filepath.Join(dir, TimingFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	return &timingLog{file: file}, nil
}

func (l *timingLog) mark(kind string, step int64, epoch Number, took time.Duration, note string) {
	if l == nil {
		return
	}
	line, err := json.Marshal(Mark{
		Kind: kind, Step: step, Epoch: epoch, Note: note,
		Time: time.Now().Format("2006-01-02T15:04:05.000Z07:00"), Seconds: took.Round(time.Microsecond).Seconds(),
	})
	if err == nil {
		_, err = l.file.Write(append(line, '\n'))
	}
	l.err = errors.Join(l.err, err)
}

func (l *timingLog) close() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.err, l.file.Close())
}
