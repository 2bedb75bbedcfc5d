package data

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/tensor"
)

// IDXConfig configures the source idx.
type IDXConfig struct {
	_            struct{} `doc:"images and labels in IDX files, the format of MNIST; unsigned bytes only"`
	Images       string   `doc:"file of the training images, relative to the experiment file; a name in .gz is unpacked" is:"required"`
	Labels       string   `doc:"file of their labels" is:"required"`
	EvalImages   string   `doc:"file of the evaluation images; without it, eval_fraction of the training images are"`
	EvalLabels   string   `doc:"file of their labels"`
	EvalFraction float64  `doc:"share of the training images that is drawn at random for evaluation" is:">=0,<1"`
	Scale        float64  `doc:"factor of the bytes" is:">0"`
	Classes      int      `doc:"number of classes; 0 takes the largest training label plus one" is:">=0,<=256"`
	Limit        int      `doc:"use the first rows of each file only, so many; 0 uses all" is:">=0"`
}

func init() {
	Register("idx", IDXConfig{Scale: 1. / 255}, NewIDX)
}

// Validate implements the check of a configuration.
func (c IDXConfig) Validate() error {
	switch {
	case (c.EvalImages == "") != (c.EvalLabels == ""):
		return wrongKey("eval_images", "and eval_labels need each other")
	case c.EvalImages != "" && c.EvalFraction != 0:
		return wrongKey("eval_fraction", "is of no use beside eval_images; keep one of them")
	case !(255*c.Scale <= math.MaxFloat32):
		return wrongKey("scale", "makes numbers that float32 cannot hold, is %v", c.Scale)
	}
	return nil
}

// IDX is the source idx: one input named images, of the shape that the file gives, and a target named labels. Images
// stay bytes in memory. Read reads images alone.
type IDX struct{ config IDXConfig }

// NewIDX returns the source of a configuration. A mistake in the configuration comes out of Load.
func NewIDX(c IDXConfig) Source { return &IDX{c} }

// fittedIDX is what the source idx takes from the training files.
type fittedIDX struct {
	Version int    `json:"version"`
	Source  string `json:"source"`
	Shape   []int  `json:"shape"`
	Classes int    `json:"classes"`
}

// Load implements Source.
func (s *IDX) Load(c Context) (*Splits, error) {
	if err := s.config.Validate(); err != nil {
		return nil, err
	}
	learned, err := decodeFittedIDX(c.Fitted)
	if err != nil {
		return nil, err
	}
	all, files, err := s.readPair(c, s.config.Images, s.config.Labels, &learned)
	if err != nil {
		return nil, err
	}
	splits := &Splits{Train: all, Files: files}
	switch {
	case s.config.EvalImages != "":
		eval, files, err := s.readPair(c, s.config.EvalImages, s.config.EvalLabels, &learned)
		if err != nil {
			return nil, err
		}
		splits.Eval, splits.Files = eval, append(splits.Files, files...)
	case s.config.EvalFraction > 0:
		train, eval, err := splitRows(s.config.Images, c.Seed, all.Len(), s.config.EvalFraction)
		if err != nil {
			return nil, err
		}
		splits.Train, splits.Eval = Subset(all, train), Subset(all, eval)
	}
	splits.Fitted, err = json.Marshal(learned)
	return splits, err
}

// Read implements Source.
func (s *IDX) Read(c Context, path string) (*Set, error) {
	learned, err := decodeFittedIDX(c.Fitted)
	if err != nil {
		return nil, err
	}
	if learned == nil {
		return nil, errors.New("idx: reading more images needs what the training run fitted")
	}
	images, _, err := s.readImages(c, path, learned.Shape)
	if err != nil {
		return nil, err
	}
	return &Set{Inputs: []Column{images}}, nil
}

// Labels implements Labeled.
func (s *IDX) Labels(fitted []byte) ([]string, error) {
	learned, err := decodeFittedIDX(fitted)
	if err != nil || learned == nil {
		return nil, err
	}
	names := make([]string, learned.Classes)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names, nil
}

// readPair reads images and their labels. It fits where nothing is fitted yet.
func (s *IDX) readPair(c Context, imagesPath, labelsPath string, learned **fittedIDX) (*Set, []File, error) {
	var shape tensor.Shape
	if *learned != nil {
		shape = (*learned).Shape
	}
	images, imagesFile, err := s.readImages(c, imagesPath, shape)
	if err != nil {
		return nil, nil, err
	}
	labels, labelsFile, err := readIDX(c, labelsPath)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case len(labels.shape) != 1:
		return nil, nil, fmt.Errorf("%s: labels have one axis, the file has %d: %v", labelsPath, len(labels.shape), labels.shape)
	case labelsFile.Rows != imagesFile.Rows:
		return nil, nil, fmt.Errorf("%s: there are %d labels for the %d images of %s", labelsPath, labelsFile.Rows, imagesFile.Rows, imagesPath)
	}
	values := s.limit(labels.values, 1)
	if *learned == nil {
		classes := s.config.Classes
		if classes == 0 {
			classes = int(slices.Max(values)) + 1
		}
		*learned = &fittedIDX{Version: fittedVersion, Source: "idx", Shape: images.spec.Shape, Classes: classes}
	}
	target, err := classesOf(labelsPath, values, (*learned).Classes)
	if err != nil {
		return nil, nil, err
	}
	return &Set{Inputs: []Column{images}, Target: target}, []File{imagesFile, labelsFile}, nil
}

func classesOf(path string, labels []byte, classes int) (*indices, error) {
	values := make([]int32, len(labels))
	for i, v := range labels {
		if int(v) >= classes {
			return nil, fmt.Errorf("%s: row %d has label %d, but there are %d classes", path, i+1, v, classes)
		}
		values[i] = int32(v)
	}
	return &indices{tensor.Spec{Name: "labels", Classes: classes}, values}, nil
}

// readImages reads images, of the given shape where it is not nil.
func (s *IDX) readImages(c Context, path string, shape tensor.Shape) (*numbers[uint8], File, error) {
	a, file, err := readIDX(c, path)
	if err != nil {
		return nil, File{}, err
	}
	if len(a.shape) < 2 {
		return nil, File{}, fmt.Errorf("%s: images have two axes or more, the file has %d; does it hold labels?", path, len(a.shape))
	}
	got := a.shape[1:]
	if shape != nil && !got.Equal(shape) {
		return nil, File{}, fmt.Errorf("%s: the images have shape %v, those of the training run %v", path, got, shape)
	}
	return &numbers[uint8]{spec: tensor.Spec{Name: "images", Shape: got}, values: s.limit(a.values, got.Size()), scale: s.config.Scale}, file, nil
}

// limit returns the values of the rows that the configuration wants.
func (s *IDX) limit(values []byte, width int) []byte {
	if s.config.Limit == 0 || s.config.Limit >= len(values)/width {
		return values
	}
	return values[:s.config.Limit*width]
}

func decodeFittedIDX(b []byte) (*fittedIDX, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var l fittedIDX
	if err := decodeStrictly(b, &l); err != nil {
		return nil, fmt.Errorf("idx: fitted state: %w", err)
	}
	switch {
	case l.Version != fittedVersion || l.Source != "idx":
		return nil, fmt.Errorf("idx: fitted state: is version %d of source %q, not version %d of idx", l.Version, l.Source, fittedVersion)
	case len(l.Shape) == 0 || tensor.Shape(l.Shape).Check() != nil || l.Classes < 1 || l.Classes > 256:
		return nil, fmt.Errorf("idx: fitted state: has shape %v and %d classes", l.Shape, l.Classes)
	}
	return &l, nil
}

// An idxArray is the content of an IDX file: bytes, the first axis of shape being the rows.
type idxArray struct {
	shape  tensor.Shape
	values []byte
}

// maxAxes is the number of axes that an IDX file may have: videos in colour have five.
const maxAxes = 8

func readIDX(c Context, path string) (idxArray, File, error) {
	in, err := openInput(c, path)
	if err != nil {
		return idxArray{}, File{}, err
	}
	defer in.close()
	a, err := decodeIDX(in)
	if err != nil {
		return idxArray{}, File{}, unplaced(path, err)
	}
	file, err := in.finish(a.shape[0])
	return a, file, err
}

// decodeIDX reads the header (0, 0, element type, number of axes, the axes as big-endian uint32) and the elements.
// The axes are claims: memory follows the bytes that are there.
func decodeIDX(r io.Reader) (idxArray, error) {
	var magic [4]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		return idxArray{}, notAllThere(err)
	}
	switch {
	case magic[0] != 0 || magic[1] != 0:
		return idxArray{}, fmt.Errorf("not an IDX file: it starts with %x", magic)
	case magic[2] != 0x08:
		return idxArray{}, fmt.Errorf("the elements are of type %#02x; only unsigned bytes, 0x08, are supported", magic[2])
	case magic[3] == 0 || magic[3] > maxAxes:
		return idxArray{}, fmt.Errorf("the number of axes must be from 1 to %d, is %d", maxAxes, magic[3])
	}
	axes := make([]byte, 4*int(magic[3]))
	if _, err := io.ReadFull(r, axes); err != nil {
		return idxArray{}, notAllThere(err)
	}
	shape := make(tensor.Shape, magic[3])
	for i := range shape {
		shape[i] = int(binary.BigEndian.Uint32(axes[4*i:]))
	}
	if err := shape.Check(); err != nil {
		return idxArray{}, err
	}
	values, err := readExactly(r, shape.Size())
	if err != nil {
		return idxArray{}, fmt.Errorf("shape %v: %w", shape, err)
	}
	if _, err := io.ReadFull(r, magic[:1]); !errors.Is(err, io.EOF) {
		if err != nil {
			return idxArray{}, err
		}
		return idxArray{}, fmt.Errorf("more bytes follow the %d that shape %v needs", shape.Size(), shape)
	}
	return idxArray{shape, values}, nil
}

// readExactly reads n bytes into memory that grows with what has been read. A random walk over its rows finds it on large
// pages.
func readExactly(r io.Reader, n int) ([]byte, error) {
	b := kernel.Make[byte](min(n, 1<<20))
	for done := 0; ; {
		k, err := io.ReadFull(r, b[done:])
		if done += k; err != nil {
			return nil, notAllThere(err)
		}
		if done == n {
			return b, nil
		}
		grown := kernel.Make[byte](min(n, 2*done))
		copy(grown, b)
		b = grown
	}
}

// notAllThere makes an early end of a file an error of its own: io.EOF alone would say that all is well.
func notAllThere(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
