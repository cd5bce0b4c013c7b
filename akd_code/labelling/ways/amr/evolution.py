"""AMR-Evol's adaptive response evolution: the task answered anew with stubs and verified modules at hand."""

from __future__ import annotations

from collections.abc import Sequence

from akd_code.decompose import StubSet
from akd_code.labelling.tally import LabelTally
from akd_code.models import Sampling
from akd_code.modules.store import Found
from akd_code.reading import answer_from, read_answer
from akd_code.records import Answer, Prompt
from akd_prompts import EvolveInputs

_MAX_SHOWN_CHARS = 12_000


def shown_modules(hits: Sequence[Sequence[Found]]) -> list[Found]:
    """Return each module found once, the best of every query first seen, as many as a prompt has room for."""
    unique: dict[str, Found] = {}
    size = 0
    for found in (found for row in hits for found in row):
        if found.module.id not in unique and size + len(found.module.code) <= _MAX_SHOWN_CHARS:
            unique[found.module.id] = found
            size += len(found.module.code)
    return list(unique.values())


async def ask_evolved(
    prompt: Prompt, stubs: StubSet | None, found: Sequence[Found], sampling: Sampling, tally: LabelTally
) -> Answer | None:
    """Return the answer that the teacher writes with stubs and modules at hand; None if it cannot be used.

    What is wrong with it becomes an event. Raises ModelError.
    """
    modules = "\n\n".join(one.module.code for one in found)
    completion = await tally.ask(EvolveInputs(prompt.text, stubs.text if stubs else "", modules), sampling)
    reading = read_answer(
        completion.text, completion.finish_reason, prompt.entry_point, context=prompt.text, hidden=True
    )
    if reading.blocks > 1:
        tally.events.append("evolved: several blocks")
    if reading.fault is not None:
        tally.events.append(f"evolved: rejected, {reading.fault}")
        return None
    return answer_from(prompt, completion.text, completion.finish_reason)
