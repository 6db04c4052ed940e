"""The threads behind preview and timeline: asked from here, answered by signals, ended cleanly."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.core.geometry import Similarity
from app.engine.media.clip import Clip, open_clip
from app.engine.preview.mask_shape import MaskShape
from app.engine.preview.patch import Patch
from app.engine.preview.proxy import make_proxy
from app.workers.frame_thread import FrameThread, ShownFrame, to_qimage
from app.workers.mailbox import Mailbox
from app.workers.thumbnail_thread import QUIET, ThumbnailThread
from tests.unit.engine.media.synth import ClipRecipe, grey_of, make_clip

LONG = 60_000
"""Milliseconds that a busy machine may take; no test waits for it where all is well."""


class Patches(dict[str, Patch]):
    """A cache of patches."""


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    """Forty frames, 64 x 48, a key frame every eight, told apart by their grey."""
    return open_clip(make_clip(tmp_path / "clip.mp4", ClipRecipe(pts=[i * 512 for i in range(40)])))


@pytest.fixture
def thread(qtbot: QtBot) -> Iterator[FrameThread]:
    thread = FrameThread()
    thread.start()
    yield thread
    thread.stop()
    assert thread.isFinished()


@pytest.fixture
def shown(thread: FrameThread) -> list[ShownFrame]:
    found: list[ShownFrame] = []
    thread.shown.connect(found.append)
    return found


def level_of(image: QImage, x: int = 5, y: int = 5) -> int:
    return image.pixelColor(x, y).red()


def expected(index: int) -> float:
    """The screen's level of frame `index`, which was stored in limited range."""
    return (grey_of(index) - 16) * 255 / 219


def wait_for(qtbot: QtBot, shown: list[ShownFrame], index: int) -> ShownFrame:
    qtbot.waitUntil(lambda: bool(shown) and shown[-1].exact and shown[-1].index == index, timeout=LONG)
    return shown[-1]


def test_the_frame_that_was_asked_for_is_shown(
    qtbot: QtBot, thread: FrameThread, shown: list[ShownFrame], clip: Clip
) -> None:
    thread.set_clip(clip)
    for index in (0, 17, 39, 4):
        thread.show(index, None, exact=True)
        frame = wait_for(qtbot, shown, index)
        assert (frame.size, frame.scale, frame.dubbed) == ((64, 48), 1.0, None)
        assert (frame.original.width(), frame.original.height()) == (64, 48)
        assert level_of(frame.original) == pytest.approx(expected(index), abs=4)


def test_of_many_wishes_the_last_one_is_shown_in_the_end(
    qtbot: QtBot, thread: FrameThread, shown: list[ShownFrame], clip: Clip
) -> None:
    thread.set_clip(clip)
    for index in [*range(40), *range(39, -1, -1), 23]:
        thread.show(index, None, exact=False)
    frame = wait_for(qtbot, shown, 23)
    assert frame.wanted == 23
    assert len(shown) < 40


def test_a_proxys_picture_is_as_large_as_the_frames_and_says_what_it_is(
    qtbot: QtBot, thread: FrameThread, shown: list[ShownFrame], clip: Clip, tmp_path: Path
) -> None:
    thread.set_clip(clip, make_proxy(clip, tmp_path))
    thread.show(30, None, exact=False)
    wait_for(qtbot, shown, 30)
    assert [(frame.index, frame.exact) for frame in shown] == [(30, False), (30, True)]
    assert shown[0].original.size() == shown[1].original.size()


def test_a_patch_that_is_there_is_laid_on_and_one_that_comes_later_too(
    qtbot: QtBot, thread: FrameThread, shown: list[ShownFrame], clip: Clip
) -> None:
    patches = Patches(early=Patch(20, 10, np.full((16, 24, 3), 255, np.uint8)))
    thread.set_clip(clip)
    thread.set_cache(patches)
    thread.show(3, "early", exact=True)
    frame = wait_for(qtbot, shown, 3)
    assert frame.dubbed is not None
    assert frame.key == "early"
    assert level_of(frame.dubbed, 30, 16) == 255
    assert level_of(frame.dubbed) == level_of(frame.original)
    thread.show(4, "late", exact=True)
    assert wait_for(qtbot, shown, 4).dubbed is None
    patches["late"] = Patch(0, 0, np.full((48, 64, 3), 7, np.uint8))
    thread.patches_ready(["some other"])
    thread.patches_ready(["late"])
    qtbot.waitUntil(lambda: shown[-1].dubbed is not None, timeout=LONG)
    assert level_of(shown[-1].dubbed or QImage()) == 7
    assert level_of(shown[-1].original) == pytest.approx(expected(4), abs=4)


def test_a_stand_in_never_wears_the_patch_of_the_frame_that_was_asked_for(
    qtbot: QtBot, thread: FrameThread, shown: list[ShownFrame], clip: Clip
) -> None:
    thread.set_clip(clip)
    thread.set_cache(Patches(nine=Patch(0, 0, np.zeros((48, 64, 3), np.uint8))))
    thread.show(5, None, exact=True)
    wait_for(qtbot, shown, 5)
    shown.clear()
    thread.show(9, "nine", exact=False)
    wait_for(qtbot, shown, 9)
    assert shown[0].index == 5
    assert shown[0].dubbed is None
    assert shown[-1].dubbed is not None


def test_the_picture_comes_again_in_another_size(
    qtbot: QtBot, thread: FrameThread, shown: list[ShownFrame], clip: Clip
) -> None:
    thread.set_clip(clip)
    thread.show(2, None, exact=True)
    wait_for(qtbot, shown, 2)
    thread.set_scale(0.5)
    qtbot.waitUntil(lambda: shown[-1].scale == 0.5, timeout=LONG)
    assert (shown[-1].original.width(), shown[-1].original.height()) == (32, 24)
    thread.set_scale(9.0)
    qtbot.waitUntil(lambda: shown[-1].scale == 1.0, timeout=LONG)


def test_the_mask_comes_with_the_frame_it_belongs_to(
    qtbot: QtBot, thread: FrameThread, shown: list[ShownFrame], clip: Clip
) -> None:
    masks = {8: MaskShape(np.ones((4, 4), np.float32), Similarity(1, 0, 0, 0))}
    thread.set_clip(clip)
    thread.show(8, None, exact=True)
    assert wait_for(qtbot, shown, 8).mask is None
    thread.set_mask_source(masks.get)
    qtbot.waitUntil(lambda: shown[-1].mask is masks[8], timeout=LONG)
    thread.show(9, None, exact=True)
    assert wait_for(qtbot, shown, 9).mask is None


def test_a_clip_deleted_under_our_feet_is_a_sentence_and_the_thread_goes_on(
    qtbot: QtBot, thread: FrameThread, shown: list[ShownFrame], clip: Clip, tmp_path: Path
) -> None:
    thread.set_clip(clip)
    thread.show(0, None, exact=True)
    wait_for(qtbot, shown, 0)
    Path(clip.path).unlink()
    with qtbot.waitSignal(thread.failed, timeout=LONG) as failure:
        thread.show(39, None, exact=True)
    assert "clip.mp4" in failure.args[0]
    assert "does not exist" in failure.args[0]
    other = open_clip(make_clip(tmp_path / "other.mp4"))
    thread.set_clip(other)
    thread.show(6, None, exact=True)
    wait_for(qtbot, shown, 6)


def test_what_was_asked_of_the_clip_before_is_forgotten(
    qtbot: QtBot, thread: FrameThread, shown: list[ShownFrame], clip: Clip, tmp_path: Path
) -> None:
    other = open_clip(make_clip(tmp_path / "other.mp4", ClipRecipe(size=(32, 32))))
    thread.set_clip(clip)
    thread.show(30, None, exact=True)
    thread.set_clip(None)
    thread.show(31, None, exact=True)
    thread.set_clip(other)
    thread.show(1, None, exact=True)
    qtbot.waitUntil(lambda: bool(shown) and shown[-1].size == (32, 32) and shown[-1].exact, timeout=LONG)
    assert shown[-1].index == 1


def test_nothing_of_the_clip_before_is_shown_after_the_next_was_set(
    qtbot: QtBot, thread: FrameThread, shown: list[ShownFrame], clip: Clip
) -> None:
    thread.set_clip(clip)
    thread.show(3, None, exact=True)
    qtbot.waitUntil(lambda: bool(shown), timeout=LONG)
    shown.clear()
    made = threading.Event()
    thread._made.connect(lambda *_: made.set(), Qt.ConnectionType.DirectConnection)
    thread.show(4, None, exact=True)
    assert made.wait(60)  # the picture is made, but its event not delivered yet
    thread.set_clip(None)
    qtbot.wait(50)
    assert shown == []


def test_playing_ahead_makes_the_next_frames_come_exactly(
    qtbot: QtBot, thread: FrameThread, shown: list[ShownFrame], clip: Clip
) -> None:
    thread.set_clip(clip)
    for index in range(12):
        thread.play_ahead(index, 1)
        thread.show(index, None, exact=True)
        wait_for(qtbot, shown, index)
    assert [frame.index for frame in shown if frame.exact] == list(range(12))


def test_a_thread_that_was_never_started_can_be_stopped(qtbot: QtBot) -> None:
    FrameThread().stop()


def test_a_screens_picture_becomes_an_image_of_its_own() -> None:
    pixels = np.zeros((3, 5, 4), np.uint8)
    pixels[1, 2] = (10, 20, 30, 255)
    image = to_qimage(pixels[:, ::1])
    pixels[:] = 0
    colour = image.pixelColor(2, 1)
    assert (colour.red(), colour.green(), colour.blue()) == (30, 20, 10)


def test_of_messages_on_one_subject_the_latest_is_read() -> None:
    mail = Mailbox()
    mail.post("show", 1)
    mail.post("show", 2)
    mail.add("ready", ["a"])
    mail.add("ready", ["b"])
    assert mail.take(None) == {"show": 2, "ready": {"a", "b"}}
    mail.post("show", 3)
    mail.post("clip", "new", instead_of=("show",))
    assert mail.take(0.0) == {"clip": "new"}
    assert mail.take(0.0) == {}


@pytest.fixture
def thumbnails(qtbot: QtBot, tmp_path: Path) -> Iterator[ThumbnailThread]:
    thread = ThumbnailThread(tmp_path / "thumbnails")
    thread.start()
    yield thread
    thread.stop()
    assert thread.isFinished()


def test_every_thumbnail_comes_and_ends_up_exact(qtbot: QtBot, thumbnails: ThumbnailThread, clip: Clip) -> None:
    found: dict[int, QImage] = {}
    thumbnails.thumbnail.connect(found.__setitem__)
    thumbnails.set_clip(clip)
    thumbnails.request([2, 3, 4], 24)
    qtbot.waitUntil(
        lambda: sorted(found) == [2, 3, 4] and all(abs(level_of(found[i]) - expected(i)) < 5 for i in found),
        timeout=LONG,
    )
    assert (found[3].width(), found[3].height()) == (32, 24)


def test_a_proxy_that_comes_later_makes_them_anew(
    qtbot: QtBot, thumbnails: ThumbnailThread, clip: Clip, tmp_path: Path
) -> None:
    found: list[tuple[int, QImage]] = []
    thumbnails.thumbnail.connect(lambda index, image: found.append((index, image)))
    thumbnails.set_clip(clip)
    thumbnails.request([3, 20, 37], 24)
    qtbot.waitUntil(lambda: len(found) >= 3, timeout=LONG)
    thumbnails.set_proxy(make_proxy(clip, tmp_path))
    qtbot.waitUntil(
        lambda: {index for index, image in found if abs(level_of(image) - expected(index)) < 5} == {3, 20, 37},
        timeout=LONG,
    )


def test_no_thumbnail_of_the_clip_before_comes_after_the_next_was_set(
    qtbot: QtBot, thumbnails: ThumbnailThread, clip: Clip
) -> None:
    found: list[int] = []
    thumbnails.thumbnail.connect(lambda index, _image: found.append(index))
    made = threading.Event()
    thumbnails._made.connect(lambda *_: made.set(), Qt.ConnectionType.DirectConnection)
    thumbnails.set_clip(clip)
    thumbnails.request([0, 8], 24)
    assert made.wait(60)  # a picture is made, but its event not delivered yet
    thumbnails.set_clip(None)
    qtbot.wait(50)
    assert found == []


def test_scrubbing_goes_first(qtbot: QtBot, thumbnails: ThumbnailThread, clip: Clip) -> None:
    found: dict[int, float] = {}
    thumbnails.thumbnail.connect(lambda index, _image: found.setdefault(index, monotonic()))
    thumbnails.set_clip(clip)
    before = monotonic()
    thumbnails.stand_back()
    thumbnails.request([0, 8], 24)
    qtbot.waitUntil(lambda: sorted(found) == [0, 8], timeout=LONG)
    assert min(found.values()) - before >= QUIET


def test_thumbnails_of_a_clip_that_is_gone_are_a_sentence(
    qtbot: QtBot, thumbnails: ThumbnailThread, clip: Clip
) -> None:
    Path(clip.path).unlink()
    thumbnails.set_clip(clip)
    with qtbot.waitSignal(thumbnails.failed, timeout=LONG) as failure:
        thumbnails.request([0, 8], 24)
    assert "does not exist" in failure.args[0]
