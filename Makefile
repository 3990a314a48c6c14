.DEFAULT_GOAL := help
SHELL := /bin/sh
# The pinned Node of node_modules comes before the machine's own.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
INSTALLED := node_modules/.installed
RUN_TESTS = node test/run/main.ts $(if $(T),--only '$(T)')

# Tests start hundreds of processes: what Node has compiled for one is not compiled for the next.
test proof watch coverage faults: export NODE_COMPILE_CACHE = $(CURDIR)/.cache/compiled

# The tiers that `make test` and `make check` run.
TIERS ?= unit system

DEPLOY_FLAGS = --target $(or $(TARGET),compose) $(if $(DRY_RUN),--dry-run)
URL_FLAG = $(if $(URL),--url $(URL))

help: ## show the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## bring what the kit needs: packages, the pinned Node, a browser (quick when all is there)
	@sh scripts/find-browser.sh
	@[ "$(GATE)" != nginx ] || sh scripts/find-tools.sh nginx

start: setup ## run the kit on real WhatsApp until Ctrl-C
	@exec node bin/gatehouse.js start

demo: setup ## run it on the sandbox: no account, no network, a first message by itself
	@exec node bin/gatehouse.js demo

rehearse: setup ## prove on your own phone what the kit assumes of WhatsApp, for a report to publish [PAIR=NUMBER] [TO=NUMBER]
	@exec node bin/gatehouse.js rehearse $(if $(PAIR),--pair '$(PAIR)') $(if $(TO),--to '$(TO)')

deploy: $(INSTALLED) ## ship it: TARGET=compose (default), railway, render, fly, heroku, cloudrun, kubernetes, systemd [DRY_RUN=1] [RELEASE=] [IMAGE=] [URL=], settings in .env.deploy
	@exec node bin/gatehouse.js deploy $(DEPLOY_FLAGS) $(URL_FLAG) $(if $(IMAGE),--image $(IMAGE))

rollback: $(INSTALLED) ## go back to the release before
	@exec node bin/gatehouse.js rollback $(DEPLOY_FLAGS) $(URL_FLAG)

status: $(INSTALLED) ## what runs where it was shipped to
	@exec node bin/gatehouse.js status $(DEPLOY_FLAGS)

logs: $(INSTALLED) ## its log [FOLLOW=1]
	@exec node bin/gatehouse.js logs $(DEPLOY_FLAGS) $(if $(FOLLOW),--follow)

destroy: $(INSTALLED) ## remove what was shipped, but not its data [YES=1]
	@exec node bin/gatehouse.js destroy $(DEPLOY_FLAGS) $(if $(YES),--yes)

test: setup tools ## run the unit and system tests [T=gate/hold: the files that this path names]
	@$(RUN_TESTS) $(TIERS)

proof: setup tools ## run all tests: also Docker, chaos, endurance, hostile input [T=]
	@$(RUN_TESTS) unit system proof

watch: setup ## run the unit tests that a change touches, at each change [T=]
	@node test/run/watch.ts $(if $(T),--only '$(T)')

check: setup tools ## types, lint, drift of rendered files, licences, unit and system tests
	@tsc --noEmit
	@biome check
	@node bin/gatehouse.js render --check
	@$(RUN_TESTS) $(TIERS)

coverage: setup tools ## unit and system tests, and how much of the sources they run: at least 95 % of lines, 88 % of branches
	@c8 --config test/c8rc.json $(RUN_TESTS) unit system

faults: setup tools ## put one fault at a time into a copy of the sources, and show that a test finds it [ONLY=text]
	@node test/faults/main.ts '$(ONLY)'

sbom: $(INSTALLED) ## write the software bill of materials of what is shipped, CycloneDX, into sbom.cdx.json
	@npm sbom --sbom-format cyclonedx --sbom-type application --omit dev --package-lock-only >sbom.cdx.json
	@echo 'sbom.cdx.json names every package from npm; the image lists those of its system in /usr/share/gatehouse/packages'

bench: setup ## measure, as ratios against a peer in the same run, into bench.json [COMPARE=bench.json]
	@node test/bench/main.ts $(if $(COMPARE),--compare '$(COMPARE)')

chaos: setup ## kill everything at random and prove that no message is lost or doubled (SCENARIO= SEED= SEEDS= DATABASE=)
	@node test/chaos/main.ts

fuzz: setup ## throw hostile requests at both gates until Ctrl-C or a failure (SEED= GATE=)
	@node test/hostile/main.ts

compare: setup tools ## show what this tree does otherwise than BASE=COMMIT (ONLY=files,commands,answers,log,data GATES= DATABASES= WITHOUT=)
	@node test/compare/main.ts --base '$(BASE)' --only '$(ONLY)' --gates '$(GATES)' --databases '$(DATABASES)' --without '$(WITHOUT)'

render: $(INSTALLED) ## write what is made from the schema: .env.example, tables in the documents
	@node bin/gatehouse.js render

format: $(INSTALLED) ## format and fix what can be fixed by itself
	@biome check --write

clean: ## remove what setup, runs and tests have made, but not data/
	@[ ! -e .cache/docker ] || sh test/support/tools/docker-engine.sh down
	rm -rf node_modules coverage .cache sbom.cdx.json

# Programs that only the tests run.
tools:
	@sh scripts/find-tools.sh nginx -- ip nmap slowhttptest systemd-analyze unzip

$(INSTALLED): package.json package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install Node.js 20 or later from https://nodejs.org (Debian: apt-get install nodejs npm)' >&2; exit 1; }
	@echo 'Installing packages (about half a minute the first time) ...'
	@npm ci --loglevel=error --no-fund --no-audit >/dev/null
	@touch $@

.PHONY: help setup tools start demo rehearse deploy rollback status logs destroy test proof watch check coverage faults sbom bench chaos fuzz compare render format clean
