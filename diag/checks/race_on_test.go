//go:build race

package checks

// raceDetector: the tests run under the race detector, which makes them many times slower.
const raceDetector = true
