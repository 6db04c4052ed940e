"""Which clips are judged, and how the figures are summed up."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from app.cli.evaluate_catalogue import _in_step, _limited, _medians, _trials
from app.core.timebase import TimeRange
from app.engine.evaluation.evaluate import Figures
from app.engine.evaluation.prepare import TrainingClip
from tests.unit.engine.media.synth import ClipRecipe, make_clip


def test_what_was_held_out_is_judged(tmp_path: Path) -> None:
    def clip(name: str, speaker: str, held_out: bool, frames: int) -> TrainingClip:
        file = make_clip(tmp_path / name, ClipRecipe(pts=[512 * i for i in range(frames)]))
        return TrainingClip(file, speaker, "CC0", held_out)

    clips = [
        clip("trained.mp4", "s1", False, 10), clip("tenth.mp4", "s1", True, 10), clip("stranger.mp4", "e", True, 10),
        clip("long.mp4", "x", False, 125), clip("nearly.mp4", "x", False, 124),
    ]  # fmt: skip
    assert [(group, trial.name, span) for group, trial, span in _trials(clips)] == [
        ("held-out sentences", "tenth", None),
        ("held-out speakers", "stranger", None),
        ("last fifths", "long", TimeRange(Fraction(4), Fraction(5))),
    ]


def test_a_limit_spreads_over_each_group() -> None:
    clips = [TrainingClip(Path(f"{k}.mp4"), "s", "CC0", True) for k in range(9)]
    trials = [("a" if k < 7 else "b", clip, None) for k, clip in enumerate(clips)]
    assert [clip.name for _, clip, _ in _limited(iter(trials), 3)] == ["0", "3", "6", "7", "8"]
    assert list(_limited(iter(trials), None)) == trials


def test_medians_of_each_figure() -> None:
    def figures(value: float, silent: float) -> Figures:
        return Figures("c", 5, value, 0.0, 1.0, 2.0, 3.0, silent, -1.0, {"psnr": 10 * value})

    medians = _medians([figures(0.5, -1.0), figures(0.9, 0.2), figures(0.7, 0.4)])
    assert (medians["clips"], medians["correlation"], medians["psnr"]) == (3, 0.7, pytest.approx(7))
    assert "frames" not in medians
    assert medians["silent_open_real"] == pytest.approx(0.3), "of the clips that are silent at all"
    assert medians["silent_open"] == -1


def test_clips_that_may_be_out_of_step_have_no_last_fifth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of `lags`; a speaker that is wholly held out is judged all the same."""
    for name in ("unclear", "stranger"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "meta.json").write_text('{"dropped": true}')
    fifth = TimeRange(Fraction(4), Fraction(5))
    clear, unclear, stranger = (
        TrainingClip(Path(f"{n}.mp4"), "s", "CC0", False) for n in ("clear", "unclear", "stranger")
    )
    trials = [("last fifths", clear, fifth), ("last fifths", unclear, fifth), ("held-out speakers", stranger, None)]
    assert list(_in_step(iter(trials), tmp_path)) == [trials[0], trials[2]]
    assert "unclear is left out" in capsys.readouterr().err
    assert list(_in_step(iter(trials), None)) == trials
