package train_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/strata-ml/strata/internal/crashfs"
	"github.com/strata-ml/strata/train"
	"golang.org/x/sys/unix"
)

// A volume is an ext4 file system in a file, which can lose its power while the machine goes on.
type volume struct {
	t            *testing.T
	image, mount string
}

// newVolume makes and mounts a volume, or skips the test where that is not allowed.
func newVolume(t *testing.T) *volume {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to mount a file system: run the test as root")
	}
	if _, err := exec.LookPath("mkfs.ext4"); err != nil {
		t.Skipf("needs mkfs.ext4, of the package e2fsprogs: %v", err)
	}
	v := &volume{t, filepath.Join(t.TempDir(), "image"), t.TempDir()}
	if err := os.WriteFile(v.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(v.image, 64<<20); err != nil {
		t.Fatal(err)
	}
	v.command("mkfs.ext4", "-q", "-F", v.image)
	if out, err := exec.Command("mount", "-o", "loop", v.image, v.mount).CombinedOutput(); err != nil {
		t.Skipf("needs a loop device and ext4: mount: %v: %s", err, out)
	}
	t.Cleanup(func() { v.command("umount", v.mount) })
	return v
}

func (v *volume) command(name string, args ...string) {
	v.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		v.t.Fatalf("%s: %v: %s", name, err, out)
	}
}

// cut takes the power of the volume: what is in its cache and in its journal's is lost, and every call fails from now on.
func (v *volume) cut() {
	v.t.Helper()
	const (
		shutdown    = 0x8004587d // EXT4_IOC_SHUTDOWN, of the kernel's fs/ext4/ext4.h
		withoutSync = 2          // EXT4_GOING_FLAGS_NOLOGFLUSH
	)
	root, err := os.Open(v.mount)
	if err != nil {
		v.t.Fatal(err)
	}
	defer root.Close()
	if err := unix.IoctlSetPointerInt(int(root.Fd()), shutdown, withoutSync); err != nil {
		v.t.Skipf("needs a kernel whose ext4 can be shut down, 4.16 or later: %v", err)
	}
}

// restart mounts the volume again, which replays its journal.
func (v *volume) restart() {
	v.t.Helper()
	v.command("umount", v.mount)
	v.command("mount", "-o", "loop", v.image, v.mount)
}

// TestExt4Cut trains on an ext4 file system whose power fails at a random moment, and goes on.
func TestExt4Cut(t *testing.T) {
	v := newVolume(t)
	cuts := 3
	if *long {
		cuts = 120
	}
	many := func(dir string) train.Setup[float32] {
		s := saving(t, dir)
		s.EarlyStopping, s.Checkpoints.EverySteps, s.Config.Epochs = nil, 1, 10
		return s
	}
	whole := t.TempDir()
	began := time.Now()
	trainAll(t, many(whole), 0)
	took := time.Since(began)
	rng := rand.New(rand.NewPCG(4, 4))
	within := 0
	for n := range cuts {
		root := filepath.Join(v.mount, strconv.Itoa(n))
		dir := filepath.Join(root, "runs", "a")
		acknowledged := trainUntilCut(t, v, many(dir), time.Duration(rng.Int64N(int64(took))))
		if acknowledged > 0 && acknowledged < 40 {
			within++
		}
		v.restart()
		if err := survived(dir, acknowledged); err != nil {
			t.Fatalf("cut %d, with checkpoint %d acknowledged: %v", n, acknowledged, err)
		}
		if err := os.MkdirAll(root, 0o777); err != nil {
			t.Fatal(err)
		}
		r, err := crashfs.Record(root) // which syncs nothing, and so is quick
		if err != nil {
			t.Fatal(err)
		}
		r.During(func() { trainAll(t, many(dir), 0) })
		if got, want := digest(t, dir), digest(t, whole); got != want {
			t.Fatalf("cut %d, with checkpoint %d acknowledged: the run ends with %s, want %s", n, acknowledged, got, want)
		}
	}
	t.Logf("%d cuts, %d of them between the first checkpoint and the last", cuts, within)
}

// trainUntilCut trains, cuts the power after a while, and returns the newest checkpoint that was acknowledged, -1 for none.
func trainUntilCut(t *testing.T, v *volume, s train.Setup[float32], after time.Duration) int64 {
	t.Helper()
	var acknowledged atomic.Int64
	acknowledged.Store(-1)
	s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
		if saved, ok := e.(*train.Saved); ok {
			acknowledged.Store(saved.Step)
		}
	})}
	run, err := train.New(s)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = run.Train(t.Context()) // it fails where the power fails
	}()
	time.Sleep(after)
	v.cut()
	<-ended
	return acknowledged.Load()
}
