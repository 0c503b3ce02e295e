# Two commands on a fresh machine: `make run` and `make test`. `make help` lists the rest.
# Only Go and make are needed; lint installs its own pinned tool into .bin/.

SHELL := /bin/sh
GO ?= go
LINT_VERSION := v2.15.0
# The linter takes minutes to build: it is kept outside the checkout and linked in.
LINT_CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tribune-tools/golangci-lint-$(LINT_VERSION)
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
# The race detector needs cgo and a C compiler.
CC_FOUND := $(shell command -v $(or $(CC),cc) 2>/dev/null || command -v gcc 2>/dev/null)
RACE := $(if $(CC_FOUND),-race,)
FUZZTIME ?= 20s
TESTFLAGS ?=

.DEFAULT_GOAL := help
.PHONY: help run build test lint fmt check race cover fuzz bench speed soak chaos eval e2e e2e-weaviate generate clean

help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z0-9-]*:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build and start everything embedded, with one sample question
	@exec bin/tribune serve --sample

build: ## build bin/tribune
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/tribune ./cmd/tribune

test: ## all tests, with the race detector where a C compiler is at hand
	@if [ -z "$(RACE)" ]; then \
		printf '\n*** No C compiler was found: the tests run WITHOUT the race detector. ***\n\n' >&2; \
		[ -z "$(TRIBUNE_TEST_REQUIRE_RACE)" ] || exit 1; fi
	$(GO) test $(RACE) -shuffle=on -timeout 15m $(TESTFLAGS) ./...

lint: .bin/golangci-lint ## golangci-lint with .golangci.yml
	@.bin/golangci-lint run ./...

fmt: .bin/golangci-lint ## format all Go files
	@.bin/golangci-lint fmt ./...

check: ## what must be green before a commit: generated files, go.mod, lint, test, a short fault run
	@$(MAKE) --no-print-directory generate
	@git diff --exit-code -- docs/environment.md || { echo 'docs/environment.md was stale: it is rewritten, commit it' >&2; exit 1; }
	@$(GO) mod tidy -diff || { echo 'go.mod or go.sum is not tidy: run go mod tidy' >&2; exit 1; }
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory chaos

race: ## all tests with the race detector, which must be there
	@$(MAKE) --no-print-directory test TRIBUNE_TEST_REQUIRE_RACE=1

cover: ## test coverage, as a table and cover.out
	@$(GO) test -coverprofile=cover.out ./... && $(GO) tool cover -func=cover.out | tail -n 1

fuzz: ## every fuzz target for FUZZTIME (20s)
	@$(GO) list -f '{{.Dir}}' ./... | while read -r dir; do \
		grep -hoE '^func (Fuzz[A-Za-z0-9_]+)' "$$dir"/*_test.go 2>/dev/null | awk '{print $$2}' | while read -r f; do \
			echo "== $$f in $$dir"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) "$$dir" || exit 1; done || exit 1; done

bench: ## all benchmarks, one after another, and a million calls of the gateway with its memory watched
	@$(GO) test -run '^$$' -bench . -benchmem -timeout 30m ./...
	@$(GO) test -count=1 -run '^TestGatewaySoak$$' -timeout 60m -v ./cmd/tribune -soakcalls=$(SOAKCALLS)

SOAKCALLS ?= 1000000

speed: ## what the gateway adds to a call, takes of the processor and keeps in memory, against the direct way
	@$(GO) test -run '^$$' -bench 'BenchmarkGateway(Adds|Load|Memory)' -benchtime 5s -timeout 20m ./cmd/tribune

soak: build ## 50 questions a second for 60 s through the whole program, none lost
	@$(GO) test -count=1 -run '^TestSoak$$' -timeout 10m -v ./cmd/tribune -soak=60s

chaos: ## a short fault run: workers killed in mid-answer, every question answered once
	@$(GO) test -count=1 -run '^TestChaos' -timeout 10m ./cmd/tribune

eval: ## quality of retrieval, learning, refusal and quoting on the development set, where it is there; EVALFLAGS=-ablation for each feature's worth
	@index=$$(mktemp -d); trap 'rm -rf "$$index"' EXIT; \
		$(GO) test -count=1 -p 1 -run '^TestDevelopment' -timeout 60m -v ./knowledge/eval -eval -eval-index "$$index/i" $(EVALFLAGS)

EVALFLAGS ?=

e2e-weaviate: ## the cluster engine against real Weaviate servers, one node and three, one killed (Linux; builds the server once)
	@deploy/weaviate/e2e.sh

e2e: ## the end-to-end tests alone, told one by one; the official npm clients among them where node is
	@$(GO) test -count=1 -run '^TestEndToEnd' -timeout 10m -v ./cmd/tribune

generate: ## write generated files anew
	@$(GO) test -count=1 -run '^TestEnvironmentDoc$$' ./config -args -update >/dev/null

clean: ## remove what was built (never the data directory)
	@rm -rf bin cover.out

.bin/golangci-lint: Makefile
	@mkdir -p .bin "$(LINT_CACHE)"
	@[ -x "$(LINT_CACHE)/golangci-lint" ] || { \
		echo 'Building golangci-lint $(LINT_VERSION): minutes the first time, kept in the cache afterwards' >&2; \
		GOBIN="$(LINT_CACHE)" GOFLAGS=-mod=mod $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION); }
	@ln -sf "$(LINT_CACHE)/golangci-lint" $@
	@touch -h $@
