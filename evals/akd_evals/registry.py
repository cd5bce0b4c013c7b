"""Things found by name: those that a package brings, and those that other installed distributions add.

A module of the package registers what it defines when it is imported; another distribution names it in an entry point.
Nothing is imported before it is asked for, and what cannot be imported costs only its own name.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Broken:
    """An entry point that could not be loaded: what to say to whoever asks for it."""

    reason: str


class Registry(Generic[T]):
    """What is known by name, of one kind. Safe to use from several threads.

    Example:
        >>> SUITES: Registry[Loader] = Registry(
        ...     what="suite", group="akd.suites", package="akd_evals.suites", error=EvalError
        ... )
        >>> @SUITES.register("humaneval")
        ... def load() -> Suite: ...
        >>> SUITES.get("humaneval")()
    """

    def __init__(self, *, what: str, group: str, package: str, error: type[Exception], hint: str = "") -> None:
        """Make an empty one.

        Args:
            what: the kind of thing, for messages.
            group: the entry points by which other distributions add to it; a name that `package` has too is not theirs.
            package: the package whose public modules register what they define.
            error: raised by `get`.
            hint: what may be given instead of a known name, for the message about an unknown one.
        """
        self._what = what
        self._hint = hint
        self._group = group
        self._package = package
        self._error = error
        self._known: dict[str, T] = {}
        self._origins: dict[str, str] = {}
        self._outside: dict[str, metadata.EntryPoint] | None = None
        self._broken: dict[str, _Broken] = {}
        self._all_imported = False
        self._lock = threading.RLock()

    def register(self, *names: str) -> Callable[[T], T]:
        """Return a decorator that registers what it decorates under each of the names.

        Raises ValueError for a name that something else has, naming both.
        """

        def add(thing: T) -> T:
            origin = f"{getattr(thing, '__module__', '?')}.{getattr(thing, '__qualname__', type(thing).__name__)}"
            with self._lock:
                for name in names:
                    self._add(name, thing, origin)
            return thing

        return add

    def _add(self, name: str, thing: T, origin: str) -> None:
        before = self._origins.get(name)
        if before is not None and before != origin:
            raise ValueError(
                f"{name!r} is the name of two things, {before} and {origin}, and a {self._what} needs one of its own"
            )
        self._known[name] = thing
        self._origins[name] = origin

    def names(self) -> tuple[str, ...]:
        """Return every name that can be asked for, sorted; imports the whole package and loads every entry point."""
        with self._lock:
            self._import_all()
            for name in self._entry_points():
                self._load(name)
            return tuple(sorted(self._known))

    def get(self, name: str) -> T:
        """Return what is registered under `name`.

        Raises the registry's error, in one line: for an unknown name with the nearest one and the known ones, for an
        entry point that cannot be loaded with its distribution and the reason.
        """
        with self._lock:
            if name not in self._known:
                self._import_module_of(name)
            if name not in self._known:
                self._load(name)
            if name not in self._known and name not in self._broken:
                self._import_all()
            if name in self._known:
                return self._known[name]
            if name in self._broken:
                raise self._error(self._broken[name].reason)
            raise self._error(self._unknown(name))

    def _unknown(self, name: str) -> str:
        known = sorted({*self.names(), *self._broken})
        alike = {_normal(one): one for one in known}
        nearest = difflib.get_close_matches(_normal(name), sorted(alike), n=1, cutoff=0.5)
        near = f"did you mean {alike[nearest[0]]}? " if nearest else ""
        return f"unknown {self._what} {name!r}; {near}known are {', '.join(known) or 'none'}{self._hint}"

    def _modules(self) -> Iterable[str]:
        package = importlib.import_module(self._package)
        found = (info.name for info in pkgutil.iter_modules(package.__path__))
        return (name for name in found if not name.startswith("_"))

    def _import_module_of(self, name: str) -> None:
        """Import the module that is called like the name, where there is one: the others need not be."""
        wanted = _normal(name)
        for module in self._modules():
            if _normal(module) == wanted:
                importlib.import_module(f"{self._package}.{module}")

    def _import_all(self) -> None:
        if not self._all_imported:
            for module in self._modules():
                importlib.import_module(f"{self._package}.{module}")
            self._all_imported = True

    def _entry_points(self) -> dict[str, metadata.EntryPoint]:
        if self._outside is None:
            self._outside = {}
            for point in metadata.entry_points(group=self._group):
                other = self._outside.setdefault(point.name, point)
                if other is not point and _distribution(other) != _distribution(point):
                    both = f"{_distribution(other)} and {_distribution(point)}"
                    told = f"two distributions, {both}, have a {self._what} called {point.name!r}; remove one"
                    self._broken[point.name] = _Broken(told)
        return self._outside

    def _load(self, name: str) -> None:
        """Load the entry point called `name`, once; one that cannot be loaded is remembered with the reason."""
        point = self._entry_points().get(name)
        if point is None or name in self._known or name in self._broken:
            return
        distribution = _distribution(point)
        try:
            thing: T = point.load()
        except Exception as error:  # somebody else's module: whatever it raises, only its own name is lost
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            told = (
                f"{self._what} {name!r} of {distribution} cannot be loaded ({reason}); update or remove {distribution}"
            )
            self._broken[name] = _Broken(told)
            return
        self._add(name, thing, f"{point.value} of {distribution}")


def _distribution(point: metadata.EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unknown distribution"


def _normal(name: str) -> str:
    """Return a name as a module may be called: `humaneval+` is `humaneval_plus`."""
    return name.lower().replace("+", "_plus").replace("-", "_").replace("_", "")
