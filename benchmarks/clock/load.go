package clock

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// Load is what disturbed a measurement, in CPUs: the time that other processes took and that the hypervisor withheld.
// Both are 0 where /proc/stat is missing.
type Load struct {
	Others float64 `json:"others"`
	Steal  float64 `json:"steal"`
}

// A Usage is the CPU time spent since the machine, and this process, began.
type Usage struct {
	at                time.Time
	busy, stolen, own float64 // seconds
}

// Watch returns the usage until now.
func Watch() Usage {
	u := Usage{at: time.Now()}
	if stat, err := os.ReadFile("/proc/stat"); err == nil {
		// user, nice, system, idle, iowait, irq, softirq, steal, in hundredths of a second
		var f [8]float64
		var cpu string
		if _, err := fmt.Sscan(string(stat), &cpu, &f[0], &f[1], &f[2], &f[3], &f[4], &f[5], &f[6], &f[7]); err == nil {
			u.busy, u.stolen = (f[0]+f[1]+f[2]+f[5]+f[6])/100, f[7]/100
		}
	}
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err == nil {
		u.own = time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
	}
	return u
}

// Read returns the load since then, to which children, CPU time of processes that were started on purpose, do not add.
func (u Usage) Read(children time.Duration) Load {
	now := Watch()
	wall := now.at.Sub(u.at).Seconds()
	return Load{
		Others: max(0, (now.busy-u.busy)-(now.own-u.own)-children.Seconds()) / wall,
		Steal:  max(0, now.stolen-u.stolen) / wall,
	}
}
