"""What commands that sample a model share: how its answers are drawn, and how it is opened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from akd_code.evaluate import EvalSampling, ExamSettings, Target
    from akd_code.models import ChatModel
    from akd_code.student import Student


def sampling_of(base: EvalSampling, options: dict[str, Any]) -> EvalSampling:
    """Return how answers are drawn: what was given on the command line, over `base`. Raises EvaluateError."""
    several = options["n"] > 1
    temperature, top_p = options["temperature"], options["top_p"]
    return replace(
        base,
        n=options["n"],
        temperature=(0.2 if several else 0.0) if temperature is None else temperature,
        top_p=(0.95 if several else 1.0) if top_p is None else top_p,
        max_tokens=options["max_tokens"] or base.max_tokens,
        seed=options["seed"],
        batch_size=options["batch_size"] or base.batch_size,
        omit=tuple(sorted(set(options["omit"]))),
        extra_body=_canonical(options["extra_body"]),
    )


def _canonical(body: str | None) -> str:
    """Return the JSON object given, keys sorted; "" where there is none. Raises EvaluateError."""
    from akd_code.evaluate import EvaluateError

    if body is None:
        return ""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise EvaluateError(f"--extra-body is not JSON ({error}); give an object, such as '{{\"top_k\": 5}}'") from None
    if not isinstance(fields, dict):
        raise EvaluateError("--extra-body is not a JSON object; give names and values, such as '{\"top_k\": 5}'")
    return json.dumps(fields, sort_keys=True) if fields else ""


def _pairs(option: str, given: Sequence[str]) -> dict[str, str]:
    """Return names and values of K=V options. Raises EvaluateError, which shows no value: it may be a key."""
    from akd_code.evaluate import EvaluateError

    pairs = [one.partition("=") for one in given]
    if any(not equals or not name.strip() for name, equals, _ in pairs):
        raise EvaluateError(f"{option} takes NAME=VALUE; write it again with an = between name and value")
    return {name.strip(): value for name, _, value in pairs}


def loaded_model(target: Target, settings: ExamSettings, options: dict[str, Any]) -> Student | ChatModel:
    """Return the model, in this process or behind a server. Raises EvaluateError, and what loading raises."""
    from akd_code.evaluate import EvaluateError

    sampling = settings.sampling
    headers, query = _pairs("--header", options["headers"]), _pairs("--query", options["queries"])
    if target.server:
        from akd_code.models import Extras, open_model

        extras = Extras(json.loads(sampling.extra_body or "{}"), headers, query)
        return open_model(
            target.server, concurrency=options["concurrency"], timeout_s=600.0, extras=extras, notice=_noted
        )
    if sampling.extra_body or headers or query or sampling.omit:
        raise EvaluateError("--extra-body, --header, --query and --omit are for a server; leave them out")
    from akd_code.student import load_student

    return load_student(target.model, adapter=target.adapter, device=settings.device, dtype=settings.dtype)


def _noted(line: str) -> None:
    click.echo(f"  {line}", err=True)
