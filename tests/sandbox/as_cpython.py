"""What the plain interpreter, unittest and pytest say of a program and its tests: the verdict that akd must give."""

import subprocess
import sys
from pathlib import Path

UNITTEST = "\nimport unittest\nunittest.main(argv=['tests'])\n"


def passes(folder: Path, program: str, tests: str, style: str, entry: str = "f") -> bool:
    """Run a program and its tests as anybody would by hand; return whether that ends well."""
    if style == "pytest":
        (folder / "solution.py").write_text(program)
        (folder / "test_it.py").write_text(tests)
        command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", "-c", "/dev/null", "test_it.py"]
    else:
        end = {"check": f"\ncheck({entry})\n", "asserts": "", "unittest": UNITTEST}[style]
        (folder / "all.py").write_text(f"{program}\n\n{tests}\n{end}")
        command = ["all.py"]
    done = subprocess.run([sys.executable, "-B", *command], cwd=folder, capture_output=True, timeout=60, check=False)
    return done.returncode == 0
