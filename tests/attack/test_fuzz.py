"""Any input whatever: no exception gets out, and no input holds the bot up.

Run by .ci/run with some thousand inputs for each place; CHAOS=long tries a million in all.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.fault

INPUTS = {"update": 40_000, "protocol": 4_000, "dates": 20_000, "triage": 20_000}
INPUTS_LONG = {"update": 500_000, "protocol": 50_000, "dates": 200_000, "triage": 250_000}
WITHIN_MS = 50


@pytest.mark.parametrize("target", INPUTS)
def test_no_input_raises_or_holds_the_bot_up(
    target: str, tmp_path: Path, record_property: Any
) -> None:
    atheris = pytest.importorskip("atheris", reason="the fuzzer runs on Linux only")
    from tests.attack import fuzzing

    long = os.environ.get("CHAOS", "") == "long"
    inputs = (INPUTS_LONG if long else INPUTS)[target]
    slowest = tmp_path / "slowest.json"
    command = [sys.executable, "-m", "tests.attack.fuzzing", target, str(inputs), str(slowest)]
    done = subprocess.run(command, cwd=tmp_path.cwd(), capture_output=True, text=True, check=False)
    assert slowest.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    once = fuzzing.TARGETS[target]()
    worst = 0.0
    for _, raw in json.loads(slowest.read_text("utf-8")):
        took = min(_took(once, atheris.FuzzedDataProvider(bytes.fromhex(raw))) for _ in range(3))
        worst = max(worst, took)
    record_property("inputs", inputs)
    record_property("worst ms", round(worst, 1))
    assert worst < WITHIN_MS


def _took(once: Any, data: Any) -> float:
    begun = time.process_time()
    once(data)
    return (time.process_time() - begun) * 1000
