"""What a clip teaches of how its person speaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.errors import MediaError
from app.engine.dub import own_speech as room
from app.engine.dub.face_plan import FacePlan
from app.engine.dub.own_speech import LEAST_SPEECH, own_speech
from app.engine.media.reader import VideoReader
from app.engine.puppet.speech import VOICES_FOLDER
from tests.unit.engine.media.synth import ClipRecipe, make_clip
from tests.unit.engine.rendering import FRAMES, GONE, QuickDubber, analysis_of, textured_clip

VOICE = VOICES_FOLDER / "b.flac"


def test_every_sure_frame_comes_with_its_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, without those in which the face is not there; and another voice, and silence, as windows alike."""
    monkeypatch.setattr(room, "LEAST_SPEECH", 0)
    clip = textured_clip(tmp_path / "clip.mp4")
    dubber = QuickDubber()
    with VideoReader(Path(clip.path)) as reader:
        plan = FacePlan(analysis_of(clip), 0, dubber.crop_size, clip.path)
        lesson = own_speech(reader, plan, dubber, VOICE, tmp_path)
    there = [index for index in range(FRAMES) if index not in GONE]
    assert len(lesson.points) == len(lesson.sounds) == len(there)
    for row, index in enumerate(there):
        assert np.allclose(lesson.points[row], plan.true_points(index))
    assert lesson.another.shape[1:] == lesson.sounds.shape[1:] == dubber.sound_shape
    assert lesson.silence.shape == (1, *dubber.sound_shape) and len(np.unique(lesson.silence)) == 1
    assert len(lesson.another) > 100 and lesson.another.std() > 0.5


def test_clips_without_sound_or_speech_are_refused(tmp_path: Path) -> None:
    dubber = QuickDubber()
    for sound, said in ((False, "has no sound"), (True, f"{LEAST_SPEECH} s are needed")):
        file = make_clip(tmp_path / f"{sound}.mp4", ClipRecipe(sound=sound))
        with VideoReader(file) as reader, pytest.raises(MediaError, match=said):
            own_speech(reader, None, dubber, VOICE, tmp_path)  # type: ignore[arg-type] - refused before anybody looks
