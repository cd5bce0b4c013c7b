"""The module store: verified functions in one SQLite file, found by the likeness of what they say they do.

A function gets in only if its tests passed in the sandbox and it is new (AMR-Evol, arXiv 2410.00558).
Several processes may write one store at a time: novelty is decided inside the transaction that inserts.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from akd_code.modules.embedder import Embedder
from akd_code.modules.errors import ExportError, StoreError
from akd_code.records import content_id
from akd_code.storage import Database, Schema, write_whole

if TYPE_CHECKING:
    from akd_code.modules.embedder import Vectors

NOVELTY = 0.85
"""A module is new while its cosine to every stored one is below this (the paper gives no number)."""
_TABLES = """
CREATE TABLE modules (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, name TEXT NOT NULL, signature TEXT NOT NULL,
    docstring TEXT NOT NULL, code TEXT NOT NULL, tests TEXT NOT NULL, origin TEXT NOT NULL, added REAL NOT NULL,
    uses INTEGER NOT NULL DEFAULT 0, vector BLOB NOT NULL
);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_SCHEMA = Schema("module store", 1, _TABLES, StoreError)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a module comes from: run and round, the prompt whose answer held it, and the model that wrote it."""

    run: str = ""
    round: int = 0
    prompt_id: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class VerifiedModule:
    """A function whose tests passed in the sandbox; `code` is complete, `tests` the asserts that it passed."""

    name: str
    signature: str
    docstring: str
    code: str
    tests: tuple[str, ...]
    origin: Origin = Origin()

    @property
    def id(self) -> str:
        """The id of the code."""
        return content_id(self.code)

    @property
    def text(self) -> str:
        """What is embedded: what the function says it does, not how it does it."""
        return module_text(self.name, self.signature, self.docstring)


@dataclass(frozen=True, slots=True)
class Found:
    """A stored module and its cosine to the query."""

    module: VerifiedModule
    cosine: float


def module_text(name: str, signature: str, docstring: str) -> str:
    """Return the text by which stubs and modules are compared: the name counts as much as the docstring's words."""
    return f"{name}\n{name}\n{signature}\n{docstring}"


class ModuleStore:
    """An open store. Use it from several threads; open the file from several processes.

    Raises StoreError when the file is not a store, was made by another embedder, or cannot be read; DiskError when it
    cannot be written.
    """

    def __init__(self, path: Path, embedder: Embedder) -> None:
        """Open the file, or make it for the embedder."""
        self._path, self._embedder = path, embedder
        self._lock = threading.RLock()
        self._numbers: list[int] = []
        self._vectors: Vectors | None = None
        self._seen = 0
        self._db = Database(path, _SCHEMA)
        self._db.write("INSERT OR IGNORE INTO meta VALUES ('embedder', ?)", (embedder.name,))
        (made_by,) = self._db.row("SELECT value FROM meta WHERE key = 'embedder'")
        if made_by != embedder.name:
            self._db.close()
            raise StoreError(
                f"{path} was made by the embedder {made_by}, not {embedder.name}; export it, import it into a new one"
            )

    def __len__(self) -> int:
        return int(self._db.row("SELECT count(*) FROM modules")[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def search(self, texts: Sequence[str], k: int = 1, minimum: float = 0.0) -> list[tuple[Found, ...]]:
        """Return, for each text, the k most similar modules at or above `minimum`, best first."""
        import numpy as np

        if not texts:
            return []
        queries = self._embedder.embed(texts)
        with self._readable(), self._lock:
            self._refresh()
            vectors = self._vectors
            if vectors is None or k < 1:
                return [()] * len(texts)
            made: list[tuple[Found, ...]] = []
            for query in queries:
                if not query.any():  # nothing is known of the text, so nothing is like it
                    made.append(())
                    continue
                cosines = vectors @ query
                count = min(k, len(cosines))
                best = np.argpartition(-cosines, count - 1)[:count]
                order = sorted(best.tolist(), key=lambda at: (-float(cosines[at]), self._numbers[at]))
                wanted = [at for at in order if cosines[at] >= minimum]
                made.append(tuple(Found(self._module(self._numbers[at]), float(cosines[at])) for at in wanted))
            return made

    def admit(self, module: VerifiedModule, novelty: float = NOVELTY) -> bool:
        """Store a module if it is new, and return whether it was; what others stored meanwhile counts too.

        One whose text the embedder has no vector for (an endpoint refuses it) could never be found: it is not stored.
        """
        vector = self._embedder.embed([module.text])[0]
        if not vector.any():
            return False
        with self._lock, self._transaction():
            self._refresh()
            if self._vectors is not None and float((self._vectors @ vector).max()) >= novelty:
                return False
            return self._insert(module, vector)

    def forget(self, run: str, since_round: int) -> int:
        """Remove what a run added from a round on, so that the round can be done again; return how many."""
        with self._lock, self._transaction():
            rows = self._db.rows("SELECT number, origin FROM modules")
            gone = [
                number
                for number, origin in rows
                if (found := json.loads(origin)).get("run") == run and found.get("round", 0) >= since_round
            ]
            self._db.write_all("DELETE FROM modules WHERE number = ?", [(number,) for number in gone])
            self._numbers, self._vectors, self._seen = [], None, 0
            return len(gone)

    def count_uses(self, ids: Iterable[str]) -> None:
        """Add one use to each of the modules."""
        with self._lock, self._transaction():
            self._db.write_all("UPDATE modules SET uses = uses + 1 WHERE id = ?", [(one,) for one in ids])

    def uses(self) -> dict[str, int]:
        """Return how often each module was shown, by id."""
        return dict(self._db.rows("SELECT id, uses FROM modules ORDER BY number"))

    def modules(self) -> list[VerifiedModule]:
        """Return all modules, oldest first."""
        with self._readable(), self._lock:
            return [self._module(number) for (number,) in self._db.rows("SELECT number FROM modules ORDER BY number")]

    def export(self, path: Path) -> int:
        """Write all modules as JSON lines and return how many; vectors are left out, any embedder can import.

        Raises DiskError.
        """
        modules = self.modules()
        write_whole(path, "".join(json.dumps(asdict(module)) + "\n" for module in modules))
        return len(modules)

    def import_modules(self, modules: Iterable[VerifiedModule]) -> int:
        """Store modules that are not there yet (by their code), without asking whether they are new; return how many.

        They were verified where they come from: import only files that you trust.
        """
        wanted = list(modules)
        added = 0
        for at in range(0, len(wanted), 512):
            chunk = wanted[at : at + 512]
            vectors = self._embedder.embed([module.text for module in chunk])
            with self._lock, self._transaction():
                added += sum(self._insert(module, vector) for module, vector in zip(chunk, vectors, strict=True))
        return added

    def _insert(self, module: VerifiedModule, vector: Any) -> bool:
        row = (
            module.id, module.name, module.signature, module.docstring, module.code, json.dumps(module.tests),
            json.dumps(asdict(module.origin)), time.time(), vector.astype("<f4").tobytes(),
        )  # fmt: skip
        added = self._db.write(
            "INSERT OR IGNORE INTO modules (id, name, signature, docstring, code, tests, origin, added, vector) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        return added == 1

    def _module(self, number: int) -> VerifiedModule:
        row = self._db.row(
            "SELECT name, signature, docstring, code, tests, origin FROM modules WHERE number = ?", (number,)
        )
        if row is None:
            raise StoreError(f"a module of {self._path} was removed by another process; run the same command again")
        name, signature, docstring, code, tests, origin = row
        return VerifiedModule(name, signature, docstring, code, tuple(json.loads(tests)), Origin(**json.loads(origin)))

    def _refresh(self) -> None:
        """Read the vectors that were stored since the last look, by this process or another."""
        import numpy as np

        rows = self._db.rows("SELECT number, vector FROM modules WHERE number > ? ORDER BY number", (self._seen,))
        if not rows:
            return
        new = np.frombuffer(b"".join(vector for _, vector in rows), dtype="<f4").reshape(len(rows), -1)
        self._vectors = new.copy() if self._vectors is None else np.concatenate([self._vectors, new])
        self._numbers += [number for number, _ in rows]
        self._seen = rows[-1][0]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Write together or not at all; what was read of the file meanwhile is forgotten with it."""
        try:
            with self._readable(), self._db.transaction():
                yield
        except BaseException:
            self._numbers, self._vectors, self._seen = [], None, 0
            raise

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        """Turn rows that no version of ours wrote into this room's error."""
        try:
            yield
        except (ValueError, TypeError) as error:
            raise StoreError(
                f"cannot use the module store {self._path}: {error}; restore it from an export, or remove it"
            ) from None


def read_modules(path: Path) -> list[VerifiedModule]:
    """Return the modules of an export. Raises ExportError naming the line that is broken."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"cannot read the exported modules {path}: {error}; give a file made by an export") from None
    modules = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            origin = Origin(**row.pop("origin"))
            module = VerifiedModule(**{**row, "tests": tuple(row["tests"]), "origin": origin})
            texts = (module.name, module.signature, module.docstring, module.code, *module.tests)
            if not all(isinstance(text, str) for text in texts):
                raise ValueError("a field is not text")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ExportError(
                f"{path}:{number}: not a module of an export ({error}); correct or remove the line"
            ) from None
        modules.append(module)
    return modules
