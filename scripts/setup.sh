#!/usr/bin/env bash
# Sets up .venv with the project and its development tools. Uses uv where it is installed, else pip.
set -euo pipefail
cd "$(dirname "$0")/.."
stamp=.venv/.ready
if [ -f "$stamp" ] && [ "$stamp" -nt pyproject.toml ] && [ "$stamp" -nt constraints.txt ] && [ "$stamp" -nt "$0" ]; then
    exit 0
fi
python=${PYTHON:-python3}
"$python" - <<'PY' || { echo "setup: Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11" >&2; exit 2; }
import sys
sys.exit(sys.version_info < (3, 11))
PY
# torch first and pinned: any later package would take the newest build, with gigabytes of GPU libraries.
torch=$(grep '^torch==' constraints.txt)
if command -v uv >/dev/null 2>&1; then
    echo "setup: uv, $("$python" --version), into .venv"
    [ -x .venv/bin/python ] || uv venv --python "$python" .venv
    uv pip install --python .venv/bin/python --torch-backend=auto "$torch" ||
        uv pip install --python .venv/bin/python "$torch"
    uv pip install --python .venv/bin/python -c constraints.txt -e '.[dev]'
else
    echo "setup: pip, $("$python" --version), into .venv (a few minutes the first time)"
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    echo "setup: $torch"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$torch"
    echo "setup: akd and what it needs"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
fi
touch "$stamp"
echo "setup: done; the command is .venv/bin/akd"
