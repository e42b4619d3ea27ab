"""Peers that the project itself does not need, in a virtual environment of their own.

aiogram and the project want different versions of pydantic, so they cannot share one. What is
installed is the dependency group ``bench`` of pyproject.toml, once, in build/peers.
"""

import subprocess
import sys
import tomllib
import venv
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_PLACE = _ROOT / "build" / "peers"


def wanted() -> list[str]:
    """The requirements of the group."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    group: list[str] = project["dependency-groups"]["bench"]
    return group


def interpreter() -> Path | None:
    """Return the Python that has the peers, or None where they cannot be had."""
    python = _PLACE / "bin" / "python"
    ready = _PLACE / ".ready"
    needed = "\n".join(wanted())
    if ready.exists() and ready.read_text(encoding="utf-8") == needed:
        return python
    print(f"Setting up {_PLACE.relative_to(_ROOT)} with the peers, once.", file=sys.stderr)
    venv.create(_PLACE, clear=True, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([*pip, *wanted()], check=True)
    except subprocess.CalledProcessError:
        return None
    ready.write_text(needed, encoding="utf-8")
    return python
