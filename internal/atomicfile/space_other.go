//go:build !linux && !darwin && !freebsd

package atomicfile

// Free does not know: it returns false.
func (OS) Free(string) (bytes int64, ok bool) { return 0, false }
