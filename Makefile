# The front door. Every target does its own set-up; `make help` lists them. The real build is Meson's.
BUILD ?= build
RUN_DATA ?= run/

# A Node too old for the page's tools is replaced, inside the tree only, by what scripts/setup puts here.
export PATH := $(CURDIR)/.tools/bin:$(PATH)

.DEFAULT_GOAL := build
.PHONY: analyze api build coverage run install dist deb release setup-release test check bench looks soak lint hooks format web clean help setup setup-test

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: setup web $(BUILD)/build.ninja ## build/usher (what `make` alone does)
	@ninja -C $(BUILD) usher

run: build ## a demo on-sale at http://127.0.0.1:8080, with test money, data in run/
	@mkdir -p $(RUN_DATA)
	@$(BUILD)/usher psp --psp-ledger $(RUN_DATA)/psp.ledger \
	  --psp-webhook http://127.0.0.1:8080/webhooks & psp=$$!; \
	  trap 'kill $$psp 2>/dev/null; wait $$psp' EXIT; trap : INT TERM; \
	  $(BUILD)/usher serve --demo --demo-sales --demo-crowd --demo-team --data $(RUN_DATA) --psp http://127.0.0.1:8090

test: setup-test ## everything: three builds, lint, unit tests, all suites
	@exec tests/run

install: build ## into $(DESTDIR)/usr: the binary, its man page, systemd units
	@[ "$$(meson introspect $(BUILD) --buildoptions | tr '{' '\n' | sed -n 's/.*"name": "prefix", "value": "\([^"]*\)".*/\1/p')" = /usr ] || \
	  meson configure $(BUILD) -Dprefix=/usr -Dsysconfdir=/etc
	@ninja -C $(BUILD) usher deploy/usher.1 deploy/usher
	@meson install -C $(BUILD) --no-rebuild --quiet $(if $(DESTDIR),--destdir $(abspath $(DESTDIR)))

dist: setup ## the source archive of this commit and its list of parts (CycloneDX) in build/dist/
	@exec deploy/dist

deb: setup-release ## a Debian package in build/deb/
	@exec deploy/debian/build

release: setup-release build ## what a release must pass besides make test: packages, containers, upgrades, the manual
	@exec deploy/release

looks: build setup-test ## a picture of each page, at seven sizes: build/looks; BASE=HEAD~1 tells how much of each has changed since then
	@cd tests/web && npm ci --no-audit --no-fund --loglevel=error
	@$(if $(BASE),rm -rf $(BUILD)/looks-base && git worktree prune && git worktree add --quiet --detach $(BUILD)/looks-base $(BASE))
	@$(if $(BASE),$(MAKE) --no-print-directory -C $(BUILD)/looks-base build BUILD=build)
	@$(if $(BASE),cd tests/web && node looks.mjs --binary ../../$(BUILD)/looks-base/build/usher --out ../../$(BUILD)/looks-before --only '$(ONLY)')
	@cd tests/web && node looks.mjs --binary ../../$(BUILD)/usher --out ../../$(BUILD)/looks --only '$(ONLY)' $(if $(BASE),--than ../../$(BUILD)/looks-before)
	@$(if $(BASE),git worktree remove --force $(BUILD)/looks-base)

bench: build setup-test ## figures against their limits; results in bench/results/
	@ninja -C $(BUILD) usher-bench
	@mkdir -p bench/results
	@exec tests/servers/with mariadb,mariadb-pair,redis $(BUILD)/usher-bench --out bench/results/$$(date -u +%Y-%m-%d)-$$(git rev-parse --short HEAD).md

soak: setup-test ## the suites that search at random, for an hour instead of minutes
	@USHER_SOAK=1 exec tests/run soak

check: setup-test ## a minute before each commit: lint, build, the unit tests
	@exec tests/run lint build-gcc unit

lint: setup-test ## layers, sizes, banned calls, formatting
	@exec tests/lint

analyze: setup-test ## cppcheck, clang-tidy and gcc's analyzer: a quarter of an hour
	@exec scripts/analyze

coverage: setup-test ## of all that ends in order, by line and branch; results in docs/coverage.md
	@exec scripts/coverage

hooks: setup-test ## a pre-commit hook that runs the linter
	@hook=$$(git rev-parse --git-path hooks/pre-commit); mkdir -p "$${hook%/*}"; \
	printf '#!/bin/sh\nexec tests/lint\n' >"$$hook"; chmod +x "$$hook"; echo "$$hook runs tests/lint"

api: setup-test ## docs/api, anew from the contracts
	@scripts/contracts pages

format: setup-test ## rewrite the C sources in the house format
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format-14 -i

web: web/dist/index.html ## the page, web/dist

clean: ## remove what was built (not run/, which is data)
	rm -rf build build-* web/dist web/dist-report web/src/gen web/node_modules .tools

setup:
	@scripts/setup build

setup-test:
	@scripts/setup build test

setup-release:
	@scripts/setup build test release

$(BUILD)/build.ninja: | setup
	@meson setup $(BUILD) -Dweb=true

# Packages only when the lock has changed; the page only when one of its sources has. Not `npm ci`: newer ones refuse
# a lock that lacks the optional packages of machines unlike the one it was written on. This takes what the lock says,
# checks its hashes, and writes neither file.
web/node_modules/.installed: web/package-lock.json | setup
	@cd web && npm install --no-save --no-audit --no-fund --loglevel=error && touch node_modules/.installed

WEB_SOURCES := $(shell find web proto -name node_modules -prune -o -path 'web/dist*' -prune \
  -o -path web/src/gen -prune -o -type f -print)
web/dist/index.html: web/node_modules/.installed $(WEB_SOURCES)
	@cd web && npm run --silent build && touch dist/index.html
