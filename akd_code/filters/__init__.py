"""Filters: which new prompts are refused, and why.

`FILTERS` holds the filters by name, `PromptFilter` says what one is, `open_filters` opens those that a recipe names as
one `FilterChain`. A further filter is one file here that registers its factory. Nothing here asks a model or knows of
rounds.
"""

from akd_code.filters.chain import FilterChain, open_filters
from akd_code.filters.registry import FILTERS, FilterFactory, PromptFilter

__all__ = ["FILTERS", "FilterChain", "FilterFactory", "PromptFilter", "open_filters"]
