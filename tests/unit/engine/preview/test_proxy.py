"""Proxies: frame for frame the clip, small, all key frames, whole or not there."""

from __future__ import annotations

import random
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest

from app.core.errors import Cancelled, MediaError
from app.engine.media.clip import open_clip
from app.engine.media.reader import VideoReader
from app.engine.preview.key_frames import find_key_frames, key_before, proxy_helps
from app.engine.preview.proxy import (
    DamagedProxyError,
    ProxyReader,
    ProxySlot,
    find_proxy,
    make_proxy,
    proxy_path,
    proxy_size,
)
from app.engine.progress import CancelToken
from tests.unit.engine.media.synth import ClipRecipe, grey_of, make_clip

UNEVEN = [300, 812, 1400, 1401, 3000, 3600, 4112, 9000]


def luma_of(frame: av.VideoFrame) -> float:
    return float(frame.to_ndarray()[: frame.height].mean())


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((1920, 1080), (960, 540)),
        ((1080, 1920), (540, 960)),
        ((3840, 2160), (960, 540)),
        ((64, 48), (64, 48)),
        ((1916, 1078), (960, 540)),
    ],
)
def test_a_proxy_is_small_of_the_same_shape_and_even(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert proxy_size(size) == small


@pytest.mark.parametrize("pts", [[i * 512 for i in range(20)], UNEVEN], ids=["even", "uneven"])
def test_every_frame_is_there_at_its_time_and_a_key_frame(tmp_path: Path, pts: list[int]) -> None:
    clip = open_clip(make_clip(tmp_path / "clip.mp4", ClipRecipe(pts=pts, sound=True)))
    told: list[tuple[str, int, int | None]] = []
    path = make_proxy(clip, tmp_path / "cache", lambda *step: told.append(step))
    assert told == [("proxy", index + 1, clip.count) for index in range(clip.count)]
    with VideoReader(path) as reader:
        assert [stamp * reader.video.time_base for stamp in reader.timestamps] == [
            (stamp - clip.pts[0]) * clip.time_base for stamp in clip.pts
        ]
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    assert all(frame.key_frame for frame in frames)
    assert [round(luma_of(frame)) for frame in frames] == [
        pytest.approx(grey_of(index), abs=3) for index in range(clip.count)
    ]


def test_frames_come_in_any_order(tmp_path: Path) -> None:
    clip = open_clip(make_clip(tmp_path / "clip.mp4"))
    order = [*range(clip.count), 3, 3, 19, 0]
    random.Random(1).shuffle(order)
    with closing(ProxyReader(make_proxy(clip, tmp_path), clip)) as proxy:
        for index in order:
            frame = proxy.frame(index)
            assert (frame.index, frame.pts) == (index, clip.pts[index])
            assert luma_of(frame.yuv) == pytest.approx(grey_of(index), abs=3)


def test_colours_stay_those_of_the_clip_though_it_tells_no_matrix_and_the_proxy_is_smaller(tmp_path: Path) -> None:
    red = np.zeros((720, 1280, 3), np.uint8)
    red[:] = (200, 40, 60)
    recipe = ClipRecipe(pts=[0, 512], size=(1280, 720), pictures=[red, red])
    clip = open_clip(make_clip(tmp_path / "clip.mp4", recipe))
    proxy = ProxyReader(make_proxy(clip, tmp_path), clip)
    with VideoReader(Path(clip.path)) as reader, closing(proxy):
        full, small = next(iter(reader.frames())).rgb(), proxy.frame(0).rgb()
    assert small.shape == (540, 960, 3)
    assert np.abs(small.mean((0, 1)) - full.mean((0, 1))).max() < 3


def test_a_proxy_is_made_once(tmp_path: Path) -> None:
    clip = open_clip(make_clip(tmp_path / "clip.mp4"))
    assert find_proxy(clip, tmp_path) is None
    path = make_proxy(clip, tmp_path)
    before = path.stat().st_mtime_ns
    assert find_proxy(clip, tmp_path) == path == proxy_path(clip, tmp_path)
    assert make_proxy(clip, tmp_path) == path
    assert path.stat().st_mtime_ns == before


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    clip = open_clip(make_clip(tmp_path / "clip.mp4"))
    token = CancelToken()

    def stop_at_three(_stage: str, done: int, _total: int | None) -> None:
        if done == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        make_proxy(clip, tmp_path / "cache", stop_at_three, token)
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]


def test_a_clip_that_is_gone_is_named_and_nothing_left(tmp_path: Path) -> None:
    clip = open_clip(make_clip(tmp_path / "clip.mp4"))
    Path(clip.path).unlink()
    with pytest.raises(MediaError, match=r"clip\.mp4.*does not exist"):
        make_proxy(clip, tmp_path / "cache")
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]


def test_a_cache_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    clip = open_clip(make_clip(tmp_path / "clip.mp4"))
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(MediaError, match=r"cache folder .* cannot be written to .*REDUB_CACHE"):
        make_proxy(clip, tmp_path / "cache")


def test_a_damaged_proxy_is_told_from_a_whole_one(tmp_path: Path) -> None:
    clip = open_clip(make_clip(tmp_path / "clip.mp4"))
    path = make_proxy(clip, tmp_path)
    shorter = open_clip(make_clip(tmp_path / "other.mp4", ClipRecipe(pts=[0, 512])))
    with pytest.raises(DamagedProxyError, match="20 frames where the clip has 2"):
        ProxyReader(path, shorter)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DamagedProxyError):
        ProxyReader(path, clip)


def test_a_proxy_with_fewer_frames_than_its_clip_is_never_kept(tmp_path: Path) -> None:
    clip = open_clip(make_clip(tmp_path / "clip.mp4"))
    longer = msgspec.structs.replace(clip, pts=(*clip.pts, clip.pts[-1] + 512))
    with pytest.raises(MediaError, match=r"clip\.mp4.*20 of its 21 frames"):
        make_proxy(longer, tmp_path / "cache")
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]


def test_a_slot_gives_the_proxys_frames_while_there_is_one(tmp_path: Path) -> None:
    clip = open_clip(make_clip(tmp_path / "clip.mp4"))
    slot = ProxySlot(clip)
    assert slot.frame(3) is None
    slot.set(make_proxy(clip, tmp_path))
    frame = slot.frame(3)
    assert frame is not None and frame.index == 3
    slot.set(None)
    assert slot.frame(3) is None and find_proxy(clip, tmp_path) is not None
    slot.close()


@pytest.mark.parametrize("damage", ["opening", "mismatch", "decoding"])
def test_a_damaged_proxy_is_said_removed_and_made_anew(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    clip = open_clip(make_clip(tmp_path / "clip.mp4"))
    path = make_proxy(clip, tmp_path)
    if damage == "opening":
        path.write_bytes(path.read_bytes()[:200])
    elif damage == "mismatch":
        other = open_clip(make_clip(tmp_path / "other.mp4", ClipRecipe(pts=[0, 512])))
        make_proxy(other, tmp_path).replace(path)
    else:
        data = path.read_bytes()
        start = data.index(b"mdat") + 4
        with av.open(str(path)) as container:
            stop = start + sum(packet.size for packet in container.demux(video=0))
        path.write_bytes(data[:start] + bytes(stop - start) + data[stop:])
    slot = ProxySlot(clip)
    slot.set(path)
    assert slot.frame(3) is None and slot.frame(4) is None
    assert caplog.text.count("done without") == 1 and find_proxy(clip, tmp_path) is None
    slot.set(make_proxy(clip, tmp_path))
    assert slot.frame(3) is not None
    slot.close()


def test_key_frames_are_found_by_their_times(tmp_path: Path) -> None:
    clip = open_clip(make_clip(tmp_path / "clip.mp4", ClipRecipe(gop=8, options={"sc_threshold": "0"})))
    keys = find_key_frames(clip)
    assert keys == (0, 8, 16)
    assert [key_before(keys, index) for index in (0, 7, 8, 15, 19)] == [0, 0, 8, 8, 16]


def test_long_distances_between_key_frames_call_for_a_proxy_and_short_ones_do_not(tmp_path: Path) -> None:
    clip = open_clip(make_clip(tmp_path / "clip.mp4", ClipRecipe(time_base=Fraction(1, 12800))))
    assert not proxy_helps(clip)
    large = type(clip)(clip.path, clip.sha256, clip.info, tuple(range(500)), clip.time_base, clip.fps, (1920, 1080))
    assert proxy_helps(large, (0, 250))
    assert not proxy_helps(large, tuple(range(0, 500, 5)))


def test_a_flipped_bit_is_noticed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clip = open_clip(make_clip(tmp_path / "clip.mp4", ClipRecipe()))
    path = make_proxy(clip, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-400] + bytes([whole[-400] ^ 1]) + whole[-399:])
    assert make_proxy(clip, tmp_path) == path and "was damaged" in caplog.text
    with closing(ProxyReader(path, clip)) as proxy:
        assert proxy.frame(0) is not None
