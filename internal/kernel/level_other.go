//go:build !amd64

package kernel

const noVectorCode = "kernel: there is no vector code for this processor"

func detectLevel() processorLevel { return plain }

func pause() {}

func prefetch(*byte, int) {}
