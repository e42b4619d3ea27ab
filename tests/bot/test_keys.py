"""Where a key is kept: the next one is there before it is used, the former one after."""

import stat
from pathlib import Path

import pytest

from bot.keys import EnvFile, KeyFile, KeyPlace

OLD, NEW = "1a" * 32, "2b" * 32


def file_place(tmp_path: Path) -> KeyPlace:
    (tmp_path / "key").write_text(f"{OLD}\n")
    return KeyFile(tmp_path / "key")


def env_place(tmp_path: Path) -> KeyPlace:
    text = f'BOT_TOKEN=1:a\n# a remark\nexport DATABASE_KEY = "{OLD}"\nCLINIC_NAME=Sol\n'
    (tmp_path / "key").write_text(text)
    return EnvFile(tmp_path / "key")


@pytest.mark.parametrize("made", [file_place, env_place])
def test_the_next_key_is_kept_then_takes_its_place_and_the_former_stays(
    tmp_path: Path, made: object
) -> None:
    place: KeyPlace = made(tmp_path)  # type: ignore[operator]
    assert place.upcoming() is None
    place.keep_next(NEW)
    assert place.upcoming() == NEW
    assert OLD in (tmp_path / "key").read_text()
    former = Path(place.promote())
    assert former.read_text().strip() == OLD
    assert NEW in (tmp_path / "key").read_text()
    assert OLD not in (tmp_path / "key").read_text()
    assert place.upcoming() is None
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_rest_of_a_settings_file_stays_as_it_is(tmp_path: Path) -> None:
    place = env_place(tmp_path)
    place.keep_next(NEW)
    place.promote()
    assert (tmp_path / "key").read_text() == (
        f"BOT_TOKEN=1:a\n# a remark\nexport DATABASE_KEY = {NEW}\nCLINIC_NAME=Sol\n"
    )


def test_a_next_key_that_is_in_force_already_is_not_taken_for_an_open_rotation(
    tmp_path: Path,
) -> None:
    place = env_place(tmp_path)
    place.keep_next(OLD)
    assert place.upcoming() is None
