"""Sound on disk reads like an array of it, and holds none of it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.media.mono import StoredSound

SAMPLES = np.random.default_rng(5).normal(size=1000).astype(np.float32)
place = st.none() | st.integers(-1200, 1200)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoredSound:
    path = tmp_path_factory.mktemp("mono") / "sound.f32"
    SAMPLES.tofile(path)
    return StoredSound(path)


@given(start=place, stop=place)
def test_it_reads_as_the_array_does(stored: StoredSound, start: int | None, stop: int | None) -> None:
    """Also from the end, beyond the ends and the wrong way round."""
    assert len(stored) == len(SAMPLES)
    assert np.array_equal(stored[start:stop], SAMPLES[start:stop])


def test_a_step_is_refused(stored: StoredSound) -> None:
    with pytest.raises(ValueError, match="without a step"):
        _ = stored[0:10:2]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps an open file from vanishing")
def test_the_file_may_vanish(tmp_path: Path) -> None:
    """Emptying the cache breaks no dub that is under way."""
    path = tmp_path / "sound.f32"
    SAMPLES.tofile(path)
    sound = StoredSound(path)
    path.unlink()
    assert np.array_equal(sound[:], SAMPLES)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_was_read_is_not_held(tmp_path: Path) -> None:
    """Of 16 MB that were read from end to end hardly a page is left."""
    path = tmp_path / "held.f32"
    np.ones(4_000_000, np.float32).tofile(path)
    sound = StoredSound(path)
    read = sum(float(sound[first : first + 100_000].sum()) for first in range(0, len(sound), 100_000))
    assert read == len(sound)
    assert _resident(path) < 100_000


def _resident(path: Path) -> int:
    """Bytes of a mapped file in this process's memory."""
    maps = Path("/proc/self/smaps").read_text().split("VmFlags")
    (entry,) = [text for text in maps if str(path) in text]
    found = re.search(r"Rss:\s+(\d+) kB", entry)
    assert found is not None
    return int(found[1]) * 1024
