# `make` lists what there is to make. Needed: Go, Node.js with npm, make.

LINT := go tool -modfile=tools/go.mod golangci-lint

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

.PHONY: playground
playground: build ## Teams, Apono, Postgres and the bot on this machine (ARGS=--fresh starts over)
	@exec bin/teamsbot playground $(ARGS)

.PHONY: build
build: ## bin/teamsbot, one static file
	CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/teamsbot ./cmd/teamsbot

.PHONY: test
test: ## all tests, on a real Postgres (TESTFLAGS goes to go test)
	go test -timeout 20m $(TESTFLAGS) ./...
	cd deploy && CGO_ENABLED=0 go test -timeout 5m ./...

.PHONY: race
race: ## all tests, with the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -timeout 20m -race $(TESTFLAGS) ./...

.PHONY: test-browser
test-browser: ## the playground's page in a headless Chromium (which must be installed)
	go test -tags browser -run Browser -count=1 $(TESTFLAGS) ./cmd/teamsbot/...

.PHONY: bench
bench: ## the tables of docs/performance.md, measured on this machine (some minutes)
	@go test -run '^$$' -bench 'Floor|Flood' -timeout 30m $(TESTFLAGS) ./cmd/teamsbot | awk -f tools/bench.awk
	@go test -run '^$$' -bench Growth -timeout 30m $(TESTFLAGS) ./db | awk -f tools/bench.awk
	@printf '\n| Benchmark | Each operation, and what else is measured |\n|---|---|\n'
	@go test -run '^$$' -bench . -benchmem -timeout 30m $(TESTFLAGS) ./teamsbot | awk -f tools/bench.awk

.PHONY: lint
lint: ## the linters of .golangci.yml (their first build takes minutes)
	$(LINT) run --allow-serial-runners ./...
	cd deploy && CGO_ENABLED=0 go tool -modfile=../tools/go.mod golangci-lint run --allow-serial-runners --config ../.golangci.yml ./...

.PHONY: fmt
fmt: ## format the code
	$(LINT) fmt

LICENCES := go run -C tools ./licences -root .. -binary bin/teamsbot -page docs/licences.md

.PHONY: licences
licences: build ## docs/licences.md: what the program is made of, under which licences
	$(LICENCES)

.PHONY: sbom
sbom: build ## bin/teamsbot.cdx.json (CycloneDX); fails for new licences and if docs/licences.md is behind
	$(LICENCES) -check -sbom bin/teamsbot.cdx.json

.PHONY: ci
ci: ## what continuous integration runs
	.ci/run
