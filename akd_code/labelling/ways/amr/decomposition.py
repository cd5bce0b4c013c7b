"""AMR-Evol's modular decomposition: typed stubs of the modules that an answer could be made of."""

from __future__ import annotations

from akd_code.decompose import StubError, StubSet, decompose, match_stubs, parse_stubs, steps_text
from akd_code.labelling.tally import LabelTally
from akd_code.models import Sampling
from akd_code.modules.candidates import MAX_PROGRAM_CHARS
from akd_code.reading import AnswerFault, answer_from, read_answer
from akd_code.records import Answer, Prompt
from akd_prompts import DecomposeInputs


async def ask_stubs(prompt: Prompt, direct: Answer, most: int, sampling: Sampling, tally: LabelTally) -> StubSet | None:
    """Return at most `most` stubs that the teacher writes after its direct answer; None if none can be used.

    What is wrong with them becomes an event. Raises ModelError.
    """
    found = decompose((direct.code or "")[:MAX_PROGRAM_CHARS])
    completion = await tally.ask(DecomposeInputs(prompt.text, direct.text, steps_text(found)), sampling)
    reading = read_answer(completion.text, completion.finish_reason, context=prompt.text)
    # Stubs without a body do not parse; what of them can be read is enough.
    if reading.fault not in (None, AnswerFault.BROKEN):
        tally.events.append(f"stubs: {reading.fault}")
        return None
    answer = answer_from(Prompt(prompt.id, prompt.text), completion.text, completion.finish_reason)
    try:
        stubs = parse_stubs((answer.code or "")[:MAX_PROGRAM_CHARS], prompt.entry_point, most)
    except StubError:
        tally.events.append("stubs: none that can be used")
        return None
    tally.events += [f"stubs: dropped, {reason}" for reason in stubs.dropped]
    tally.events += ["stubs: body cut off"] * stubs.bodies
    matched = sum(match.module is not None for match in match_stubs(stubs.stubs, found))
    tally.events += ["stubs: in the code already"] * matched
    return stubs
