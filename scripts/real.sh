#!/usr/bin/env bash
# Distils a real student, SmolLM2-135M-Instruct, from data sets whose answers were run against their tests: fetches the
# model, imports the data sets that are at hand, puts them together, says how long the run will take, and runs it.
# Everything finished is kept: run again, it goes on. Arguments go to `akd run`, such as --dry-run or --set rounds=1.
#
# Data sets are files of yours, named by variables; those that are not set are left out, one of the first two must be:
#   AKD_MBPP_PATH      the authors' mbpp.jsonl            AKD_LEETCODE_PATH  LeetCodeDataset-*-train.jsonl
#   AKD_PUZZLES_PATH   programming puzzles' puzzles.json  AKD_CODEIO_PATH    CodeI/O's programs
#   AKD_DOCTESTS       a folder of Python code whose functions have doctests
# What the benchmarks hold is left out: HumanEval(+) and MBPP(+), as docs/data.md says.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
akd=.venv/bin/akd
data=runs/real-data
mkdir -p "$data"

add() { # add FOLDER IMPORT-ARGUMENTS...: imports a data set unless that is done
    folder=$data/$1
    shift
    if [ ! -f "$folder/summary.json" ]; then
        echo "real: importing into $folder" >&2
        "$akd" data import "$@" --out "$folder"
    fi
    folders+=("$folder")
}

folders=()
for form in docstring signature; do
    [ -z "${AKD_MBPP_PATH:-}" ] || add "mbpp-$form" --preset mbpp "$AKD_MBPP_PATH" --form "$form"
    [ -z "${AKD_LEETCODE_PATH:-}" ] || add "leetcode-$form" --preset leetcode "$AKD_LEETCODE_PATH" --form "$form"
    [ "$form" = signature ] || [ -z "${AKD_DOCTESTS:-}" ] || add doctests-docstring --doctests "$AKD_DOCTESTS" --form docstring
done
if [ ${#folders[@]} = 0 ]; then
    echo "real: no data set; set AKD_MBPP_PATH or AKD_LEETCODE_PATH to the file that you have (see scripts/real.sh)" >&2
    exit 2
fi
[ -z "${AKD_CODEIO_PATH:-}" ] || add codeio-docstring --preset codeio "$AKD_CODEIO_PATH" --form docstring
[ -z "${AKD_PUZZLES_PATH:-}" ] || add puzzles-own --preset puzzles "$AKD_PUZZLES_PATH"
"$python" scripts/real_data.py "$data" "${folders[@]}" --keep-back leetcode=150 --keep-back mbpp=50
model=$(PYTHON=$python scripts/get_smollm2.sh)
ln -sfn "$model" runs/smollm2.gguf
"$akd" run recipes/smollm2.yaml --dry-run "$@"
case " $* " in *" --dry-run "*) exit 0 ;; esac
"$akd" run recipes/smollm2.yaml "$@"
