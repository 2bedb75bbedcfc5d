package data

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// What a packed file may unpack to. Deflate reaches 1032:1, data sets rarely 50:1, and what is small anyway may have
// any ratio.
const (
	maxUnpacked   = 16 << 30
	maxRatio      = 200
	anyRatioBelow = 4 << 20
)

// An input is a data file that is read once, front to back. Reading gives its content, unpacked where the name ends
// in .gz; its fingerprint is taken of the bytes as they are stored.
type input struct {
	*bufio.Reader
	path   string // as the user wrote it
	stored *fingerprint
	file   io.Closer
}

// openInput opens a file of the user's. A relative path starts from c.Dir. Like all its errors, those of reading name
// the path as the user wrote it.
func openInput(c Context, path string) (*input, error) {
	full := path
	if !filepath.IsAbs(path) {
		full = filepath.Join(c.Dir, path)
	}
	f, err := os.Open(full)
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		pe.Path = path
	}
	if err != nil {
		return nil, err
	}
	in, err := newInput(path, f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return in, nil
}

func newInput(path string, f io.ReadCloser) (*input, error) {
	in := &input{path: path, stored: &fingerprint{from: f, hash: sha256.New()}, file: f}
	if !strings.HasSuffix(path, ".gz") {
		in.Reader = bufio.NewReaderSize(in.stored, 64<<10)
		return in, nil
	}
	unpack, err := gzip.NewReader(in.stored)
	if err != nil {
		return nil, unplaced(path, err)
	}
	in.Reader = bufio.NewReaderSize(&unpacker{from: unpack, stored: in.stored}, 64<<10)
	return in, nil
}

// finish reads what is left of the file and returns its fingerprint.
func (in *input) finish(rows int) (File, error) {
	if _, err := io.Copy(io.Discard, in.Reader); err != nil {
		return File{}, unplaced(in.path, err)
	}
	return File{
		Path: in.path, Bytes: in.stored.bytes, Rows: int64(rows),
		SHA256: hex.EncodeToString(in.stored.hash.Sum(nil)),
	}, nil
}

func (in *input) close() { in.file.Close() }

// unplaced names the file in an error that has no place in it. Package os names it too, but not as the user wrote it.
func unplaced(path string, err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		pe.Path = path
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: the file is cut short: %w", path, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// A fingerprint counts and hashes what is read through it.
type fingerprint struct {
	from  io.Reader
	hash  hash.Hash
	bytes int64
}

func (f *fingerprint) Read(p []byte) (int, error) {
	n, err := f.from.Read(p)
	f.hash.Write(p[:n])
	f.bytes += int64(n)
	return n, err
}

// An unpacker stops a packed file that unpacks to absurdly much.
type unpacker struct {
	from   io.Reader
	stored *fingerprint
	bytes  int64
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.from.Read(p)
	u.bytes += int64(n)
	switch {
	case u.bytes > maxUnpacked:
		return 0, fmt.Errorf("unpacks to more than %d GiB", maxUnpacked>>30)
	case u.bytes > anyRatioBelow && u.bytes/maxRatio > u.stored.bytes:
		return 0, fmt.Errorf("unpacks to more than %d times its size; unpack the file if that is right", maxRatio)
	}
	return n, err
}
