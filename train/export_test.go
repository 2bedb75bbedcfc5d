package train

import "github.com/strata-ml/strata/checkpoint"

// WriteWith makes a run write its checkpoints with a function in the place of checkpoint.Save.
func (r *Run[T]) WriteWith(write func(path string, s *checkpoint.Snapshot) error) {
	r.saves.write = write
}
