package data

import (
	"bytes"
	_ "embed"
	"io"

	"github.com/strata-ml/strata/tensor"
)

// digitsFile is a CSV file without header: 64 pixels from 0 to 16, and the digit. Its source and licence are in
// digits/README.md.
//
//go:embed digits/digits.csv.gz
var digitsFile []byte

// DigitsConfig configures the source digits.
type DigitsConfig struct {
	_            struct{} `doc:"1,797 handwritten digits of 8×8 pixels, part of the program; pixels from 0 to 1"`
	EvalFraction float64  `doc:"share of the rows that is drawn at random for evaluation" is:">=0,<1"`
	Shape        string   `doc:"shape of one input: flat is [64], image is [8 8]" is:"one of flat|image"`
}

func init() {
	Register("digits", DigitsConfig{EvalFraction: 0.2, Shape: "flat"}, NewDigits)
}

// Digits is the source digits: one input named images, and a target named digit with 10 classes. It reads more rows
// from CSV files of the same form, without the last column where the digits are unknown.
type Digits struct{ csv CSV }

// NewDigits returns the source of a configuration.
func NewDigits(c DigitsConfig) Source {
	names := naming{input: "images", target: "digit", shape: tensor.Shape{64}}
	if c.Shape == "image" {
		names.shape = tensor.Shape{8, 8}
	}
	return &Digits{CSV{
		CSVConfig{
			Path: "digits.csv.gz", EvalFraction: c.EvalFraction, Delimiter: ",", Missing: []string{""},
			Target: "65", Task: taskClassification, Scale: 1. / 16,
		},
		names,
	}}
}

// Load implements Source.
func (d *Digits) Load(c Context) (*Splits, error) {
	in, err := newInput(d.csv.config.Path, io.NopCloser(bytes.NewReader(digitsFile)))
	if err != nil {
		return nil, err
	}
	return d.csv.load(c, in)
}

// Read implements Source.
func (d *Digits) Read(c Context, path string) (*Set, error) { return d.csv.Read(c, path) }

// Labels implements Labeled.
func (d *Digits) Labels(fitted []byte) ([]string, error) { return d.csv.Labels(fitted) }
