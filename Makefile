FUZZTIME ?= 1m
LOADTIME ?= 5m
LOADRATE ?= 200

.PHONY: check build console bench load fuzz interop cover dup vuln sbom

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

# Slash commands, clicks and messages at three processes that are killed in turn; the table and the chart are in docs/load.md.
load:
	go test -run '^$$' -bench '^BenchmarkLoad$$' -benchtime 1x -timeout 30m ./bot -load.for $(LOADTIME) -load.rate $(LOADRATE) -load.report ../docs

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

# Known vulnerabilities in what the program calls. They stand at vuln.go.dev, or in VULNDB, a copy of it (file:///...): without
# either nothing is known, which is no "none".
vuln:
	@tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	GOBIN=$$tools go install golang.org/x/vuln/cmd/govulncheck@v1.9.0 || exit; \
	$$tools/govulncheck $(if $(VULNDB),-db $(VULNDB)) ./...; rc=$$?; \
	case $$rc in 0|3) ;; *) echo "not known: this needs $(or $(VULNDB),https://vuln.go.dev)" >&2;; esac; exit $$rc

# What the program is made of, as CycloneDX, in sbom.json: read from the program itself, so that nothing is named that is not in it.
sbom: build
	go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0 bin -json -std -licenses -output sbom.json signpost
