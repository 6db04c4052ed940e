"""Batches: drawn from seed and step alone, never from what is held out, speakers balanced."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from models.data.augment import MIRRORED_68, AugmentConfig, draw_look, draw_move, dressed, mirrored
from models.data.batches import (
    SampleConfig,
    Sampler,
    as_pictures,
    draw_apart,
    mirrored_lips,
    moved_odds,
    prefetched,
    speaker_odds,
)
from models.data.clips import PreparedClip, lip_offsets, load_clips
from models.data.portraits import Portraits
from models.data.synthetic import SyntheticSpeakers
from models.errors import ModelError
from tests.unit.models.prepared import CANVAS, SIZE, ClipRecipe, write_coded_clip, write_talking_clip
from tests.unit.models.speakers import SKIN, PlainPainter, portraits

PLAIN = AugmentConfig(identity=0, jitter=0, loudness=0, tilt=0, heavy=0, mirror=False)
GAP, APART = 3, 2
RECIPES = (
    ClipRecipe("a1", "a", 20, code=1),
    ClipRecipe("a2", "a", 60, train_frames=40, code=2),
    ClipRecipe("b1", "b", 30, train_frames=24, code=3),
    ClipRecipe("b2", "b", 30, held_out=True, code=4),
    ClipRecipe("c1", "c", 30, train_frames=2 * (GAP + APART) + 1, code=5),  # too short to train on
)
TRAINED = {1: 20, 2: 40, 3: 24}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[PreparedClip]:
    """Clips whose pictures and sound say which frame of which clip they are."""
    root = tmp_path_factory.mktemp("coded")
    for recipe in RECIPES:
        write_coded_clip(root, recipe)
    return load_clips(root)


def sampler(clips: list[PreparedClip], seed: int = 1, batch: int = 16, augment: AugmentConfig = PLAIN) -> Sampler:
    """A sampler with little to set."""
    return Sampler(clips, SampleConfig(batch=batch, reference_gap=GAP, apart=APART, augment=augment), 16, seed)


def codes(pictures: Tensor) -> list[tuple[int, int]]:
    """(clip, frame) of each coded picture, all of whose pixels must agree."""
    levels = ((pictures + 1) * 127.5).round().int()
    assert (levels == levels[:, :, :1, :1]).all()
    assert (levels[:, 0] + levels[:, 1] == 255).all()
    return [(int(blue), int(red)) for red, _, blue in levels[:, :, 0, 0]]


@given(seed=st.integers(0, 2**31), step=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_radio_batches_are_of_what_may_be_trained_on(clips: list[PreparedClip], seed: int, step: int) -> None:
    """Target and reference of one clip, at least the gap apart, before the held-out frames; sound of the target."""
    batch = sampler(clips, seed).radio_batch(step)
    count = batch.references.shape[1]
    assert batch.target.shape == (16, 3, SIZE, SIZE)
    assert batch.references.shape == (8, count, 3, SIZE, SIZE)
    assert batch.mel.shape == (16, 80, 16)
    assert batch.shares.shape == (8, count)
    assert (batch.shares > 0).all()
    targets, references = codes(batch.target), codes(batch.references.flatten(0, 1))
    for number, ((clip, frame), mel) in enumerate(zip(targets, batch.mel, strict=True)):
        assert abs(frame - targets[number ^ 1][1]) <= APART
        for other_clip, other_frame in references[number // 2 * count : (number // 2 + 1) * count]:
            assert clip == other_clip
            assert abs(frame - other_frame) >= GAP
            assert max(frame, other_frame) < TRAINED[clip]
        torch.testing.assert_close(mel, torch.full((80, 16), frame / 100), rtol=0, atol=1e-3)


@given(seed=st.integers(0, 2**31), step=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_sync_and_ear_batches_are_too(clips: list[PreparedClip], seed: int, step: int) -> None:
    """Pictures, sound and lips of the same frames; frames of one draw of a clip all differ."""
    lips_of = {index + 1: lip_offsets(clip) for index, clip in enumerate(clips)}
    source = sampler(clips, seed)
    batch = source.sync_batch(step, clips=4)
    found = codes(batch.crops)
    for (clip, frame), mel, lips in zip(found, batch.mel, batch.lips, strict=True):
        assert frame < TRAINED[clip]
        assert float(mel[0, 0]) == pytest.approx(frame / 100, abs=1e-3)
        assert np.allclose(lips.numpy(), lips_of[clip][frame])
    for start in range(0, 16, 4):
        drawn = found[start : start + 4]
        assert len({clip for clip, _ in drawn}) == 1
        assert len(set(drawn)) == 4
    mels, lips = source.ear_batch(step, 12)
    for mel, shape in zip(mels, lips, strict=True):
        frame = round(float(mel[0, 0]) * 100)
        assert any(frame < count and np.allclose(shape.numpy(), lips_of[c][frame]) for c, count in TRAINED.items())


def test_everything_that_may_be_trained_on_is_drawn(clips: list[PreparedClip]) -> None:
    """Every frame, as target and as reference, sooner or later."""
    source = sampler(clips, batch=64)
    targets: set[tuple[int, int]] = set()
    references: set[tuple[int, int]] = set()
    for step in range(16):
        batch = source.radio_batch(step)
        targets.update(codes(batch.target))
        references.update(codes(batch.references.flatten(0, 1)))
    everything = {(clip, frame) for clip, count in TRAINED.items() for frame in range(count)}
    assert targets == references == everything


@given(seed=st.integers(0, 2**31), step=st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_batches_are_drawn_from_seed_and_step_alone(clips: list[PreparedClip], seed: int, step: int) -> None:
    """A fresh sampler gives the same bits, whatever was drawn before; another step or seed gives others."""
    augment = AugmentConfig()
    fresh, used = sampler(clips, seed, 4, augment), sampler(clips, seed, 4, augment)
    used.radio_batch(step + 1)
    used.sync_batch(step, 2)
    for ours, theirs in (
        (fresh.radio_batch(step), used.radio_batch(step)),
        (fresh.sync_batch(step, 2), used.sync_batch(step, 2)),
        (fresh.ear_batch(step, 5), used.ear_batch(step, 5)),
    ):
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert not torch.equal(fresh.radio_batch(step).mel, fresh.radio_batch(step + 1).mel)
    assert not torch.equal(fresh.radio_batch(step).mel, sampler(clips, seed + 1, 4, augment).radio_batch(step).mel)


def test_nothing_to_train_on_is_said(clips: list[PreparedClip]) -> None:
    """All held out or too short."""
    with pytest.raises(ModelError, match="held out or too short"):
        sampler(clips[3:])


@pytest.mark.parametrize("canvas", [40, 78, 82, 160])
def test_portraits_of_another_size_are_refused(clips: list[PreparedClip], canvas: int) -> None:
    """Before anything is drawn."""
    other = Portraits(np.zeros((1, canvas, canvas, 3), np.uint8), np.zeros((1, 68, 3), np.float32))
    config = SampleConfig(reference_gap=GAP, apart=APART, synthetic=0.5)
    with pytest.raises(ModelError, match="another size than the clips"):
        Sampler(clips, config, 16, 1, SyntheticSpeakers(other, PlainPainter()))


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_portraits_speak_as_often_as_asked(tmp_path: Path, share: float) -> None:
    """In all pictures of a draw or in none; their sound is the clip's."""
    write_talking_clip(tmp_path, ClipRecipe("one", frames=24))
    speakers = SyntheticSpeakers(portraits(), PlainPainter())
    assert portraits().pictures.shape[1] == CANVAS
    config = SampleConfig(batch=60, reference_gap=GAP, apart=APART, augment=PLAIN, synthetic=share)
    batch = Sampler(load_clips(tmp_path), config, 16, 1, speakers).radio_batch(0)
    skin = torch.tensor(SKIN)[:, None, None] / 127.5 - 1
    made = ((batch.target - skin).abs() < 0.02).flatten(1).float().mean(dim=1) > 0.8
    assert torch.equal(made[0::2], made[1::2])
    told = ((batch.references - skin).abs() < 0.02).flatten(2).float().mean(dim=2) > 0.8
    assert torch.equal(told, made[0::2, None].expand_as(told))
    assert float(made.float().mean()) == pytest.approx(share, abs=0.3 * (0 < share < 1))
    assert float(batch.mel.std()) > 0.3


def clip_of(speaker: str, frames: int) -> PreparedClip:
    """A clip of which only speaker and length matter."""
    nothing: NDArray[np.uint8] = np.zeros((frames, 0, 0, 3), np.uint8)
    return PreparedClip("", speaker, False, frames, nothing, nothing, nothing, "", "")  # type: ignore[arg-type]


@given(
    clips=st.lists(st.builds(clip_of, st.sampled_from("abc"), st.integers(12, 500)), min_size=1, max_size=12),
    balance=st.floats(0, 1),
)
def test_speaker_odds(clips: list[PreparedClip], balance: float) -> None:
    """Speakers by frames ** balance; within a speaker, clips by their frames."""
    odds = speaker_odds(clips, balance)
    assert odds.sum() == pytest.approx(1)
    assert (odds > 0).all()
    frames = {clip.speaker: sum(c.train_frames for c in clips if c.speaker == clip.speaker) for clip in clips}
    total = sum(count**balance for count in frames.values())
    for speaker, count in frames.items():
        share = sum(p for p, clip in zip(odds, clips, strict=True) if clip.speaker == speaker)
        assert share == pytest.approx(count**balance / total)
    for p, clip in zip(odds, clips, strict=True):
        assert p == pytest.approx(frames[clip.speaker] ** balance / total * clip.train_frames / frames[clip.speaker])


@given(gap=st.integers(1, 20), extra=st.integers(0, 40), data=st.data())
def test_draw_apart_reaches_all_that_is_far_enough(gap: int, extra: int, data: st.DataObject) -> None:
    """Only those, and each of them alike."""
    count = 2 * gap + 2 + extra
    index = data.draw(st.integers(0, count - 1))
    allowed = [other for other in range(count) if abs(other - index) >= gap]

    class Counting(np.random.Generator):
        """Draws 0, 1, 2 and so on: every outcome once."""

        drawn = -1

        def integers(self, high: int) -> int:  # type: ignore[override]
            assert high == len(allowed)
            self.drawn += 1
            return self.drawn

    rng = Counting(np.random.PCG64(0))
    assert [draw_apart(rng, count, index, gap) for _ in allowed] == allowed


@given(seed=st.integers(0, 2**31))
def test_mirrored_lips_is_an_involution(seed: int) -> None:
    """Twice is not at all; and it turns x about, and only x."""
    lips = np.random.default_rng(seed).normal(size=40).astype(np.float32)
    once = mirrored_lips(lips)
    assert np.array_equal(mirrored_lips(once), lips)
    assert sorted(once[0::2]) == sorted(-lips[0::2])
    assert sorted(once[1::2]) == sorted(lips[1::2])


def test_a_symmetric_mouth_stays_as_it_is_when_mirrored() -> None:
    """Landmarks 48 to 59 run round the outer lip from its left corner, 60 to 67 round the inner one."""
    outer = np.pi + np.linspace(0, 2 * np.pi, 12, endpoint=False)
    inner = np.pi + np.linspace(0, 2 * np.pi, 8, endpoint=False)
    rings = [np.stack([r * np.cos(t), 0.5 * r * np.sin(t)], axis=1) for r, t in ((1.0, outer), (0.6, inner))]
    lips = np.concatenate(rings).reshape(40).astype(np.float32)
    np.testing.assert_allclose(mirrored_lips(lips), lips, atol=1e-6)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=10, deadline=None)
def test_pictures_keep_every_level(seed: int) -> None:
    """8 bits there and back; black is -1, white is 1."""
    crops = np.random.default_rng(seed).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    tensor = as_pictures(crops)
    assert np.array_equal(((tensor + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy(), crops)
    ends = as_pictures(np.array([[[[0, 255, 0]]]], np.uint8)).flatten().tolist()
    assert ends == pytest.approx([-1, 1, -1])


def batch_threads() -> list[threading.Thread]:
    """Threads that make batches."""
    return [thread for thread in threading.enumerate() if thread.name == "batches"]


@given(first=st.integers(0, 50), count=st.integers(0, 20), ahead=st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_prefetched_keeps_the_order(first: int, count: int, ahead: int) -> None:
    """Every step once, and no thread is left."""
    got = list(prefetched(lambda step: step * step, first, first + count, ahead))
    assert got == [(step, step * step) for step in range(first, first + count)]
    assert not batch_threads()


@pytest.mark.parametrize("bad", [0, 3, 9])
def test_an_error_in_the_thread_is_raised_by_the_consumer(bad: int) -> None:
    """After the batches before it."""

    def make(step: int) -> int:
        if step == bad:
            raise ModelError("this clip is damaged.")
        return step

    got: list[int] = []
    with pytest.raises(ModelError, match="damaged"):
        got.extend(batch for _, batch in prefetched(make, 0, 10))
    assert got == list(range(bad))
    assert not batch_threads()


def test_closing_ends_the_thread() -> None:
    """Also where it waits with a full queue; and it has run only a few steps ahead."""
    made: list[int] = []
    batches = prefetched(lambda step: made.append(step), 0, 10**9, ahead=2)
    assert next(batches) == (0, None)
    assert batch_threads()
    batches.close()  # type: ignore[attr-defined]
    assert not batch_threads()
    assert len(made) <= 5


def test_an_error_in_the_consumer_ends_the_thread() -> None:
    """As when a run is cancelled."""
    with pytest.raises(KeyboardInterrupt):
        for _ in prefetched(lambda step: step, 0, 10**9):
            raise KeyboardInterrupt
    assert not batch_threads()


def test_no_clips_and_other_formats_are_said(tmp_path: Path) -> None:
    """Each with the folder and what to do."""
    with pytest.raises(ModelError, match="holds no prepared clips; run"):
        load_clips(tmp_path)
    write_coded_clip(tmp_path, RECIPES[0])
    meta = tmp_path / "a1" / "meta.json"
    meta.write_text(meta.read_text().replace('"format": 3', '"format": 2'))
    with pytest.raises(ModelError, match="another version of Redub"):
        load_clips(tmp_path)


def test_clips_are_read_as_they_were_written(clips: list[PreparedClip]) -> None:
    """By name, memory-mapped, with what may be trained on."""
    assert [clip.name for clip in clips] == [recipe.name for recipe in RECIPES]
    assert [clip.held_out for clip in clips] == [recipe.held_out for recipe in RECIPES]
    assert [len(clip) for clip in clips] == [recipe.frames for recipe in RECIPES]
    assert all(isinstance(clip.pictures, np.memmap) for clip in clips)
    assert all(clip.crop_size == SIZE and clip.crop(0).shape == (SIZE, SIZE, 3) for clip in clips)


@pytest.mark.parametrize("seed", range(3))
def test_moved_odds_follow_the_distance_from_rest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lips = np.zeros((21, 40), np.float32)
    lips[:9] = rng.normal(size=(9, 40))  # the median frame is at rest
    odds = moved_odds(lips)
    assert odds.sum() == pytest.approx(1)
    assert odds[9:].max() < 1e-6 < odds[:9].min()
    assert (np.argsort(odds[:9]) == np.argsort(np.abs(lips[:9]).sum(axis=1))).all()


def test_references_are_drawn_for_their_unlike_lips(clips: list[PreparedClip]) -> None:
    """Of four references the one with the least alike lips is taken: the mean distance grows."""

    def distance(unlike: float) -> float:
        config = SampleConfig(reference_gap=GAP, apart=APART, augment=PLAIN, unlike=unlike, moved=0.0)
        drawn = Sampler(clips, config, 16, 1)
        lips = lip_offsets(drawn.clips[1])[: drawn.clips[1].train_frames]
        rng = np.random.default_rng(0)
        moments = [drawn._moments(rng, 1, 1) for _ in range(300)]  # pyright: ignore[reportPrivateUsage]
        pairs = [(targets[0], references[0]) for targets, references in moments]
        assert all(abs(one - other) >= GAP for targets, others in moments for one in targets for other in others)
        return float(np.mean([np.abs(lips[one] - lips[other]).sum() for one, other in pairs]))

    assert distance(1.0) > 1.05 * distance(0.0)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=10, deadline=None)
def test_landmarks_go_with_their_picture(seed: int) -> None:
    """Bright dots at the landmarks are still there after warp, move and mirror."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0.3, 0.7, (68, 2)).astype(np.float32)
    side, edge = 320, 32
    picture = np.zeros((side, side, 3), np.uint8)
    number = int(rng.integers(68))
    x, y = points[number] * 256 - 0.5 + edge
    yy, xx = np.mgrid[:side, :side]
    picture[:] = np.clip(255 * np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / 8), 0, 255).astype(np.uint8)[..., None]
    look = draw_look(rng, AugmentConfig(identity=1, colour=0, gamma=0, warp=0.02))
    crop, moved = dressed(picture, points, 256, look, draw_move(rng, 0.01))
    row, column = np.unravel_index(int(crop[..., 1].argmax()), (256, 256))
    place = MIRRORED_68.tolist().index(number) if look.mirror else number
    assert np.abs(moved[place] * 256 - 0.5 - (column, row)).max() < 1.5


def test_mirroring_all_landmarks_twice_is_not_at_all() -> None:
    points = np.random.default_rng(0).uniform(size=(68, 2)).astype(np.float32)
    np.testing.assert_allclose(mirrored(mirrored(points)), points, atol=1e-6)


def test_a_batch_that_is_not_made_of_whole_draws_is_refused() -> None:
    with pytest.raises(ValueError, match="batch of 7"):
        SampleConfig(batch=7, frames=2)
