FUZZTIME ?= 30s

.PHONY: check console bench fuzz build
check: ; .ci/run
build: ; CGO_ENABLED=0 go build -trimpath -o signpost .
console: ; go run . console
bench: ; go test -run '^$$' -bench . -benchmem ./...
fuzz: ; @for p in $$(go list ./...); do for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz'); do echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; done; done
