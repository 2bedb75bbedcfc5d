package layers

import (
	"fmt"

	"github.com/strata-ml/strata/tensor"
)

// buildElementwise declares the output of a layer that joins two or more inputs of equal shape element by element.
func buildElementwise[T tensor.Float](b *Builder[T]) error {
	if err := severalInputs(b); err != nil {
		return err
	}
	for i := 1; i < b.NumIn(); i++ {
		if !b.In(i).Equal(b.In(0)) {
			return fmt.Errorf("takes inputs of equal shape, has %v and %v", b.In(0), b.In(i))
		}
	}
	b.Out(b.In(0)...)
	b.FLOPs((b.NumIn() - 1) * b.In(0).Size())
	return nil
}

// severalInputs returns an error unless the layer has two inputs or more.
func severalInputs[T tensor.Float](b *Builder[T]) error {
	if b.NumIn() < 2 {
		return fmt.Errorf("takes two inputs or more, has %d", b.NumIn())
	}
	return nil
}
