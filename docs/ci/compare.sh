#!/usr/bin/env bash
# The regression gate for CI: reports into $AKD_REPORT, exit code 1 if the gate fails. Reads its settings from AKD_*
# variables, so that no text from outside becomes part of a command.
set -euo pipefail
: "${AKD_BASE:?the baseline}" "${AKD_NEW:?the new model}"
report=${AKD_REPORT:-akd-report}
mkdir -p "$report"
python=${AKD_PYTHON:-}
if [ -z "$python" ]; then
    python3 -m venv "${RUNNER_TEMP:-/tmp}/akd-venv"
    python="${RUNNER_TEMP:-/tmp}/akd-venv/bin/python"
    "$python" -m pip install --quiet "${AKD_SOURCE:-.}"
fi
akd="$(dirname "$(command -v "$python")")/akd"
allow=()
for name in ${AKD_ALLOW:-}; do
    allow+=(--allow "$name")
done
status=0
"$akd" compare "$AKD_BASE" "$AKD_NEW" --gate "${AKD_GATE:-regression}" --margin "${AKD_MARGIN:-0}" \
    ${allow[@]+"${allow[@]}"} --html "$report/report.html" --markdown "$report/report.md" --junit "$report/junit.xml" ||
    status=$?
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$report/report.md" ]; then
    cat "$report/report.md" >>"$GITHUB_STEP_SUMMARY"
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
    echo "report=$report" >>"$GITHUB_OUTPUT"
fi
exit "$status"
