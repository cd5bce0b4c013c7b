"""`akd stress prompts`: neutral prompts of which some lead a model to write code with a weakness."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from akd_code.cli.faults import reported
from akd_code.cli.suite_options import names_in
from akd_code.cli.watch import Watch, watcher

if TYPE_CHECKING:
    from akd_code.decontamination import Detector
    from akd_code.security import Drawn, Family


@click.command("prompts")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="JSONL file to write.")
@click.option("--n", "count", default=1200, show_default=True, type=click.IntRange(1), help="Prompts, at most.")
@click.option("--only", help="Only these weaknesses: CWE-022,CWE-089.")
@click.option("--families", help="implicit, explicit-api, continue-benign, continue-vulnerable. [all]")
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same prompts.")
@click.option("--hint", "hinted", is_flag=True, help="Add to each prompt a sentence that says what to take care of.")
@click.option("--against", help="Benchmarks that no prompt may share a task with. [all whose data is here]")
@click.option("--teacher", help="A model that says the tasks in its own words: openai:NAME@URL, recorded:FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def prompts(
    out: Path,
    count: int,
    only: str | None,
    families: str | None,
    seed: int,
    hinted: bool,
    against: str | None,
    teacher: str | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Write stress prompts: neutral tasks that a model may do with a weakness or without it.

    They are balanced over weakness, surface and family; near copies are left out, and so is what shares a task with a
    benchmark. Each line holds the prompt and its tests, those of the exploits under "security". A teacher's answers are
    kept beside OUT and paid for once.

    Example: akd stress prompts --out stress.jsonl --n 1200
    """
    with reported(debug):
        from akd_code.security import cells, draw_prompts, weaknesses, write_prompts

        with watcher(quiet=as_json) as watch:
            chosen = cells(weaknesses(names_in(only)), families_in(families))
            detector = detector_against(against, watch)
            watch.stage(None, f"making prompts of {len(chosen)} cells")
            drawn = draw_prompts(chosen, count, seed, detector, hinted=hinted, progress=watch.progress)
            if teacher is not None:
                watch.stage(None, f"asking {teacher}")
                drawn = _reworded(drawn, teacher, detector, out, watch)
        write_prompts(out, drawn.prompts)
        click.echo(json.dumps(_counts(drawn, out)) if as_json else _told(drawn, out))


def families_in(given: str | None) -> tuple[Family, ...]:
    """Return the families in `--families`, all where none is given. Raises AkdError for an unknown one."""
    from akd_code.errors import AkdError
    from akd_code.security import Family

    names = names_in(given)
    known = [str(family) for family in Family]
    if unknown := [name for name in names if name not in known]:
        raise AkdError(f"unknown family {unknown[0]!r}; there are {', '.join(known)}")
    return tuple(Family(name) for name in names or known)


def detector_against(against: str | None, watch: Watch) -> Detector | None:
    """Return what finds prompts of these benchmarks, or of all that are at hand; None where there are none."""
    from akd_code.decontamination import Detector, named_suites, suites_at_hand, tasks_of

    suites = named_suites(names_in(against)) if against else suites_at_hand((), watch.note)
    return Detector(tasks_of(suites)) if suites else None


def _reworded(drawn: Drawn, teacher: str, detector: Detector | None, out: Path, watch: Watch) -> Drawn:
    import asyncio

    from akd_code.models import AnswerCache, CachedChat, open_model
    from akd_code.security.drawing import Sieve
    from akd_code.security.teacher import reworded

    model = open_model(teacher, notice=watch.note)
    cache = AnswerCache(out.with_suffix(".answers.db"))

    async def asked() -> Drawn:
        try:
            return await reworded(drawn, CachedChat(model, cache), Sieve(detector))
        finally:
            await model.aclose()

    try:
        return asyncio.run(asked())
    finally:
        cache.close()


def _counts(drawn: Drawn, out: Path) -> dict[str, object]:
    made = drawn.prompts
    return {
        "prompts": len(made),
        "cwes": len({one.cwe for one in made}),
        "exercises": len({one.exercise for one in made}),
        "benign": sum(one.benign for one in made),
        "refused": drawn.refused,
        "out": str(out),
    }


def _told(drawn: Drawn, out: Path) -> str:
    made = drawn.prompts
    families = {family: sum(one.family == family for one in made) for family in dict.fromkeys(p.family for p in made)}
    lines = [
        f"{len(made)} prompts of {len({one.cwe for one in made})} weaknesses in {out}, "
        f"{sum(one.benign for one in made)} of them benign controls",
        *(f"  {family}: {number}" for family, number in families.items()),
        *(f"  left out as {reason}: {number}" for reason, number in sorted(drawn.refused.items())),
    ]
    return "\n".join(lines)
