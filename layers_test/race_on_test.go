//go:build race

package layerstest_test

const raceDetector = true
