"""What the attacks share: a clinic in which something of everything has happened."""

from typing import Any

import pytest

from tests.attack.clinic import Clinic


@pytest.fixture
async def clinic(world: Any) -> Clinic:
    made = Clinic(world)
    await made.open()
    return made
