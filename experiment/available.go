package experiment

import (
	"bufio"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

// assumedMemory is what a machine that does not tell is taken to have.
const assumedMemory = 16 << 30

// AvailableMemory returns the bytes that a process can still take without swapping: MemAvailable of /proc/meminfo, and
// 16 GiB where there is no such file, or what a control group of Linux, such as that of a container, leaves of its limit where
// that is less.
func AvailableMemory() uint64 { return availableIn(os.DirFS("/")) }

// availableIn does so for the root of a file system.
func availableIn(root fs.FS) uint64 {
	free := uint64(assumedMemory)
	if f, err := root.Open("proc/meminfo"); err == nil {
		defer f.Close()
		free = memAvailable(f)
	}
	return min(free, leftOfGroups(root))
}

func memAvailable(meminfo io.Reader) uint64 {
	for lines := bufio.NewScanner(meminfo); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != "MemAvailable:" {
			continue
		}
		if kib, err := strconv.ParseUint(fields[1], 10, 64); err == nil {
			return kib << 10
		}
	}
	return assumedMemory
}

// leftOfGroups returns what the process may still take by the limits of its control groups, of version 2 and of version 1:
// its own and those around it. See cgroups(7).
func leftOfGroups(root fs.FS) uint64 {
	left := uint64(math.MaxUint64)
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return left
	}
	for line := range strings.Lines(string(groups)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		mount, limit, usage, reclaimable := "sys/fs/cgroup", "memory.max", "memory.current", "inactive_file "
		switch {
		case controllers == "memory":
			mount, limit, usage, reclaimable = "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "
		case controllers != "":
			continue
		}
		for group = path.Clean("/" + group); ; group = path.Dir(group) {
			dir := path.Join(mount, group)
			if most, ok := readCount(root, path.Join(dir, limit)); ok {
				used, _ := readCount(root, path.Join(dir, usage))
				used -= min(used, statOf(root, path.Join(dir, "memory.stat"), reclaimable))
				left = min(left, most-min(most, used))
			}
			if group == "/" {
				break
			}
		}
	}
	return left
}

// readCount reads a file that holds one number. It returns false where there is none, as for the limit "max".
func readCount(root fs.FS, name string) (uint64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

// statOf reads a number of a file with lines of a key and a number, 0 where it has none.
func statOf(root fs.FS, name, key string) uint64 {
	text, _ := fs.ReadFile(root, name)
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, key); ok {
			n, _ := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
			return n
		}
	}
	return 0
}
