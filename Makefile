FUZZTIME ?= 30s

.PHONY: check build console bench fuzz cover

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

# Every fuzz target in turn, each for FUZZTIME.
fuzz:
	@set -e; for pkg in $$(go list ./...); do \
		targets=$$(go test -list '^Fuzz' $$pkg); \
		for target in $$(echo "$$targets" | grep '^Fuzz' || true); do \
			echo "== $$pkg $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg; \
		done; \
	done

# What the tests reach, per function, and in all in the last line.
cover:
	go test -coverpkg=./... -coverprofile=coverage.out ./...
	go tool cover -func=coverage.out
