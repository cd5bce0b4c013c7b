"""Names for things that can be chosen: built in, or brought by a package beside this one through an entry point."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Things of one kind by name.

    A built-in one registers itself where it is defined, in a module of `package`; another distribution names its own
    in the entry-point group `group`. An entry point that cannot be imported costs only its own name.
    """

    def __init__(self, what: str, group: str, package: str, error: type[Exception]) -> None:
        """Prepare: `what` names the kind in messages, `error` is raised for a name that cannot be had."""
        self.what, self.group, self.package, self.error = what, group, package, error
        self._found: dict[str, T] = {}
        self._outside: dict[str, EntryPoint] | None = None
        self._all_read = False

    def register(self, *names: str) -> Callable[[T], T]:
        """Return a decorator that registers what it decorates under the names. Raises ValueError for a taken name."""

        def registered(thing: T) -> T:
            for name in names:
                if self._found.get(name, thing) is not thing:
                    raise ValueError(f"two {self.what}s are called {name!r}: {self._found[name]!r} and {thing!r}")
                self._found[name] = thing
            return thing

        return registered

    def names(self) -> tuple[str, ...]:
        """Return every name there is, sorted; reads all built-in modules, but imports no other distribution."""
        self._read_package()
        return tuple(sorted({*self._found, *self._entry_points()}))

    def get(self, name: str) -> T:
        """Return what is registered under a name.

        Raises the registry's error, in one line: an unknown name, with the nearest; an entry point that fails.
        """
        if name not in self._found:
            self._read_module(name)
        if name not in self._found:
            self._read_package()
        if name not in self._found and name in self._entry_points():
            self._found[name] = self._loaded(self._entry_points()[name])
        if name in self._found:
            return self._found[name]
        known = self.names()
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}"
        raise self.error(f"unknown {self.what} {name!r}; {hint}")

    def _loaded(self, point: EntryPoint) -> T:
        try:
            loaded: T = point.load()
        except Exception as error:  # whatever another distribution raises while it is imported
            told = " ".join(str(error).split())[:200]
            origin = point.dist.name if point.dist is not None else point.value
            raise self.error(
                f"the {self.what} {point.name!r} of {origin} cannot be loaded ({type(error).__name__}: {told}); "
                "update or remove that package"
            ) from None
        return loaded

    def _entry_points(self) -> dict[str, EntryPoint]:
        if self._outside is None:
            self._outside = {point.name: point for point in entry_points(group=self.group)}
        return self._outside

    def _read_module(self, name: str) -> None:
        """Import the built-in module that is called like the thing, if there is one."""
        spelt = name.replace("+", "_plus").replace("-", "_")
        if spelt.isidentifier() and not spelt.startswith("_") and spelt in self._modules():
            importlib.import_module(f"{self.package}.{spelt}")

    def _read_package(self) -> None:
        if not self._all_read:
            for module in self._modules():
                importlib.import_module(f"{self.package}.{module}")
            self._all_read = True

    def _modules(self) -> list[str]:
        folder = importlib.import_module(self.package)
        return [one.name for one in pkgutil.iter_modules(folder.__path__) if not one.name.startswith("_")]
