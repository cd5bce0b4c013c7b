#!/usr/bin/env bash
# Runs the tests that may touch a container engine once more with none in sight: each must pass or skip.
set -euo pipefail
cd "$(dirname "$0")/.."
hidden=$(mktemp -d)
trap 'rm -rf "$hidden"' EXIT
export DOCKER_HOST="unix://$hidden/no-engine.sock"
side_by_side=(--numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder)
.venv/bin/python -m pytest tests/attacks -m docker
.venv/bin/python -m pytest "${side_by_side[@]}" tests/sandbox
