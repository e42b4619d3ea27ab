"""What every fault test shares: how long to go on, and a place for the figures it finds."""

import os
from collections.abc import Callable

import pytest

_FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = terminalreporter.config.stash.get(_FIGURES, [])
    if lines:
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Keep figures, to be shown when all is over: what a test found, not only that it passed."""

    def keep(**found: object) -> None:
        words = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found.items())
        request.config.stash[_FIGURES].append(f"{request.node.name}: {words}")

    return keep


@pytest.fixture(scope="session")
def long() -> bool:
    """Whether this is the long form (CHAOS=long), as before a release."""
    return os.environ.get("CHAOS", "") == "long"
