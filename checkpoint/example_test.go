package checkpoint_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/strata-ml/strata/checkpoint"
)

// A run saves a checkpoint, and a later one continues from the newest that is intact.
func Example() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	w := []float32{1, 2, 3, 4, 5, 6}
	err = checkpoint.Save(filepath.Join(dir, checkpoint.StepFile(1200)), &checkpoint.Snapshot{
		Config:  checkpoint.Config{Text: "model: …\n", Kernel: "fma"},
		State:   checkpoint.State{Step: 1200, Epoch: 3},
		Tensors: []checkpoint.Tensor{checkpoint.NewTensor("fc1/w", checkpoint.Param, []int{3, 2}, w)},
	})
	if err != nil {
		log.Fatal(err)
	}

	path, skipped, err := checkpoint.Latest(dir)
	if err != nil {
		log.Fatal(err)
	}
	for _, damaged := range skipped {
		log.Print(damaged)
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	fmt.Println(filepath.Base(path), "step", f.State().Step)
	for _, info := range f.Tensors() {
		restored := make([]float32, 6)
		if err := checkpoint.ReadInto(f, info.Name, restored); err != nil {
			log.Fatal(err)
		}
		fmt.Println(info.Name, info.Role, info.DType, info.Shape, restored)
	}
	// Output:
	// step-0000001200.strata step 1200
	// fc1/w param float32 [3 2] [1 2 3 4 5 6]
}

// Prune keeps the three newest checkpoints and the best one.
func ExamplePrune() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for step := int64(100); step <= 600; step += 100 {
		err := checkpoint.Save(filepath.Join(dir, checkpoint.StepFile(step)), &checkpoint.Snapshot{})
		if err != nil {
			log.Fatal(err)
		}
	}

	const best = 200
	_, err = checkpoint.Prune(dir, 600, func(newer int, step int64) bool { return newer < 3 || step == best })
	if err != nil {
		log.Fatal(err)
	}
	left, err := checkpoint.List(dir)
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range left {
		fmt.Println(filepath.Base(path))
	}
	// Output:
	// step-0000000600.strata
	// step-0000000500.strata
	// step-0000000400.strata
	// step-0000000200.strata
}
