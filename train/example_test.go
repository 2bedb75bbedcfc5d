package train_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sync"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// xorData is the set that no linear model fits: the class is 1 where exactly one of the two inputs is 1.
func xorData() *data.Set {
	x, err := data.NewNumbers("x", tensor.Shape{2}, []float32{0, 0, 0, 1, 1, 0, 1, 1}, 1)
	if err != nil {
		log.Fatal(err)
	}
	y, err := data.NewIndices("class", nil, 2, []int32{0, 1, 1, 0}, "same", "different")
	if err != nil {
		log.Fatal(err)
	}
	set, err := data.NewSet(y, x)
	if err != nil {
		log.Fatal(err)
	}
	return set
}

// xorModel is a network with one hidden layer, with its first parameters.
func xorModel() *model.Model[float32] {
	m, err := model.NewSequential(tensor.Spec{Name: "x", Shape: tensor.Shape{2}},
		model.Node[float32]{Name: "fc1", Layer: layers.NewDense[float32](layers.DenseConfig{Units: 8, Bias: true})},
		model.Node[float32]{Name: "tanh", Layer: layers.NewTanh[float32](layers.TanhConfig{})},
		model.Node[float32]{Name: "out", Layer: layers.NewDense[float32](layers.DenseConfig{Units: 2, Bias: true})},
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := m.Init(1); err != nil {
		log.Fatal(err)
	}
	return m
}

// xorSetup trains the network on all four rows at once.
func xorSetup(dir string) train.Setup[float32] {
	adam := registry.Defaults[optim.AdamConfig]()
	adam.LR = registry.Const(0.05)
	config := train.DefaultConfig()
	config.Epochs, config.BatchSize = 200, 4
	return train.Setup[float32]{
		Model:     xorModel(),
		Loss:      loss.NewSoftmaxCrossEntropy[float32](loss.SoftmaxCrossEntropyConfig{}),
		Optimizer: optim.NewAdam[float32](adam),
		Train:     xorData(),
		Config:    config,
		Dir:       dir,
	}
}

// Build a network, train it without YAML, and ask it.
func Example() {
	s := xorSetup("")
	run, err := train.New(s)
	if err != nil {
		log.Fatal(err)
	}
	res, err := run.Train(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("epochs:", res.Epoch)
	row := 0
	err = train.Predict(s.Model, s.Train, 4, func(logits []float32, rows int) error {
		for i := range rows {
			fmt.Println("row", row, "different:", logits[2*i+1] > logits[2*i])
			row++
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// epochs: 200
	// row 0 different: false
	// row 1 different: true
	// row 2 different: true
	// row 3 different: false
}

// Open a checkpoint and predict from several goroutines at once: the model is shared, and each has an Exec.
func Example_concurrentPrediction() {
	dir, err := os.MkdirTemp("", "xor")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	run, err := train.New(xorSetup(dir))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := run.Train(context.Background()); err != nil {
		log.Fatal(err)
	}

	path, _, err := checkpoint.Latest(filepath.Join(dir, train.CheckpointDir))
	if err != nil {
		log.Fatal(err)
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	m := xorModel()
	if err := train.LoadModel(m, f); err != nil {
		log.Fatal(err)
	}

	different := make([]bool, 4)
	var wait sync.WaitGroup
	for i := range different {
		wait.Go(func() {
			e := model.NewExec(m, 1, false)
			in := tensor.Values[float32]{Floats: []float32{float32(i / 2), float32(i % 2)}}
			logits, err := e.Forward(&tensor.Batch[float32]{Rows: 1, Inputs: []tensor.Values[float32]{in}}, false, model.Key{}, 0)
			if err != nil {
				log.Fatal(err)
			}
			different[i] = logits[1] > logits[0]
		})
	}
	wait.Wait()
	fmt.Println(different)
	// Output: [false true true false]
}

// An observer is told what happens: here it prints the loss of every tenth step.
func ExampleObserver() {
	s := xorSetup("")
	s.Config.Epochs = 30
	s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
		switch e := e.(type) {
		case *train.Started:
			fmt.Println(e.Steps, "steps to go")
		case *train.Stepped:
			if e.Step%10 == 0 {
				fmt.Printf("step %d: loss %.2f\n", e.Step, e.Loss)
			}
		case *train.Ended:
			fmt.Println(e.Result.Reason)
		}
	})}
	run, err := train.New(s)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := run.Train(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 30 steps to go
	// step 10: loss 0.67
	// step 20: loss 0.55
	// step 30: loss 0.28
	// all epochs are done
}
