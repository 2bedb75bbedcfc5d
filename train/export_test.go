package train

import "github.com/strata-ml/strata/checkpoint"

// WriteWith makes a run write its checkpoints with a function in the place of checkpoint.Save.
func (r *Run[T]) WriteWith(write func(path string, s *checkpoint.Snapshot) error) {
	r.saves.write = write
}

// Tensors returns the memory of the parameters, slots, averages and states of a run, by name.
func (r *Run[T]) Tensors() map[string][]T {
	all := map[string][]T{}
	for _, t := range r.tensors() {
		all[t.name] = t.data
	}
	return all
}
