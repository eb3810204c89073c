# Each target sets up what it needs; `make help` lists them.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NFS := nat firewall load_balancer heavy_hitter rate_limiter flow_monitor dns_cache kv_cache syn_proxy upf vxlan_gateway ddos_mitigation
TARGETS := agilio-cx bluefield2 softnic

.DEFAULT_GOAL := help
.PHONY: help demo test check bench validate docs lab evaluation setup verify-all clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: setup ## plan the bundled NAT for two NICs, then run its split in this kernel
	@$(BIN)/python examples/demo.py

test: setup ## run every test that this machine can run
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: setup ## lint, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: setup ## print speeds, as ratios to a baseline measured in the same run
	@for b in benchmarks/bench_*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

validate: setup ## compare the model of the Agilio with published rows, and cross-validate it
	@$(BIN)/python benchmarks/agilio_rows.py

docs: setup ## run every command of docs/tour.md and show what it prints
	@$(BIN)/python -m pytest -q tests/docs

lab: setup ## run the bundled NFs split on the soft NIC and measure (needs root)
	@for nf in nat firewall; do $(BIN)/cora lab $$nf || exit 1; done

evaluation: setup ## evaluate every function, traffic, machine and strategy (below two hours); build/evaluation/report.html
	@$(BIN)/python -m evaluation $(EVALUATION_ARGS)

verify-all: setup ## the whole matrix of docs/verifying.md: hours; needs root
	@for nf in $(NFS); do for t in $(TARGETS); do echo "== verify $$nf $$t"; \
	  $(BIN)/cora verify $$nf -t $$t --packets 50000 || exit 1; done; done
	@for nf in $(NFS); do echo "== random packets $$nf"; \
	  $(BIN)/cora verify $$nf --packets 100000 --random || exit 1; done
	@for nf in $(NFS); do for t in xdp $(TARGETS:%=split:%); do echo "== packet tests $$nf $$t"; \
	  $(BIN)/cora test $$nf --on $$t || exit 1; done; done
	$(BIN)/python benchmarks/random_programs.py
	@for nf in $(NFS); do for t in $(TARGETS); do echo "== lab $$nf $$t"; \
	  $(BIN)/cora lab $$nf -t $$t --rounds 0 || exit 1; done; done
	$(BIN)/python benchmarks/load_faults.py
	$(BIN)/python benchmarks/bruteforce.py
	$(BIN)/python benchmarks/simulator.py
	$(BIN)/python benchmarks/faults.py --check
	$(BIN)/python benchmarks/symbolic.py
	$(BIN)/python benchmarks/fuzz_frontend.py --minutes 10
	$(BIN)/python benchmarks/modelcheck.py
	$(BIN)/python benchmarks/bench_generated.py

setup: $(READY) ## make the virtual environment and install system libraries

$(READY): pyproject.toml tools/setup.sh
	@VENV=$(VENV) bash tools/setup.sh
	@touch $@

clean: ## remove everything that was built
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis
