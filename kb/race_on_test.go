//go:build race

package kb

// raceDetector: the tests run under the race detector, which makes them many times slower.
const raceDetector = true
