# Short names for what CI and CONTRIBUTING.md ask for; `bash installer/linux.sh test` sets .venv up first.
.PHONY: check test run golden-accept

check: # ruff, pyright and the import contracts
	bash installer/linux.sh check

test: # all tests
	bash installer/linux.sh check pytest

run: # the editor; FILES names what it opens
	.venv/bin/python main.py $(FILES)

golden-accept: # redraws the accepted pictures: look at each before it is committed
	REDUB_ACCEPT=1 .venv/bin/python -m pytest -q $$(grep -l check_golden tests/gui/test_*.py)
	git status --short tests/golden
