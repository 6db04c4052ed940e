"""Which picture is shown when: the right one in the end, the best there is until then, never a stale one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from app.core.errors import MediaError
from app.engine.media.clip import Clip, open_clip
from app.engine.media.frame import VideoFrame
from app.engine.media.reader import VideoReader
from app.engine.preview import frame_server
from app.engine.preview.clip_decoder import ClipDecoder, DecodedFrames, frame_bytes
from app.engine.preview.frame_server import FrameServer, Shot
from app.engine.preview.proxy import make_proxy
from tests.unit.engine.media.synth import ClipRecipe, grey_of, make_clip


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    """Forty frames, a key frame every eight, told apart by their grey."""
    return open_clip(make_clip(tmp_path / "clip.mp4", ClipRecipe(pts=[i * 512 for i in range(40)])))


@pytest.fixture
def server(clip: Clip) -> FrameServer:
    return FrameServer(clip)


def shots(server: FrameServer, limit: int = 300) -> list[Shot]:
    """All that comes until nothing is pending."""
    found: list[Shot] = []
    for _ in range(limit):
        if server.wait is None:
            return found
        shot = server.work()
        found += [] if shot is None else [shot]
    raise AssertionError("it never ends")


def luma(frame: VideoFrame) -> float:
    return float(frame.yuv.to_ndarray()[: frame.yuv.height].mean())


def is_picture_of(shot: Shot, index: int) -> bool:
    return shot.frame.index == index and abs(luma(shot.frame) - grey_of(index)) <= 3


def test_any_frame_comes_exactly_in_any_order(server: FrameServer) -> None:
    order = [*range(40), 0, 39, 39, 20, 21, 19]
    random.Random(2).shuffle(order)
    for index in order:
        server.want(index, exact=True)
        last = shots(server)[-1]
        assert last.exact
        assert is_picture_of(last, index)
    server.close()


def test_a_wish_beyond_the_ends_means_the_first_or_last_frame(server: FrameServer) -> None:
    for wish, index in ((-5, 0), (99, 39)):
        server.want(wish, exact=True)
        assert is_picture_of(shots(server)[-1], index)
    server.close()


def test_the_latest_wish_wins_over_one_that_is_still_being_decoded(server: FrameServer) -> None:
    server.want(39, exact=True)
    before = [shot for shot in (server.work() for _ in range(4)) if shot is not None]
    assert not any(shot.exact for shot in before)
    server.want(3, exact=True)
    found = shots(server)
    assert {shot.wanted for shot in found} == {3}
    assert is_picture_of(found[-1], 3)
    server.close()


def test_while_dragging_the_proxy_shows_that_very_frame_without_decoding_the_clip(
    server: FrameServer, clip: Clip, tmp_path: Path
) -> None:
    server.set_proxy(make_proxy(clip, tmp_path))
    for index in (30, 2, 17):
        server.want(index, exact=False)
        shot = server.work()
        assert shot is not None
        assert not shot.exact
        assert is_picture_of(shot, index)
    assert len(server.cache) == 0
    server.close()


def test_a_dragged_playhead_that_rests_gets_the_exact_frame(
    server: FrameServer, clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_server, "SETTLE", 0.0)
    server.set_proxy(make_proxy(clip, tmp_path))
    server.want(30, exact=False)
    found = shots(server)
    assert [(shot.frame.index, shot.exact) for shot in found] == [(30, False), (30, True)]
    server.close()


def test_a_dragged_playhead_does_not_rest_at_once(server: FrameServer, clip: Clip, tmp_path: Path) -> None:
    server.set_proxy(make_proxy(clip, tmp_path))
    server.want(30, exact=False)
    assert server.work() is not None
    wait = server.wait
    assert wait is not None
    assert 0 < wait <= frame_server.SETTLE
    server.close()


def test_without_a_proxy_a_near_decoded_frame_stands_in_and_says_so(server: FrameServer) -> None:
    server.want(5, exact=True)
    shots(server)
    server.want(9, exact=False)
    first, *_, last = shots(server)
    assert (first.frame.index, first.wanted, first.exact) == (5, 9, False)
    assert last.exact
    assert is_picture_of(last, 9)
    server.close()


def test_one_frame_on_comes_without_a_stand_in(server: FrameServer, clip: Clip, tmp_path: Path) -> None:
    server.set_proxy(make_proxy(clip, tmp_path))
    server.want(10, exact=True)
    shots(server)
    server.want(11, exact=True)
    assert [shot.exact for shot in shots(server)] == [True]
    server.close()


def test_what_was_decoded_is_shown_again_at_once(server: FrameServer) -> None:
    server.want(12, exact=True)
    shots(server)
    server.want(12, exact=True)
    shot = server.work()
    assert shot is not None
    assert shot.exact
    server.close()


@pytest.mark.parametrize(("direction", "ahead"), [(1, range(20, 31)), (-1, range(10, 21))])
def test_frames_are_decoded_ahead_in_the_direction_of_play(
    clip: Clip, direction: int, ahead: range, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_server, "AHEAD", 10)
    server = FrameServer(clip)
    server.want(20, exact=True)
    server.play_ahead(20, direction)
    shots(server)
    assert all(index in server.cache for index in ahead)
    for index in ahead[::direction]:
        server.play_ahead(index, direction)
        server.want(index, exact=True)
        shot = server.work()
        assert shot is not None
        assert is_picture_of(shot, index)
    server.close()


def test_nothing_is_decoded_ahead_while_the_playhead_stands(server: FrameServer) -> None:
    server.want(20, exact=True)
    shots(server)
    assert max(index for index in range(40) if index in server.cache) == 20
    server.close()


def test_the_cache_keeps_its_limit_and_the_frames_around_the_playhead(clip: Clip) -> None:
    with VideoReader(Path(clip.path)) as reader:
        frames = list(reader.frames())
    cache = DecodedFrames(10 * frame_bytes(frames[0]))
    cache.aim(20, 0)
    for frame in frames:
        cache.put(frame)
        assert cache.used <= cache.limit
    assert {index for index in range(40) if index in cache} <= set(range(14, 27))
    assert len(cache) == 10
    cache.aim(20, 1)
    for frame in frames:
        cache.put(frame)
    assert 20 + 6 in cache
    assert 20 - 5 not in cache
    assert cache.nearest(35, 3) is None


@pytest.mark.parametrize("frames", [1, 2, 12])
def test_playing_needs_no_more_memory_than_allowed(clip: Clip, frames: int) -> None:
    with VideoReader(Path(clip.path)) as reader:
        limit = frames * frame_bytes(next(iter(reader.frames())))
    server = FrameServer(clip, limit)
    for index in range(40):
        server.play_ahead(index, 1)
        server.want(index, exact=True)
        assert is_picture_of(shots(server)[-1], index)
        assert server.cache.used <= limit
    server.close()


def test_a_deleted_clip_is_a_sentence_and_its_return_is_noticed(clip: Clip, server: FrameServer) -> None:
    server.want(2, exact=True)
    shots(server)
    away = Path(clip.path).rename(Path(clip.path).with_name("away.mp4"))
    server.want(38, exact=True)
    with pytest.raises(MediaError, match=r"clip\.mp4.*does not exist"):
        shots(server)
    server.give_up()
    assert server.wait is None
    away.rename(clip.path)
    server.want(38, exact=True)
    assert is_picture_of(shots(server)[-1], 38)
    server.close()


def test_a_clip_that_goes_while_nothing_is_asked_of_it_is_told_only_when_it_is(clip: Clip, server: FrameServer) -> None:
    server.want(2, exact=True)
    while server.work() is None:
        pass
    Path(clip.path).unlink()
    assert shots(server) == []
    server.want(30, exact=True)
    with pytest.raises(MediaError, match="does not exist"):
        shots(server)
    server.close()


def test_a_clip_cut_short_fails_where_it_is_cut_and_shows_the_rest(clip: Clip, server: FrameServer) -> None:
    path = Path(clip.path)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    data[start + (len(data) - start) // 2 :] = bytes(len(data) - start - (len(data) - start) // 2)
    path.write_bytes(data)
    server.want(39, exact=True)
    with pytest.raises(MediaError, match=r"clip\.mp4.*damaged"):
        shots(server)
    server.close()


def test_a_damaged_proxy_is_done_without(
    server: FrameServer, clip: Clip, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = make_proxy(clip, tmp_path)
    path.write_bytes(b"no video at all")
    server.set_proxy(path)
    assert not path.exists()
    assert "done without" in caplog.text
    server.want(7, exact=False)
    assert is_picture_of(shots(server)[-1], 7)
    server.close()


def test_a_decoder_goes_on_where_that_is_nearer_and_starts_at_a_key_frame_where_not(clip: Clip) -> None:
    decoder = ClipDecoder(clip)
    assert [decoder.step(5).index for _ in range(6)] == [0, 1, 2, 3, 4, 5]
    assert decoder.step(8).index == 6
    assert decoder.step(35).index == 32
    assert decoder.step(9).index == 8
    decoder.close()
