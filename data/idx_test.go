package data_test

import (
	"encoding/binary"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// idxFile is an IDX file of bytes with the given axes.
func idxFile(values []byte, axes ...uint32) string {
	b := []byte{0, 0, 8, byte(len(axes))}
	for _, a := range axes {
		b = binary.BigEndian.AppendUint32(b, a)
	}
	return string(append(b, values...))
}

func idxConfig(edit func(*data.IDXConfig)) data.IDXConfig {
	c := registry.Defaults[data.IDXConfig]()
	c.Images, c.Labels = "images", "labels"
	if edit != nil {
		edit(&c)
	}
	return c
}

func TestIDXValues(t *testing.T) {
	dir := write(t, map[string]string{
		"images": idxFile([]byte{0, 51, 102, 153, 204, 255}, 3, 1, 2), "labels.gz": packed(t, []byte(idxFile([]byte{2, 0, 1}, 3))),
		"more": idxFile([]byte{255, 0}, 1, 1, 2), "more-labels": idxFile([]byte{1}, 1),
	})
	c := idxConfig(func(c *data.IDXConfig) { c.Labels, c.EvalImages, c.EvalLabels = "labels.gz", "more", "more-labels" })
	s, err := data.NewIDX(c).Load(data.Context{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	in, target := s.Train.InputSpecs()[0], s.Train.Target.Spec()
	if in.Name != "images" || !in.Shape.Equal(tensor.Shape{1, 2}) || target.Classes != 3 || len(s.Files) != 4 || s.Files[0].Rows != 3 {
		t.Errorf("got %+v, %+v, %+v", in, target, s.Files)
	}
	b := all[float32](s.Train)
	if want := []float32{0, 0.2, 0.4, 0.6, 0.8, 1}; !slices.Equal(b.Inputs[0].Floats, want) || !slices.Equal(b.Target.Ints, []int32{2, 0, 1}) {
		t.Errorf("got %v → %v", b.Inputs[0].Floats, b.Target.Ints)
	}
	if e := all[float64](s.Eval); !slices.Equal(e.Inputs[0].Floats, []float64{1, 0}) || !slices.Equal(e.Target.Ints, []int32{1}) {
		t.Errorf("got %v → %v", e.Inputs[0].Floats, e.Target.Ints)
	}
	again, err := data.NewIDX(c).Load(data.Context{Dir: dir, Fitted: s.Fitted})
	if err != nil || string(again.Fitted) != string(s.Fitted) || !reflect.DeepEqual(all[float32](again.Train), b) {
		t.Errorf("with the fitted state: got %s, %v", again.Fitted, err)
	}
	set, err := data.NewIDX(c).Read(data.Context{Dir: dir, Fitted: s.Fitted}, "more")
	if err != nil || set.Target != nil || set.Len() != 1 {
		t.Errorf("read: got %+v, %v", set, err)
	}
}

func TestIDXLimitAndSplit(t *testing.T) {
	dir := write(t, map[string]string{"images": idxFile(make([]byte, 40), 10, 2, 2), "labels": idxFile([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 10)})
	s, err := data.NewIDX(idxConfig(func(c *data.IDXConfig) { c.Limit, c.EvalFraction = 5, 0.2 })).Load(data.Context{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Len() != 4 || s.Eval.Len() != 1 || s.Train.Target.Spec().Classes != 5 || s.Files[0].Rows != 10 {
		t.Errorf("got %d and %d rows, %+v, %+v", s.Train.Len(), s.Eval.Len(), s.Train.Target.Spec(), s.Files)
	}
}

func TestIDXErrors(t *testing.T) {
	images, labels := idxFile(make([]byte, 12), 3, 2, 2), idxFile([]byte{0, 1, 2}, 3)
	tests := []struct {
		name, images, labels string
		edit                 func(*data.IDXConfig)
		want                 string
	}{
		{"empty", "", labels, nil, "images: the file is cut short: unexpected EOF"},
		{"cut header", images[:9], labels, nil, "images: the file is cut short: unexpected EOF"},
		{"cut elements", images[:20], labels, nil, "images: the file is cut short: shape [3 2 2]: unexpected EOF"},
		{"no elements", images[:16], labels, nil, "images: the file is cut short: shape [3 2 2]: unexpected EOF"},
		{"more elements", images + "\x00", labels, nil, "images: more bytes follow the 12 that shape [3 2 2] needs"},
		{"text", "hello, world", labels, nil, "images: not an IDX file: it starts with 68656c6c"},
		{"text behind a zero", "\x00ello, world", labels, nil, "images: not an IDX file: it starts with 00656c6c"},
		{"letter before a zero", "h\x00\x08\x01\x00\x00\x00\x01x", labels, nil, "images: not an IDX file: it starts with 68000801"},
		{"floats", "\x00\x00\x0d\x01\x00\x00\x00\x01", labels, nil, "images: the elements are of type 0x0d; only unsigned bytes, 0x08, are supported"},
		{"no axis", "\x00\x00\x08\x00", labels, nil, "images: the number of axes must be from 1 to 8, is 0"},
		{"255 axes", "\x00\x00\x08\xff", labels, nil, "images: the number of axes must be from 1 to 8, is 255"},
		{"no rows", idxFile(nil, 0, 2, 2), labels, nil, "images: axis 0 of shape [0 2 2] must be positive, is 0"},
		{"overflow", idxFile(nil, 1<<31, 1<<31, 1<<31), labels, nil, "images: shape [2147483648 2147483648 2147483648] has more elements than memory has addresses"},
		{"product wraps to 0", idxFile(nil, 1<<31, 1<<31, 4), labels, nil, "images: shape [2147483648 2147483648 4] has more elements than memory has addresses"},
		{"labels as images", labels, labels, nil, "images: images have two axes or more, the file has 1; does it hold labels?"},
		{"images as labels", images, images, nil, "labels: labels have one axis, the file has 3: [3 2 2]"},
		{"too few labels", images, idxFile([]byte{0, 1}, 2), nil, "labels: there are 2 labels for the 3 images of images"},
		{"label beyond", images, labels, func(c *data.IDXConfig) { c.Classes = 2 }, "labels: row 3 has label 2, but there are 2 classes"},
		{"eval images alone", images, labels, func(c *data.IDXConfig) { c.EvalImages = "images" }, "eval_images and eval_labels need each other"},
		{"two ways to evaluate", images, labels, func(c *data.IDXConfig) { c.EvalImages, c.EvalLabels, c.EvalFraction = "images", "labels", 0.1 }, "eval_fraction is of no use beside eval_images; keep one of them"},
		{"scale", images, labels, func(c *data.IDXConfig) { c.Scale = 1e300 }, "scale makes numbers that float32 cannot hold, is 1e+300"},
		{"other shape", images, labels, func(c *data.IDXConfig) { c.EvalImages, c.EvalLabels = "flat", "labels" }, "flat: the images have shape [4], those of the training run [2 2]"},
		{"missing file", images, labels, func(c *data.IDXConfig) { c.Labels = "nowhere" }, "open nowhere: no such file or directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := write(t, map[string]string{"images": tt.images, "labels": tt.labels, "flat": idxFile(make([]byte, 12), 3, 4)})
			var err error
			if got := allocated(func() { _, err = data.NewIDX(idxConfig(tt.edit)).Load(data.Context{Dir: dir}) }); got > 4<<20 {
				t.Errorf("allocated %d bytes for a file of %d", got, len(tt.images))
			}
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestIDXClaimsAreNotAllocated(t *testing.T) {
	for name, content := range map[string]string{
		"images":    idxFile(make([]byte, 100), 1<<20, 1<<12),
		"images.gz": packed(t, []byte(idxFile(make([]byte, 3<<20), 1<<20, 1<<12))),
	} {
		dir := write(t, map[string]string{name: content})
		source := data.NewIDX(idxConfig(func(c *data.IDXConfig) { c.Images = name }))
		var err error
		if got := allocated(func() { _, err = source.Load(data.Context{Dir: dir}) }); got > 16<<20 {
			t.Errorf("%s: allocated %d bytes", name, got)
		}
		if want := name + ": the file is cut short: shape [1048576 4096]: unexpected EOF"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestIDXFittedErrors(t *testing.T) {
	source := data.NewIDX(idxConfig(nil))
	for fitted, want := range map[string]string{
		`{"version":1,"source":"csv","shape":[2],"classes":3}`:           `idx: fitted state: is version 1 of source "csv", not version 1 of idx`,
		`{"version":0,"source":"idx","shape":[2],"classes":3}`:           `idx: fitted state: is version 0 of source "idx", not version 1 of idx`,
		`{"version":1,"source":"idx","shape":[2],"classes":257}`:         "idx: fitted state: has shape [2] and 257 classes",
		`{"version":1,"source":"idx","shape":[],"classes":3}`:            "idx: fitted state: has shape [] and 3 classes",
		`{"version":1,"source":"idx","shape":[0],"classes":3}`:           "idx: fitted state: has shape [0] and 3 classes",
		`{"version":1,"source":"idx","shape":[2],"classes":0}`:           "idx: fitted state: has shape [2] and 0 classes",
		`{"version":1,"source":"idx","shape":[2],"classes":3,"more":1}`:  `idx: fitted state: json: unknown field "more"`,
		`{"version":1,"source":"idx","shape":[2],"classes":3} {"again"}`: "idx: fitted state: more follows the value",
		``: "idx: reading more images needs what the training run fitted",
	} {
		if _, err := source.Read(data.Context{Fitted: []byte(fitted)}, "images"); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if names, err := source.(data.Labeled).Labels(nil); err != nil || names != nil {
		t.Errorf("labels of nothing: %q (%v)", names, err)
	}
}

func TestMNIST(t *testing.T) {
	c := registry.Defaults[data.IDXConfig]()
	c.Images, c.Labels = shared(t, "mnist/train-images-idx3-ubyte.gz"), shared(t, "mnist/train-labels-idx1-ubyte.gz")
	c.EvalImages, c.EvalLabels = shared(t, "mnist/t10k-images-idx3-ubyte.gz"), shared(t, "mnist/t10k-labels-idx1-ubyte.gz")
	s, err := data.NewIDX(c).Load(data.Context{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Len() != 60000 || s.Eval.Len() != 10000 || s.Train.Target.Spec().Classes != 10 || !s.Train.InputSpecs()[0].Shape.Equal(tensor.Shape{28, 28}) {
		t.Errorf("got %d and %d rows of %+v, %+v", s.Train.Len(), s.Eval.Len(), s.Train.InputSpecs(), s.Train.Target.Spec())
	}
	b := data.NewBatch[float32](s.Train, 5)
	data.Gather(s.Train, []int{0, 1, 2, 3, 4}, b)
	if want := []int32{5, 0, 4, 1, 9}; !slices.Equal(b.Target.Ints, want) {
		t.Errorf("first labels: got %v, want %v", b.Target.Ints, want)
	}
	if got, want := s.Files[3].SHA256, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"; got != want || s.Files[3].Bytes != 4542 {
		t.Errorf("fingerprint of the last file: got %+v, want %s", s.Files[3], want)
	}
}

func TestDigits(t *testing.T) {
	source := data.NewDigits(registry.Defaults[data.DigitsConfig]())
	s, err := source.Load(data.Context{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	in, target := s.Train.InputSpecs()[0], s.Train.Target.Spec()
	if in.Name != "images" || !in.Shape.Equal(tensor.Shape{64}) || target.Name != "digit" || target.Classes != 10 ||
		!slices.Equal(target.Labels, strings.Split("0123456789", "")) {
		t.Errorf("got %+v, %+v", in, target)
	}
	if s.Train.Len() != 1797-359 || s.Eval.Len() != 359 {
		t.Errorf("got %d and %d rows", s.Train.Len(), s.Eval.Len())
	}
	b := all[float32](s.Train)
	if low, high := slices.Min(b.Inputs[0].Floats), slices.Max(b.Inputs[0].Floats); low != 0 || high != 1 {
		t.Errorf("pixels go from %v to %v, want 0 to 1", low, high)
	}
	if f := s.Files[0]; f.Path != "digits.csv.gz" || f.Rows != 1797 || f.SHA256 != "46abec6b12486ad9e51943373abcf22bbea1b5a51a1619b361570d8893f1464a" {
		t.Errorf("got %+v", f)
	}
	row := strings.TrimSuffix(strings.Repeat("16,", 64), ",")
	dir := write(t, map[string]string{"mine.csv": row + "\n", "known.csv": row + ",7\n"})
	for name, want := range map[string][]int32{"mine.csv": nil, "known.csv": {7}} {
		set, err := source.Read(data.Context{Dir: dir, Fitted: s.Fitted}, name)
		if err != nil {
			t.Fatal(err)
		}
		if got := all[float32](set); !slices.Equal(got.Target.Ints, want) || got.Inputs[0].Floats[63] != 1 {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestDigitsAsImages(t *testing.T) {
	s, err := data.NewDigits(data.DigitsConfig{Shape: "image"}).Load(data.Context{})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Train.InputSpecs()[0].Shape; !got.Equal(tensor.Shape{8, 8}) || s.Eval != nil || s.Train.Len() != 1797 {
		t.Errorf("got shape %v, %d rows", got, s.Train.Len())
	}
}

// TestIDXPackedBombs bounds the memory for packed files of zeros, whose axes claim as many and more.
func TestIDXPackedBombs(t *testing.T) {
	zeros := make([]byte, 64<<20)
	for name, tt := range map[string]struct{ content, want string }{
		"as many as it claims": {idxFile(zeros, 1<<16, 1<<10), "images.gz: shape [65536 1024]: unpacks to more than 200 times its size"},
		"fewer":                {idxFile(zeros, 1<<31, 1<<31), "images.gz: shape [2147483648 2147483648]: unpacks to more than 200 times its size"},
		"beyond 64 bits":       {idxFile(zeros, 1<<31, 1<<31, 1<<31, 1<<31), "images.gz: shape [2147483648 2147483648 2147483648 2147483648] has more elements"},
		"behind a small one":   {idxFile(zeros, 1, 1), "images.gz: more bytes follow the 1 that shape [1 1] needs"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, map[string]string{"images.gz": packed(t, []byte(tt.content))})
			var err error
			got := allocated(func() {
				_, err = data.NewIDX(idxConfig(func(c *data.IDXConfig) { c.Images = "images.gz" })).Load(data.Context{Dir: dir})
			})
			if got > bombLimit {
				t.Errorf("allocated %.1f MiB", float64(got)/(1<<20))
			}
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}
