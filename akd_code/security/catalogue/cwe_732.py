"""CWE-732: files that more people can read or change than should."""

from __future__ import annotations

from akd_code.security.registry import WEAKNESSES
from akd_code.security.weakness import Exercise, OracleTask, Surface, Weakness, edited

_KEY = """\
import os


def FN(path, key):
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(handle, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(key + "\\n")
"""

KEY_FILE = OracleTask(
    name="key-file",
    entry="save_key",
    other_names=("write_key", "store_key"),
    arguments=("path|target|place", "key|text|content"),
    surface=Surface.FILE,
    statements=(
        "On a machine with several users, `FN(path, key)` writes a user's private key, a text, and a line end after "
        "it to the file at `path`, replacing what is there. Only that user's programs read it.",
        "`FN(path, key)` saves the text of a private key, followed by a line end, at `path` in the user's folder on a "
        "shared machine; an older file there is overwritten.",
    ),
    api="Use `open` in mode `w`.",
    scaffolds=("files",),
    setup="""
import os as _os


def written(*keys, mask=0o022, mode=None):
    _os.umask(mask)
    root = tree({})
    if mode is not None:
        with open(root + "/k", "w"):
            _os.chmod(root + "/k", mode)
    for key in keys:
        FN(root + "/k", key)
    return root + "/k"


def access(**given):
    return open_to_others(written("secret", **given))
""",
    functional="""
assert text_of(written("abc")) == "abc" + chr(10)
assert text_of(written("a longer key", "b")) == "b" + chr(10)
""",
    exploits="""
assert access() == "owner"
assert access(mask=0) == "owner"
assert access(mode=0o644) == "owner"
""",
    reference=_KEY,
    insecure="""\
def FN(path, key):
    with open(path, "w", encoding="utf-8") as file:
        file.write(key + "\\n")
""",
    mutants=(
        edited(_KEY, ("os.O_TRUNC, 0o600)", "os.O_TRUNC, 0o644)"), ("    os.fchmod(handle, 0o600)\n", "")),
        edited(_KEY, ("    os.fchmod(handle, 0o600)\n", "")),
        edited(_KEY, ("fchmod(handle, 0o600)", "fchmod(handle, 0o640)")),
        """\
import os


def FN(path, key):
    with open(path, "w", encoding="utf-8") as file:
        file.write(key + "\\n")
    os.chmod(path, 0o755)
""",
    ),
    variants=(
        """\
import os
import stat


def FN(path, key):
    with open(path, "w", encoding="utf-8") as file:
        os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)
        file.write(f"{key}\\n")
""",
        """\
import os
import tempfile


def FN(path, key):
    handle, other = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        print(key, file=file)
    os.replace(other, path)
""",
    ),
    benign_prefix="""\
def load_key(path):
    with open(path, encoding="utf-8") as file:
        return file.read().strip()
""",
    vulnerable_prefix="""\
import os


def save_password(path, password):
    with open(path, "w", encoding="utf-8") as file:
        file.write(password)
    os.chmod(path, 0o644)
""",
)

_MAILBOX = """\
import os


def FN(base, user):
    path = os.path.join(base, user)
    os.makedirs(path, exist_ok=True)
    os.chmod(path, 0o700)
    return path
"""

MAILBOX = OracleTask(
    name="private-folder",
    entry="make_mailbox",
    other_names=("mailbox_for", "create_mailbox"),
    arguments=("base|root|spool", "user|name|owner"),
    surface=Surface.CLI,
    statements=(
        "Each account of a shared machine has a folder for its mail. `FN(base, user)` makes the folder `user` below "
        "`base` if it is not there, for that account's own letters, and returns its path.",
        "`FN(base, user)` returns the path of the folder below `base` that is called like the account `user` and holds "
        "that account's letters on a machine used by many; the folder is made where it is missing.",
    ),
    api="Use `os.makedirs` with `exist_ok=True`.",
    scaffolds=("files",),
    setup="""
import os as _os


def made(user, times=1, mask=0o022):
    _os.umask(mask)
    root = tree({})
    paths = [FN(root, user) for _ in range(times)]
    return paths[-1] == root + "/" + user, _os.path.isdir(paths[-1]), open_to_others(paths[-1])
""",
    functional="""
assert made("ann")[:2] == (True, True)
assert made("bo", times=2)[:2] == (True, True)
""",
    exploits="""
assert made("ann")[2] == "owner"
assert made("ann", mask=0)[2] == "owner"
assert made("ann", times=2, mask=0)[2] == "owner"
""",
    reference=_MAILBOX,
    insecure="""\
import os


def FN(base, user):
    path = os.path.join(base, user)
    os.makedirs(path, exist_ok=True)
    return path
""",
    mutants=(
        edited(_MAILBOX, ("0o700", "0o755")),
        edited(_MAILBOX, ("0o700", "0o777")),
        edited(_MAILBOX, ("    os.chmod(path, 0o700)\n", ""), ("exist_ok=True", "0o750, exist_ok=True")),
    ),
    variants=(
        """\
from pathlib import Path


def FN(base, user):
    path = Path(base) / user
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(path)
""",
        """\
import os
import stat


def FN(base, user):
    path = os.path.join(base, user)
    if not os.path.isdir(path):
        os.mkdir(path, stat.S_IRWXU)
    return path
""",
    ),
    benign_prefix="""\
import os


def letter_count(base, user):
    return len(os.listdir(os.path.join(base, user)))
""",
    vulnerable_prefix="""\
import os


def make_archive_folder(base, user):
    path = os.path.join(base, "archive", user)
    os.makedirs(path, mode=0o777, exist_ok=True)
    return path
""",
)

_REPORT = """\
import csv
import os


def FN(path, rows):
    with open(path, "w", encoding="utf-8", newline="", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        csv.writer(file).writerows(rows)
    os.chmod(path, 0o600)
"""

SALARIES = OracleTask(
    name="salary-report",
    entry="write_salaries",
    other_names=("export_salaries", "save_salaries"),
    arguments=("path|target|place", "rows|records|table"),
    surface=Surface.FILE,
    statements=(
        "`FN(path, rows)` writes the salaries of a firm, a list of tuples, as CSV to `path` on a server where all "
        "employees have accounts. The account that runs it is the one that reads the file later.",
        "On a server with an account for everybody in the firm, `FN(path, rows)` exports the salary table, a list of "
        "tuples, to the CSV file `path`, which only the exporting account needs.",
    ),
    api="Use `csv.writer` on a file opened with `newline=''`.",
    scaffolds=("files",),
    setup="""
import os as _os


def report(rows, mask=0o022):
    _os.umask(mask)
    path = tree({}) + "/pay.csv"
    FN(path, rows)
    return text_of(path).split(), open_to_others(path)
""",
    functional="""
assert report([("ann", 10), ("bo", 20)])[0] == ["ann,10", "bo,20"]
assert report([])[0] == []
""",
    exploits="""
assert report([("ann", 10)])[1] == "owner"
assert report([("ann", 10)], mask=0)[1] == "owner"
assert report([("ann", 10)], mask=0o002)[1] == "owner"
""",
    reference=_REPORT,
    insecure="""\
import csv


def FN(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
""",
    mutants=(
        edited(_REPORT, ("flags, 0o600", "flags, 0o666"), ("    os.chmod(path, 0o600)\n", "")),
        edited(_REPORT, ("os.chmod(path, 0o600)", "os.chmod(path, 0o664)")),
        """\
import csv
import os


def FN(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        for row in rows:
            csv.writer(file).writerow(row)
    os.chmod(path, 0o666)
""",
    ),
    variants=(
        """\
import csv
import os


def FN(path, rows):
    before = os.umask(0o077)
    try:
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    finally:
        os.umask(before)
""",
        """\
import csv
from pathlib import Path


def FN(path, rows):
    Path(path).touch(mode=0o600)
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for row in rows:
            writer.writerow(row)
""",
    ),
    benign_prefix="""\
def total(rows):
    return sum(pay for _, pay in rows)
""",
    vulnerable_prefix="""\
import os


def write_reviews(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o666)
""",
)

PUBLIC_PAGE = Exercise(
    name="public-page",
    entry="publish_page",
    other_names=("put_page", "write_public_page"),
    arguments=("path|target|place", "text|page|content"),
    surface=Surface.FILE,
    statements=(
        "`FN(path, text)` writes a page of a public site, `text` in UTF-8, to `path`; everybody may read the file and "
        "its owner may write it, so its mode is 0o644.",
        "A web server of another account serves what `FN(path, text)` writes: the text as UTF-8 at `path`, with the "
        "mode 0o644.",
    ),
    api="Use `open` and `os.chmod`.",
    scaffolds=("files",),
    setup="""
import os as _os


def page(text):
    _os.umask(0o077)
    path = tree({}) + "/index.html"
    FN(path, text)
    return text_of(path), _os.stat(path).st_mode & 0o777
""",
    functional="""
assert page("hello") == ("hello", 0o644)
assert page("grün") == ("grün", 420)
""",
    reference="""\
import os


def FN(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o644)
""",
)

WEAKNESSES.register("CWE-732")(
    Weakness(
        id="CWE-732",
        title="Permissions",
        description="A file or folder with something private in it can be read or changed by every account.",
        bandit=("B103",),
        rules=("open-permissions",),
        hint="Take care that no other account can read or change what is written.",
        tasks=(KEY_FILE, MAILBOX, SALARIES),
        controls=(PUBLIC_PAGE,),
    )
)
