"""The dry run in lines: what a recipe would ask for, and what it would cost."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from akd_code.progress import duration
from akd_code.recipe import Recipe
from akd_code.roles import price_of
from akd_code.stages.estimate import Estimate, Requests, model_of, section_of

_ROLES = ("teacher", "referee", "generator")


def forecast_json(recipe: Recipe, estimate: Estimate) -> dict[str, Any]:
    """Return the same as plain data; a cost that is not known is None."""
    costs = {role: cost_usd(recipe, role, estimate.requests.get(role, Requests())) for role in _ROLES}
    return {**asdict(estimate), "requests": {role: asdict(one) for role, one in estimate.requests.items()},
            "cost_usd": costs}  # fmt: skip


def forecast_lines(recipe: Recipe, seeds: int, estimate: Estimate) -> list[str]:
    """Return the calls, tokens, cost, time and disk of a run: upper bounds where the model decides."""
    lines = [f"{recipe.rounds} rounds over {seeds} seeds; at most, with every answer as long as it may be:"]
    costs = []
    for role in _ROLES:
        requests = estimate.requests.get(role, Requests())
        cost = cost_usd(recipe, role, requests)
        costs.append(cost)
        said = "unknown" if cost is None else f"US$ {cost:.2f}"
        lines.append(
            f"  {role:9} {model_of(recipe, role)}: {requests.calls} calls, {requests.prompt_tokens} + "
            f"{requests.completion_tokens} tokens, {said}"
        )
    if estimate.ways:
        lines.append(f"  new prompts: {', '.join(f'{way} {calls} calls' for way, calls in estimate.ways.items())}")
    known = [cost for cost in costs if cost is not None]
    total = f"US$ {sum(known):.2f}" if len(known) == len(costs) else "unknown (give `price` in the recipe)"
    lines.append(f"cost: {total}; answers that are in the cache already cost nothing")
    lines.append(
        f"student: {estimate.written_tokens} tokens written, {estimate.trained_tokens} trained on; "
        f"sandbox: {estimate.sandbox_runs} programs"
    )
    lines.append(f"time: about {duration(estimate.seconds)}; disk: about {estimate.disk_bytes / 1e6:.0f} MB")
    if estimate.assumed:
        lines.append(f"assumed: {'; '.join(estimate.assumed)}")
    return lines


def cost_usd(recipe: Recipe, role: str, requests: Requests) -> float | None:
    """Return what requests to a role cost at most; None where a price is unknown, which is not zero."""
    price = price_of(recipe, section_of(recipe, role))
    if price is not None:
        return (price.prompt * requests.prompt_tokens + price.completion * requests.completion_tokens) / 1e6
    return None if requests.calls else 0.0
