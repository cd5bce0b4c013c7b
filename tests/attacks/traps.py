"""What attacks may find and must not: a secret file, a socket file, services on the loopback that the test opened."""

import contextlib
import os
import secrets
import shutil
import socket
import tempfile
from pathlib import Path

from attack_programs import SECRET


class Traps:
    """Traps for one run of the suite. `sprung` says which were touched. Nothing but these is ever aimed at."""

    def __init__(self) -> None:
        # not in /tmp: inside, that is the program's own directory
        self.canary = Path(tempfile.mkdtemp(prefix="akd-trap-", dir="/var/tmp"))
        self.canary.chmod(0o777)  # so that it is the sandbox that holds, not the file's mode
        (self.canary / "answers.txt").write_text(SECRET)
        (self.canary / "answers.txt").chmod(0o666)
        self._untouched = self._state()
        self.tcp, self.udp = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.abstract, self.file = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        self.abstract_name = f"akd-trap-{secrets.token_hex(8)}"
        self.tcp.bind(("127.0.0.1", 0))
        self.udp.bind(("127.0.0.1", 0))
        self.abstract.bind(f"\0{self.abstract_name}")
        self._folder = Path(tempfile.mkdtemp(prefix="akd-trap-", dir="/var/tmp"))
        self.file.bind(str(self._folder / "service.sock"))
        self._folder.chmod(0o777)
        (self._folder / "service.sock").chmod(0o777)
        for listener in (self.tcp, self.abstract, self.file):
            listener.listen()
        for trap in self._sockets():
            trap.setblocking(False)

    def _sockets(self) -> tuple[socket.socket, ...]:
        return self.tcp, self.udp, self.abstract, self.file

    def _state(self) -> list[tuple[str, int, int, int, bytes]]:
        found = []
        for path in sorted([self.canary, *self.canary.rglob("*")]):
            status = path.stat()
            found.append(
                (
                    str(path),
                    status.st_mode,
                    status.st_mtime_ns,
                    status.st_uid,
                    path.read_bytes() if path.is_file() else b"",
                )
            )
        return found

    def aim(self, code: str) -> str:
        """Return the code with the names of traps replaced by where they are."""
        places = {
            "@CANARY@/service.sock": f"{self._folder}/service.sock",
            "@CANARY@": str(self.canary),
            "@HOME@": str(Path.home()),
            "@HOSTNAME@": os.uname().nodename,
            "@TCP@": str(self.tcp.getsockname()[1]),
            "@UDP@": str(self.udp.getsockname()[1]),
            "@ABSTRACT@": self.abstract_name,
        }
        for name, place in places.items():
            code = code.replace(name, place)
        return code

    def sprung(self) -> list[str]:
        """Return the traps that were touched since last asked: connections, packets, changed files."""
        touched = []
        for name, trap in (("tcp", self.tcp), ("abstract", self.abstract), ("file", self.file)):
            with contextlib.suppress(BlockingIOError):
                trap.accept()[0].close()
                touched.append(name)
        with contextlib.suppress(BlockingIOError):
            self.udp.recv(4096)
            touched.append("udp")
        if self._state() != self._untouched:
            touched.append("canary")
        return touched

    def close(self) -> None:
        """Remove the traps."""
        for trap in self._sockets():
            trap.close()
        for folder in (self.canary, self._folder):
            shutil.rmtree(folder, ignore_errors=True)
