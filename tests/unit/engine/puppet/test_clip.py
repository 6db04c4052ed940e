"""Puppet clips: every frame at its time, the sound beside it, nothing left behind on failure."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from app.core.errors import Cancelled, MediaError
from app.engine.progress import CancelToken
from app.engine.puppet.clip import frame_count, puppet_frames, speak_for_puppet, write_puppet_clip
from app.engine.puppet.renderer import Puppet
from app.engine.puppet.sentences import training_sentences
from app.engine.puppet.speech import Speech
from app.engine.puppet.style import PuppetStyle


@pytest.fixture(scope="module")
def sentence() -> Speech:
    return speak_for_puppet(training_sentences(1, seed=5)[0])


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30000, 1001)])
def test_a_clip_has_every_frame_and_all_the_sound(tmp_path: Path, sentence: Speech, fps: Fraction) -> None:
    target = tmp_path / "puppet.mp4"
    puppet = write_puppet_clip(sentence, target, fps, PuppetStyle(4), size=128)
    with av.open(str(target)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        frames = list(container.decode(video))
        times = [frame.pts * frame.time_base for frame in frames]
        assert times == [Fraction(index) / fps for index in range(frame_count(sentence.duration, fps))]
        assert video.average_rate == fps
        assert audio.rate == 22050
        middle = len(frames) // 2
        drawn = puppet.render(float(times[middle])).astype(int)
        error = np.abs(frames[middle].to_ndarray(format="rgb24").astype(int) - drawn).mean()
        assert error < 6
    with av.open(str(target)) as container:
        heard = sum(frame.samples for frame in container.decode(audio=0))
    assert abs(heard - len(sentence.samples)) <= 2048
    assert [path.name for path in tmp_path.iterdir()] == ["puppet.mp4"]


def test_a_frame_depends_on_its_time_alone(sentence: Speech) -> None:
    puppet = Puppet(sentence.timing, sentence.duration, PuppetStyle(1), 96)
    slow, fast = (list(puppet_frames(puppet, fps)) for fps in (Fraction(5), Fraction(10)))
    assert all(np.array_equal(a, b) for a, b in zip(slow, fast[::2], strict=False))


def test_frames_cover_the_sound() -> None:
    assert frame_count(1.0, Fraction(25)) == 25
    assert frame_count(1.001, Fraction(25)) == 26
    assert frame_count(0.0, Fraction(25)) == 1


def test_a_stopped_clip_leaves_nothing(tmp_path: Path, sentence: Speech) -> None:
    token = CancelToken()

    def stop(_stage: str, done: int, _total: int | None) -> None:
        if done == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        write_puppet_clip(sentence, tmp_path / "puppet.mp4", size=96, progress=stop, cancel=token)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path, sentence: Speech) -> None:
    with pytest.raises(MediaError, match=r"puppet\.mp4\" cannot be written"):
        write_puppet_clip(sentence, tmp_path / "none" / "puppet.mp4", size=96)


def test_an_odd_size_is_refused(tmp_path: Path, sentence: Speech) -> None:
    with pytest.raises(ValueError, match="even"):
        write_puppet_clip(sentence, tmp_path / "puppet.mp4", size=97)
