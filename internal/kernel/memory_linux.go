package kernel

import "golang.org/x/sys/unix"

// adviseHuge asks for huge pages. It is advice: a system without them says no, and nothing is lost.
func adviseHuge(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }
