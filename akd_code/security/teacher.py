"""Stress prompts in a teacher's words: the same tasks, said as somebody would say them."""

from __future__ import annotations

import re
from dataclasses import replace

from akd_code.gather import in_order
from akd_code.models import ChatModel, NoRecordedAnswerError, PromptRefusedError, Sampling
from akd_code.security.drawing import Drawn, Sieve
from akd_code.security.stress_prompt import StressPrompt
from akd_prompts import PromptParseError, RewordInputs, parse_generated, render

SAMPLING = Sampling(temperature=1.0, max_tokens=1024)


async def reworded(drawn: Drawn, model: ChatModel, sieve: Sieve, sampling: Sampling = SAMPLING) -> Drawn:
    """Return the prompts with those that are not code in the teacher's words; one call each.

    A prompt stays as it is where the teacher refuses, where its words lack something that must be in them, and where
    `sieve` does not pass them: that is counted. Raises ModelError.
    """
    texts = await in_order([_asked(prompt, model, sampling) for prompt in drawn.prompts])
    said = [replace(prompt, prompt=text) if text else prompt for prompt, text in zip(drawn.prompts, texts, strict=True)]
    passed = sieve.passes(said)
    kept = [new if good else old for new, old, good in zip(said, drawn.prompts, passed, strict=True)]
    wanting = sum(text is None and not prompt.prefix for text, prompt in zip(texts, drawn.prompts, strict=True))
    refused = drawn.refused | {f"reworded, {why}": count for why, count in sieve.refused.items()}
    return Drawn(tuple(kept), refused | ({"reworded, unusable": wanting} if wanting else {}))


async def _asked(prompt: StressPrompt, model: ChatModel, sampling: Sampling) -> str | None:
    """Return a prompt in the teacher's words, None where there are none that can be used."""
    if prompt.prefix:
        return None
    hinted = prompt.prompt.endswith(prompt.hint)
    task = prompt.prompt.removesuffix(prompt.hint).rstrip()
    try:
        answer = await model.complete(render(RewordInputs(task, prompt.entry_point)).messages, sampling)
        found = parse_generated(answer.text)
    except (PromptParseError, PromptRefusedError, NoRecordedAnswerError):
        return None
    if found.entry_point != prompt.entry_point or not names_in(task) <= names_in(found.text):
        return None
    return f"{found.text}\n\n{prompt.hint}" if hinted else found.text


def names_in(text: str) -> frozenset[str]:
    """Return what stands between backticks: what the tests count on, and no rewording may change."""
    return frozenset(" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text))
