package data

import (
	"fmt"
	"testing"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/tensor"
)

// BenchmarkGather prepares batches of images of bytes, whose rows lie anywhere in a set that no cache holds.
func BenchmarkGather(b *testing.B) {
	const images, pixels = 60000, 784
	bytes := kernel.Make[uint8](images * pixels)
	for i := range bytes { // a page that nobody wrote to costs no memory, and no time
		bytes[i] = uint8(i)
	}
	c, err := NewNumbers("images", tensor.Shape{28, 28}, bytes, 1./255)
	if err != nil {
		b.Fatal(err)
	}
	whole := &Set{Inputs: []Column{c}}
	order := Order(1, 1, images, nil)
	for _, tt := range []struct {
		name string
		set  *Set
	}{{"whole", whole}, {"subset", Subset(whole, Order(2, 1, images, nil))}} {
		for _, rows := range []int{64, 128} {
			b.Run(fmt.Sprintf("%s/%d", tt.name, rows), func(b *testing.B) {
				batch := NewBatch[float32](tt.set, rows)
				at := 0
				for b.Loop() {
					Gather(tt.set, order[at:at+rows], batch)
					if at += rows; at+rows > images {
						at = 0
					}
				}
			})
		}
	}
}
