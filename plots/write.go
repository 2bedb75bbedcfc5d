package plots

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A Series is a curve for Lines: the points (X[i], Y[i]).
type Series struct {
	Name string
	X, Y []float64
}

// Lines draws the series as one figure and writes it to path with the extension of each of the formats. It returns the
// paths of the files. Points need not be in order of X; values that cannot be drawn make gaps, as the package comment
// says. It is an error if there are no points, or if X and Y of a series differ in length.
func Lines(path, title, xlabel, ylabel string, series []Series, o Options) ([]string, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	f := &figure{title: title, xlabel: xlabel, ylabel: ylabel, scale: o.Scale, wholeX: true, logX: o.LogX}
	if o.LogX {
		f.xlabel += " (log)"
	}
	total := 0
	for i, s := range series {
		if len(s.X) != len(s.Y) {
			return nil, fmt.Errorf("plots: series %q has %d x but %d y", s.Name, len(s.X), len(s.Y))
		}
		points := make([]point, len(s.X))
		for j := range points {
			points[j] = point{s.X[j], s.Y[j]}
			if o.LogX && !(s.X[j] > 0) {
				return nil, fmt.Errorf("plots: series %q has no place on a logarithmic x axis for %g", s.Name, s.X[j])
			}
			f.wholeX = f.wholeX && s.X[j] == float64(int64(s.X[j]))
		}
		total += len(points)
		f.lines = append(f.lines, line{
			name: s.Name, points: points, color: palette[i%len(palette)], width: lineWidth,
			dashes: runDashes[i/len(palette)%len(runDashes)], marker: markerSize,
		})
	}
	if total == 0 {
		return nil, fmt.Errorf("plots: figure %q has no points", title)
	}
	return f.write(path, o)
}

// write writes the figure to base with the extension of each of the formats and returns the paths.
func (f *figure) write(base string, o Options) ([]string, error) {
	w, h := o.size()
	return writeFormats(base, f.title, vg.Point{X: w, Y: h}, o, f.layout().draw)
}

// writeFormats writes what paint draws on a canvas of a size to base with the extension of each of the formats, and
// returns the paths.
func writeFormats(base, title string, size vg.Point, o Options, paint func(draw.Canvas)) ([]string, error) {
	var paths []string
	for _, format := range o.Formats {
		b, err := encode(format, size, o.DPI, paint)
		if err != nil {
			return paths, fmt.Errorf("plots: draw %q: %w", title, err)
		}
		path := base + "." + format
		if err := replaceFile(path, b); err != nil {
			return paths, fmt.Errorf("plots: %w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func encode(format string, size vg.Point, dpi float64, paint func(draw.Canvas)) ([]byte, error) {
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}
	if format == PNG {
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(size.X, size.Y), vgimg.UseDPI(int(dpi)))}
	} else {
		canvas = vgsvg.New(size.X, size.Y)
	}
	paint(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, err
	}
	if format == SVG {
		return withFontFallback(b.Bytes()), nil
	}
	return b.Bytes(), nil
}

// withFontFallback adds families of the same metrics, and in the end any sans serif, to the font of an SVG file: a
// viewer that lacks Liberation Sans would otherwise take its default, a serif. A quote within text is escaped, so only
// attributes match.
func withFontFallback(svg []byte) []byte {
	return bytes.ReplaceAll(svg, []byte(`"font-family:Liberation Sans;`),
		[]byte(`"font-family:'Liberation Sans',Arimo,Arial,Helvetica,sans-serif;`))
}

// replaceFile writes b beside path and renames it, so that a reader sees the old figure or the whole new one.
func replaceFile(path string, b []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	_, err = file.Write(b)
	if err := errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
