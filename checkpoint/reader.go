package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
)

// A File is an open checkpoint. It reads tensor data only when asked to. Any number of goroutines may use a File at
// once, Close aside.
type File struct {
	r        io.ReaderAt
	size     int64
	path     string
	closer   io.Closer
	later    bool // written by a later minor version
	config   Config
	state    State
	sections []section
	tensors  []tensor
	byName   map[string]int
}

// Open opens the checkpoint at path and reads everything but the tensor data: it checks the version, the head, the
// config, the state and the index with their checksums, and that the file has the length it should have.
//
// A file that is damaged or no checkpoint gives a *CorruptError, one from a later version of Strata an error that wraps
// ErrVersion, and anything else is an error of the operating system.
func Open(path string) (*File, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	info, err := r.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("checkpoint: %w", err), r.Close())
	}
	f, err := newFile(r, info.Size(), path)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	f.closer = r
	return f, nil
}

// NewFile opens the checkpoint of size bytes behind r, with the errors of Open.
func NewFile(r io.ReaderAt, size int64) (*File, error) {
	return newFile(r, size, "")
}

func newFile(r io.ReaderAt, size int64, path string) (*File, error) {
	f := &File{r: r, size: size, path: path}
	if err := f.load(); err != nil {
		return nil, f.fail(err)
	}
	return f, nil
}

// load reads the parts in the order that gives the most helpful error: what is this, can I read it, is it whole.
func (f *File) load() error {
	if err := f.checkMagic(); err != nil {
		return err
	}
	if err := f.readHead(); err != nil {
		return err
	}
	foot, err := f.readFooter()
	if err != nil {
		return err
	}
	parts, err := f.readIndex(foot)
	if err != nil {
		return err
	}
	if err := f.walk(parts, foot.indexOffset); err != nil {
		return err
	}
	return f.readBodies()
}

// Close closes the file behind Open.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// Path returns the path given to Open.
func (f *File) Path() string { return f.path }

// Config returns what the run was started with.
func (f *File) Config() Config { return f.config }

// State returns the progress of the run.
func (f *File) State() State { return f.state }

// Tensors describes the tensors in the order in which they were written.
func (f *File) Tensors() []TensorInfo {
	infos := make([]TensorInfo, len(f.tensors))
	for i, t := range f.tensors {
		infos[i] = t.info
		infos[i].Shape = slices.Clone(t.info.Shape)
	}
	return infos
}

// Info describes the named tensor. The second result is false where there is none.
func (f *File) Info(name string) (TensorInfo, bool) {
	i, ok := f.byName[name]
	if !ok {
		return TensorInfo{}, false
	}
	info := f.tensors[i].info
	info.Shape = slices.Clone(info.Shape)
	return info, true
}

func (f *File) checkMagic() error {
	start := make([]byte, min(f.size, 32))
	if err := f.readAt(start, 0, "magic"); err != nil {
		return err
	}
	if bytes.HasPrefix(start, magic) {
		return nil
	}
	err := &CorruptError{Section: "magic", Block: -1}
	name := bytes.Index(start, []byte("STRA"))
	switch {
	case len(start) == 0:
		err.Err = fmt.Errorf("%w: the file is empty", ErrNotCheckpoint)
	case bytes.HasPrefix(magic, start):
		err.Err = fmt.Errorf("%w: the file is cut short at %d bytes", ErrNotCheckpoint, f.size)
	case name >= 0 && name <= 16:
		err.Err = fmt.Errorf("%w any more: its first bytes are changed, as by a copy in text mode", ErrNotCheckpoint)
	default:
		err.Err = ErrNotCheckpoint
	}
	return err
}

func (f *File) readHead() error {
	s, err := f.header(int64(len(magic)), f.size)
	if err != nil {
		return err
	}
	if s.name != "head" || s.size > maxHead {
		return sectionError("head", s.offset, "expected here, found section %q of %d bytes", s.name, s.size)
	}
	body, err := f.body(s)
	if err != nil {
		return err
	}
	var head headBody
	if err := decodeSection(s, body, &head, true); err != nil {
		return err
	}
	if err := head.check(); err != nil {
		return sectionError("head", s.offset, "%w", err)
	}
	if head.Major != major || head.MinReader > minor {
		return fmt.Errorf("format version %d.%d: %w", head.Major, head.Minor, ErrVersion)
	}
	f.later = head.Minor > minor
	f.sections = append(f.sections, s)
	return nil
}

func (f *File) readFooter() (footer, error) {
	offset := f.size - footerSize
	if offset < f.sections[0].end() {
		return footer{}, sectionError("footer", f.size, "there is none: the file is cut short at %d bytes", f.size)
	}
	var b [footerSize]byte
	if err := f.readAt(b[:], offset, "footer"); err != nil {
		return footer{}, err
	}
	foot, err := parseFooter(b[:])
	if err != nil {
		return footer{}, sectionError("footer", offset, "%w", err)
	}
	if foot.fileSize != f.size {
		return footer{}, sectionError("footer", offset, "file has %d bytes instead of %d", f.size, foot.fileSize)
	}
	if foot.indexOffset < f.sections[0].end() || foot.indexOffset > offset || foot.indexSize != offset-foot.indexOffset {
		return footer{}, sectionError("footer", offset, "index of %d bytes at byte %d does not end at the footer",
			foot.indexSize, foot.indexOffset)
	}
	return foot, nil
}

func (f *File) readIndex(foot footer) ([]partBody, error) {
	s, err := f.header(foot.indexOffset, foot.indexOffset+foot.indexSize)
	if err != nil {
		return nil, err
	}
	if s.name != "indx" || s.end() != foot.indexOffset+foot.indexSize {
		return nil, sectionError("indx", s.offset, "expected here, found section %q of %d bytes", s.name, s.size)
	}
	body, err := f.body(s)
	if err != nil {
		return nil, err
	}
	object := crc32c(appendSectionHeader(nil, s.name, s.version, body))
	if crc32.Update(object, crcTable, body) != foot.indexCRC {
		return nil, sectionError("indx", s.offset, "%w: the footer belongs to another index", errChecksum)
	}
	var index indexBody
	if err := decodeSection(s, body, &index, f.later); err != nil {
		return nil, err
	}
	if index.Block != blockSize {
		return nil, sectionError("indx", s.offset, "blocks of %d bytes instead of %d", index.Block, blockSize)
	}
	return index.Tensors, nil
}

// readBodies reads the sections that are not tensors.
func (f *File) readBodies() error {
	for _, s := range f.sections {
		switch s.name {
		case "conf":
			var b confBody
			if err := f.decode(s, &b); err != nil {
				return err
			}
			var err error
			if f.config, err = b.toConfig(); err != nil {
				return sectionError(s.name, s.offset, "%w", err)
			}
		case "stat":
			var b statBody
			if err := f.decode(s, &b); err != nil {
				return err
			}
			if err := b.check(); err != nil {
				return sectionError(s.name, s.offset, "%w", err)
			}
			f.state = b.toState()
		}
	}
	return nil
}

func (f *File) decode(s section, v any) error {
	body, err := f.body(s)
	if err != nil {
		return err
	}
	return decodeSection(s, body, v, f.later)
}

// decodeSection decodes a body whose checksum is right: only then is another version to be believed.
func decodeSection(s section, body []byte, v any, later bool) error {
	if s.version != sectionVersion {
		return fmt.Errorf("section %q of version %d: %w", s.name, s.version, ErrVersion)
	}
	if err := decodeBody(body, v, later); err != nil {
		return sectionError(s.name, s.offset, "%w", err)
	}
	return nil
}

// header reads the header of the section at offset, which must end by end.
func (f *File) header(offset, end int64) (section, error) {
	if end-offset < sectionHeader {
		return section{}, sectionError("?", offset, "%d bytes are no section", end-offset)
	}
	var b [sectionHeader]byte
	if err := f.readAt(b[:], offset, "?"); err != nil {
		return section{}, err
	}
	s, err := parseSectionHeader(b[:], offset)
	if err != nil {
		return s, sectionError("?", offset, "%w", err)
	}
	if s.size > maxSection || s.size > end-s.body() {
		return s, sectionError(s.name, offset, "%d bytes declared where %d are left and %d are allowed",
			s.size, end-s.body(), maxSection)
	}
	return s, nil
}

// body reads the body of a section and checks its checksum.
func (f *File) body(s section) ([]byte, error) {
	b := make([]byte, s.size)
	if err := f.readAt(b, s.body(), s.name); err != nil {
		return nil, err
	}
	if sectionCRC(s.name, s.version, b) != s.crc {
		return nil, sectionError(s.name, s.offset, "%w", errChecksum)
	}
	return b, nil
}

// readAt fills b from the file. The caller has checked that the file is long enough.
func (f *File) readAt(b []byte, offset int64, what string) error {
	n, err := f.r.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return sectionError(what, offset, "file ends at byte %d, it had %d bytes when it was opened", offset+int64(n), f.size)
	}
	return err
}

// fail puts the path into an error.
func (f *File) fail(err error) error {
	var corrupt *CorruptError
	if errors.As(err, &corrupt) {
		corrupt.Path = f.path
		return corrupt
	}
	if f.path != "" {
		return fmt.Errorf("checkpoint: %s: %w", f.path, err)
	}
	return fmt.Errorf("checkpoint: %w", err)
}
