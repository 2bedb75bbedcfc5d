//go:build linux || darwin || freebsd

package atomicfile

import (
	"math"

	"golang.org/x/sys/unix"
)

// Free returns the bytes that this process may still write to the file system of dir, false where it does not say. A quota
// may leave less.
func (OS) Free(dir string) (bytes int64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil || s.Blocks == 0 {
		return 0, false // some network and user-space file systems know no numbers, and report zeros
	}
	free := float64(s.Bavail) * float64(s.Bsize)
	if free > math.MaxInt64/2 {
		free = math.MaxInt64 / 2
	}
	return max(int64(free), 0), true // a system that keeps blocks for root may count below zero
}
