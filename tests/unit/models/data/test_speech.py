"""Windows of read speech: known phones in their middles, speakers balanced, damage named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.data.augment import AugmentConfig
from models.data.speech import FASTER, SILENCE_SHARE, UNKNOWN, SpeechWindows
from models.errors import ModelError

PLAIN = AugmentConfig(loudness=0, tilt=0, heavy=0)
COLUMNS = 16
PHONES = ["SIL", "AA", "B", "K"]


def write(root: Path, spoken: dict[str, list[int]]) -> None:
    """Utterances of these phones by speaker; each column's level tells its place in the whole."""
    phones = np.concatenate([np.array(one, np.uint8) for one in spoken.values()])
    mels = np.broadcast_to(np.arange(len(phones))[:, None] / 256 - 4, (len(phones), 80)).astype(np.float16)
    ends = np.cumsum([len(one) for one in spoken.values()])
    listed = [
        {"speaker": name.split("/")[0], "first": int(end) - len(one), "columns": len(one)}
        for (name, one), end in zip(spoken.items(), ends, strict=True)
    ]
    root.mkdir(exist_ok=True)
    mels.tofile(root / "mels.f16")
    phones.tofile(root / "phones.u8")
    (root / "speech.json").write_text(json.dumps({"format": 1, "phones": PHONES, "utterances": listed}))


def test_the_phone_is_the_one_in_the_middle(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    write(tmp_path, {name: rng.choice([0, 1, 2, 3, UNKNOWN], 300).tolist() for name in ("a/1", "a/2", "b/1")})
    phones = np.fromfile(tmp_path / "phones.u8", np.uint8)
    windows, told = SpeechWindows(tmp_path, COLUMNS, PLAIN).batch(rng, 200)
    assert windows.shape == (200, 80, COLUMNS)
    middles = ((windows[:, 0].double().mean(dim=1) + 4) * 256).round().int().tolist()
    assert told.tolist() == [phones[middle] for middle in middles]
    first = [middle % 300 for middle in middles]
    assert min(first) >= COLUMNS // 2
    assert max(first) < 300 - COLUMNS // 2
    assert UNKNOWN not in told.tolist()
    assert set(told.tolist()) == {0, 1, 2, 3}


def test_speed_varies_within_its_bounds(tmp_path: Path) -> None:
    write(tmp_path, {"a/1": [1] * 600})
    windows, _ = SpeechWindows(tmp_path, COLUMNS, PLAIN).batch(np.random.default_rng(2), 400)
    reach = (windows[:, 0, -1] - windows[:, 0, 0]).numpy() * 256 / (COLUMNS - 1)
    assert reach.min() == pytest.approx(FASTER[0], abs=0.08)  # halves have 1/256 at a level of 4
    assert reach.max() == pytest.approx(FASTER[1], abs=0.08)


def test_silence_is_rare_and_speakers_are_balanced(tmp_path: Path) -> None:
    """Of one who spoke nine times as much there is three times as much."""
    write(tmp_path, {"a/1": [1] * (900 + COLUMNS), "b/1": [2] * (100 + COLUMNS), "c/1": [0] * 5000})
    _, told = SpeechWindows(tmp_path, COLUMNS, PLAIN).batch(np.random.default_rng(3), 4000)
    counts = np.bincount(told.numpy(), minlength=4)
    assert counts[0] / 4000 == pytest.approx(SILENCE_SHARE, abs=0.02)
    assert counts[1] / counts[2] == pytest.approx(3, rel=0.15)


def test_speech_without_silence_will_do(tmp_path: Path) -> None:
    write(tmp_path, {"a/1": [3] * 100})
    assert set(SpeechWindows(tmp_path, COLUMNS, PLAIN).batch(np.random.default_rng(4), 50)[1].tolist()) == {3}


def test_a_batch_comes_from_its_generator_alone(tmp_path: Path) -> None:
    write(tmp_path, {"a/1": [1, 2, 3] * 50})
    speech = SpeechWindows(tmp_path, COLUMNS, AugmentConfig())
    one, other = (speech.batch(np.random.default_rng(5), 20) for _ in range(2))
    assert all((a == b).all() for a, b in zip(one, other, strict=True))


def test_damage_is_named(tmp_path: Path) -> None:
    """With what to do about it."""
    write(tmp_path, {"a/1": [1] * 100})
    pristine = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    damages = {
        "mels.f16": (None, b"odd", pristine["mels.f16"][:-160]),
        "phones.u8": (None, pristine["phones.u8"][:-1]),
        "speech.json": (None, b"{", b'{"format": 0}'),
    }
    for name, contents in damages.items():
        for content in contents:
            (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)
            with pytest.raises(ModelError, match="prepare --speech") as told:
                SpeechWindows(tmp_path, COLUMNS, PLAIN)
            assert str(tmp_path) in str(told.value)
            (tmp_path / name).write_bytes(pristine[name])
    write(tmp_path, {"a/1": [1] * 10})
    with pytest.raises(ModelError, match="nothing that is long enough"):
        SpeechWindows(tmp_path, COLUMNS, PLAIN)
