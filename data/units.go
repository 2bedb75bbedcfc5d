package data

// Units is implemented by a source that may change the units of the target before training.
type Units interface {
	// TargetUnits says how to read a prediction p in units of the file: shift + scale·p. They are 0 and 1 where the
	// source left the target as it was.
	TargetUnits(fitted []byte) (shift, scale float64, err error)
}

// Labeled is implemented by a source whose target may be a class.
type Labeled interface {
	// Labels returns the names of the target's classes in their order, nil where the target is a number. Classes
	// without names go by their numbers.
	Labels(fitted []byte) ([]string, error)
}
