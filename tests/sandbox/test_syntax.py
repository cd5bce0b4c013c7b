"""Parsing in threads."""

import ast
import gc
import threading
from types import SimpleNamespace

import pytest

from akd_sandbox import syntax
from akd_sandbox.syntax import parse


def test_what_cannot_be_parsed_is_said_as_ever() -> None:
    assert ast.dump(parse("x = [1]")) == ast.dump(ast.parse("x = [1]"))
    with pytest.raises(SyntaxError):
        parse("x = (")
    with pytest.raises((SyntaxError, ValueError), match="null bytes"):
        parse("\0")


def test_a_spurious_error_of_the_interpreter_is_overcome(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([SystemError("AST constructor recursion depth mismatch (before=87, after=40)")] * 3)

    def sometimes(source: str) -> ast.Module:
        for error in failures:
            raise error
        return ast.parse(source)

    monkeypatch.setattr(syntax, "ast", SimpleNamespace(parse=sometimes))
    assert isinstance(parse("x"), ast.Module)
    assert next(failures, None) is None


class Finalised:
    """Part of a cycle whose end takes a while: the collector runs it inside whatever thread allocates."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        threading.Event().wait(0.0001)


def test_many_threads_parse_while_the_collector_gives_way() -> None:
    source = "\n".join(f"assert f({'[' * 20}{n}{']' * 20}) == {n}" for n in range(30))
    wanted = ast.dump(ast.parse(source))
    wrong: list[object] = []

    def work() -> None:
        try:
            for _ in range(30):
                Finalised()
                if ast.dump(parse(source)) != wanted:
                    wrong.append("another tree")
        except BaseException as error:
            wrong.append(error)

    threshold = gc.get_threshold()
    gc.set_threshold(50)
    try:
        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.set_threshold(*threshold)
    assert wrong == []
