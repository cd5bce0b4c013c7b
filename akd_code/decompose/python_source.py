"""What only Python needs: legal line breaks inside brackets over which the grammar stumbles."""

from __future__ import annotations

import io
import tokenize


def without_inner_breaks(source: bytes) -> bytes | None:
    """Return the source with line breaks and comments inside brackets blanked, byte offsets unchanged.

    None where Python's own tokenizer cannot read the source: then nothing is known about its brackets.
    """
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    flat = bytearray(source)
    depth = 0
    try:
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
            elif depth > 0 and token.type in (tokenize.NL, tokenize.COMMENT):
                row, column = token.start
                before = lines[row - 1].decode("utf-8")[:column]
                at = starts[row - 1] + len(before.encode("utf-8"))
                end = starts[row] if token.type == tokenize.NL else at + len(token.string.encode("utf-8"))
                flat[at:end] = b" " * (end - at)
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError, IndexError):
        return None
    return bytes(flat)
