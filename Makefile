# `make help` lists the targets.

.NOTPARALLEL:
.PHONY: help test prepare format generated vet staticcheck tidy race js audit generate fmt vuln fuzz stress soak build run screenshots docker

# A clone owned by somebody else has no readable version control.
export GOFLAGS ?= -buildvcs=false

FUZZTIME ?= 30s
STRESSTIME ?= 20m

help: ## list these targets
	@awk -F ': .*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

test: prepare format generated tidy vet staticcheck race ## run every check and all tests

prepare:
	@.ci/prepare

format:
	@files=$$(gofmt -l .) && if [ -n "$$files" ]; then echo "not formatted, run make fmt:" $$files; exit 1; fi

generated:
	.ci/check-generated

tidy:
	go mod tidy -diff

vet:
	go vet ./...

staticcheck:
	go tool staticcheck ./...

race: # the browser tests in e2e/ among them
	CGO_ENABLED=1 go test -race -timeout 12m ./...

js: ## check the types in static/*.js (needs npx, not part of test)
	npx --yes --package typescript@5.9.3 tsc --noEmit --allowJs --checkJs --strict \
		--target es2023 --module esnext --moduleResolution bundler --lib es2023,dom,dom.iterable static/*.js

audit: ## look at every page with axe-core and Lighthouse (needs npx, not part of test)
	go build -o bin/audit/mayfly ./cmd/mayfly
	npm install --prefix bin/audit --no-save --no-audit --no-fund --silent \
		playwright-core@1.65.1 axe-core@4.14.1 lighthouse@12.8.2
	node .ci/audit.mjs

generate: ## write *_templ.go and static/dist anew (needs zopfli)
	@command -v zopfli >/dev/null || { echo "please install zopfli, as by: apt-get install zopfli" >&2; exit 1; }
	go tool templ generate
	static/build static/dist
	static/squeeze static/dist

fmt: ## format Go and templ files
	gofmt -w .
	go tool templ fmt .

vuln: ## look for known vulnerabilities
	@go tool govulncheck ./... || { code=$$?; \
		[ $$code = 3 ] || echo "govulncheck could not finish (is https://vuln.go.dev reachable?)"; exit $$code; } >&2

fuzz: ## run each fuzz target for FUZZTIME (30s)
	@set -e; packages=$$(go list ./...); for package in $$packages; do \
		targets=$$(go test -list '^Fuzz' $$package); \
		for target in $$(echo "$$targets" | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

stress: prepare ## break networks for STRESSTIME (20m); as root, real ones as well
	CGO_ENABLED=1 go test -race -count=1 -v -timeout 0 -run '^TestStress$$' ./e2e -stress $(STRESSTIME) $$([ "$$(id -u)" != 0 ] || echo -netns)

soak: ## open, use and end rooms for STRESSTIME and look for what stays
	go test -count=1 -v -timeout 0 -run '^TestSoak$$' ./web -soak $(STRESSTIME)

build: ## a static binary in bin/mayfly
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/mayfly ./cmd/mayfly

run: ## serve on http://localhost:8080
	go run ./cmd/mayfly

screenshots: prepare ## take the pictures in README.md anew
	@mkdir -p docs bin/screenshots
	MAYFLY_SCREENSHOTS=$(CURDIR)/bin/screenshots go test -count=1 -run TestAlbum ./e2e
	cp bin/screenshots/room-1440-light.png bin/screenshots/room-390-dark.png docs/

docker: ## an image named mayfly
	docker build -t mayfly .
