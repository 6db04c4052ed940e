"""Thumbnails: spread over the strip first, then exact; kept on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.errors import MediaError
from app.engine.media.clip import Clip, open_clip
from app.engine.ports import Image
from app.engine.preview.proxy import make_proxy
from app.engine.preview.thumbnails import ThumbnailMaker, ThumbnailStore, coarse_to_fine
from tests.unit.engine.media.synth import ClipRecipe, grey_of, make_clip


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    """Forty frames, a key frame every eight."""
    return open_clip(make_clip(tmp_path / "clip.mp4", ClipRecipe(pts=[i * 512 for i in range(40)])))


def all_of(maker: ThumbnailMaker, indices: list[int], height: int = 24) -> list[tuple[int, Image]]:
    return [made for made in maker.make(indices, height) if made is not None]


def shows(picture: Image, index: int) -> bool:
    """Whether it is the grey of frame `index`, which limited range spreads by 255/219."""
    return abs(float(picture.mean()) - (grey_of(index) - 16) * 255 / 219) < 4


def test_any_first_part_is_spread_evenly() -> None:
    order = coarse_to_fine(range(0, 100, 10))
    assert sorted(order) == list(range(0, 100, 10))
    assert sorted(order[:3]) == [20, 50, 80]
    assert coarse_to_fine([]) == []
    assert coarse_to_fine([7, 7, 7]) == [7]


def test_each_frame_ends_up_with_its_own_picture(clip: Clip, tmp_path: Path) -> None:
    maker = ThumbnailMaker(clip, tmp_path)
    made = all_of(maker, [0, 5, 11, 21, 39])
    last = dict(made)
    assert sorted(last) == [0, 5, 11, 21, 39]
    for index, picture in last.items():
        assert picture.shape == (24, 32, 3)
        assert shows(picture, index) or index - index % 8 == index
    maker.close()


def test_key_frames_stand_in_first_and_every_place_has_a_picture_before_any_gets_its_own(
    clip: Clip, tmp_path: Path
) -> None:
    maker = ThumbnailMaker(clip, tmp_path)
    made = all_of(maker, [5, 6, 7])
    assert sorted(index for index, _ in made[:3]) == [5, 6, 7]
    assert all(shows(picture, 0) for _, picture in made[:3])
    assert [(index, shows(picture, index)) for index, picture in made[3:]] == [(5, True), (6, True), (7, True)]
    maker.close()


def test_a_proxy_gives_each_its_own_picture_at_once(clip: Clip, tmp_path: Path) -> None:
    maker = ThumbnailMaker(clip, tmp_path / "cache")
    maker.set_proxy(make_proxy(clip, tmp_path))
    made = all_of(maker, [5, 6, 7, 30])
    assert len(made) == 4
    assert all(shows(picture, index) for index, picture in made)
    maker.close()


def test_a_damaged_proxy_is_done_without_and_removed(
    clip: Clip, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = make_proxy(clip, tmp_path)
    path.write_bytes(b"no video at all")
    maker = ThumbnailMaker(clip, tmp_path / "cache")
    maker.set_proxy(path)
    assert all(shows(picture, index) for index, picture in all_of(maker, [0, 16]))
    assert "done without" in caplog.text and not path.exists()
    maker.close()


def test_a_second_run_reads_the_disk_and_needs_no_clip(clip: Clip, tmp_path: Path) -> None:
    maker = ThumbnailMaker(clip, tmp_path)
    all_of(maker, [0, 16])
    maker.close()
    Path(clip.path).unlink()
    maker = ThumbnailMaker(clip, tmp_path)
    assert all(shows(picture, index) for index, picture in all_of(maker, [0, 16]))
    with pytest.raises(MediaError, match="does not exist"):
        all_of(maker, [35])
    maker.close()


def test_a_damaged_file_is_made_again(clip: Clip, tmp_path: Path) -> None:
    store = ThumbnailStore(clip, tmp_path)
    maker = ThumbnailMaker(clip, tmp_path)
    all_of(maker, [0])
    store.path(0, 24).write_bytes(b"no picture")
    ((_, picture),) = all_of(maker, [0])
    assert shows(picture, 0)
    assert store.read(0, 24) is not None
    maker.close()


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_a_flipped_bit_shows_no_other_picture(clip: Clip, tmp_path: Path, place: float) -> None:
    """A JPEG with a wrong bit in its middle still decodes, to stripes."""
    store = ThumbnailStore(clip, tmp_path)
    maker = ThumbnailMaker(clip, tmp_path)
    ((_, before),) = all_of(maker, [0])
    data = bytearray(store.path(0, 24).read_bytes())
    data[int(place * len(data))] ^= 0x10
    store.path(0, 24).write_bytes(data)
    assert store.read(0, 24) is None
    ((_, again),) = all_of(maker, [0])
    assert np.array_equal(again, before)
    maker.close()


def test_a_cache_that_cannot_be_written_costs_no_thumbnail(
    clip: Clip, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("a file")
    maker = ThumbnailMaker(clip, tmp_path / "cache")
    assert len(all_of(maker, [0, 8, 16])) == 3
    assert caplog.text.count("cannot be kept") == 1
    maker.close()


def test_frames_beyond_the_clip_are_left_out(clip: Clip, tmp_path: Path) -> None:
    maker = ThumbnailMaker(clip, tmp_path)
    assert [index for index, _ in all_of(maker, [-1, 40, 999])] == []
    maker.close()
