FUZZTIME ?= 1m

.PHONY: check build console bench fuzz interop cover dup

# Everything that must hold before a change lands.
check:
	.ci/run

# The program, static, as the container holds it.
build:
	CGO_ENABLED=0 go build -trimpath -o signpost .

# A chat in the terminal.
console:
	go run . console

bench:
	go test -run '^$$' -bench . -benchmem ./...

# Every fuzz target in turn, each for FUZZTIME. What it finds of interest is kept beside the tests, the smallest first, and runs with them.
fuzz:
	.ci/fuzz $(FUZZTIME)

# The diagnosis against BIND, Unbound, NSD and Postfix, in a network namespace (Linux, root).
interop:
	.ci/interop

# Pieces of code that say the same, tests apart: what serves both belongs into one function.
dup:
	.ci/lint run --enable-only dupl --tests=false ./...

# What the tests reach, per function, and in all in the last line.
cover:
	go test -coverpkg=./... -coverprofile=coverage.out ./...
	go tool cover -func=coverage.out
