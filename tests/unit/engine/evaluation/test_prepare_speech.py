"""Read speech as training material: phones where they sound, what is unusable named, whole or not at all."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import resample_poly

from app.core.errors import MediaError
from app.engine.evaluation.prepare_speech import (
    COLUMNS,
    FORMAT,
    PHONES,
    UNKNOWN,
    Utterance,
    align_utterance,
    make_aligner,
    phones_at,
    prepare_speech,
    read_speech_catalogue,
)
from app.engine.media.mel import mel_windows, speech_gain
from app.engine.puppet.speech import load_voice
from models.data import speech as reading
from models.data.augment import AugmentConfig

RATE = 16_000
Spans = list[tuple[str, float, float]]


def halves(sound: NDArray[np.int16], words: Sequence[str]) -> Spans:
    """An aligner that hears silence first and then AA; it knows no word "xyzzy"."""
    if "xyzzy" in words:
        raise ValueError("the dictionary lacks xyzzy")
    middle, end = len(sound) / RATE / 2, len(sound) / RATE
    return [("SIL", 0.0, middle), ("AA", middle, end)]


def noise(seconds: float, seed: int = 1) -> NDArray[np.float32]:
    """Not silent."""
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE)).clip(-1, 1).astype(np.float32)


def utterance(file: Path, sound: NDArray[np.float32], words: str = "hello", rate: int = RATE) -> Utterance:
    """A file that somebody spoke."""
    soundfile.write(file, sound, rate, subtype="FLOAT")
    return Utterance(file, file.stem, "made up", "CC0", tuple(words.split()))


def write_catalogue(folder: Path, rows: list[dict[str, str]]) -> Path:
    """One with the usual columns."""
    usual = {"licence": "CC0", "speaker_id": "s", "corpus": "c", "language": "en", "transcript": "Hello."}
    with (folder / "catalog.csv").open("w", newline="") as out:
        writer: csv.DictWriter[str] = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows([usual | row for row in rows])
    return folder / "catalog.csv"


def test_a_catalogue_is_read(tmp_path: Path) -> None:
    rows = [
        {"file": "a.flac", "transcript": "It's FOUR o'clock -- now."},
        {"file": "b.flac", "language": "de"},
        {"file": "c.flac", "transcript": ""},
        {"file": "d.flac", "licence": "not cleared"},
    ]
    found, others = read_speech_catalogue(write_catalogue(tmp_path, rows))
    assert found == [Utterance(tmp_path / "a.flac", "s", "c", "CC0", ("it's", "four", "o'clock", "now"))]
    assert others == 3


@pytest.mark.parametrize(
    "content", [None, b"file,size\na,1\n", b"\xff\xfe\x00", b"file,licence,language\na.flac,CC0\n"]
)
def test_a_bad_catalogue_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "catalog.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(MediaError, match=r"catalog\.csv is no catalogue of speech"):
        read_speech_catalogue(file)


@given(st.lists(st.floats(0.01, 0.5), min_size=1, max_size=8), st.data())
def test_each_time_has_the_phone_that_sounds(lengths: list[float], data: st.DataObject) -> None:
    """None before the first, after the last, or for what is no phone."""
    names = data.draw(st.lists(st.sampled_from([*PHONES, "+NOISE+"]), min_size=len(lengths), max_size=len(lengths)))
    ends = 0.1 + np.cumsum(lengths)
    spans = [(name, float(end) - length, float(end)) for name, length, end in zip(names, lengths, ends, strict=True)]
    middles = np.array([(start + stop) / 2 for _, start, stop in spans])
    expected = [PHONES.index(name) if name in PHONES else UNKNOWN for name in names]
    assert phones_at(middles, spans).tolist() == expected
    assert phones_at(np.array([0.05, ends[-1] + 0.01]), spans).tolist() == [UNKNOWN, UNKNOWN]


def test_columns_are_the_products_own() -> None:
    """Any 32 of them are what `mel_windows` gives around their middle; a column's phone sounds at its centre."""
    sound = noise(2.0)
    aligned = align_utterance(sound, ["hello"], halves)
    assert aligned.mels.shape == (160, 80)
    for first in (0, 31, 50, 128):
        (expected,) = mel_windows(sound, [Fraction((first + 16) * 200, RATE)], speech_gain(sound), 32)
        np.testing.assert_allclose(aligned.mels[first : first + 32].T, expected, atol=1e-4)
    assert aligned.phones.tolist() == [0] * 80 + [1] * 80


def test_what_is_written_is_what_training_reads(tmp_path: Path) -> None:
    spoken = [utterance(tmp_path / f"{k}.wav", noise(2 + k, k)) for k in range(2)]
    said: list[str] = []
    done: list[int] = []
    assert prepare_speech(spoken, tmp_path, halves, said.append, done.append) == 2
    assert (said, done) == ([], [1, 2])
    meta = json.loads((tmp_path / "speech" / "speech.json").read_text())
    assert meta["format"] == FORMAT == reading.FORMAT
    assert UNKNOWN == reading.UNKNOWN
    assert meta["utterances"][1] == {
        "file": "1.wav", "first": 160, "columns": 224, "speaker": "1", "corpus": "made up", "licence": "CC0",
    }  # fmt: skip
    windows = reading.SpeechWindows(tmp_path / "speech", 32, AugmentConfig())
    assert windows.phones == PHONES
    mels, phones = windows.batch(np.random.default_rng(1), 20)
    assert mels.shape == (20, 80, 32)
    assert set(phones.tolist()) <= {0, 1}


def test_what_cannot_be_used_is_named_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"RIFF but no more")
    nobody = ("a", "b", "CC0", ("hello",))
    spoken = [
        utterance(tmp_path / "good.wav", noise(2)),
        Utterance(tmp_path / "missing.wav", *nobody),
        Utterance(tmp_path / "broken.wav", *nobody),
        utterance(tmp_path / "silent.wav", np.zeros(RATE, np.float32)),
        utterance(tmp_path / "short.wav", noise(0.1)),
        utterance(tmp_path / "slow.wav", noise(1), rate=8000),
        utterance(tmp_path / "odd.wav", noise(1), "hello xyzzy"),
        utterance(tmp_path / "nan.wav", np.full(RATE, np.nan, np.float32)),
    ]
    said: list[str] = []
    assert prepare_speech(spoken, tmp_path, halves, said.append) == 1
    assert [Path(line.split(": left out")[0]).name for line in said] == [one.file.name for one in spoken[1:]]
    for line, reason in zip(said, ("read", "read", "silent", "short", "8000", "xyzzy", "damaged"), strict=True):
        assert reason in line


def test_speech_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """Where nothing can be used, and where it is stopped half-way, what was there stays."""
    good = utterance(tmp_path / "good.wav", noise(2))
    prepare_speech([good], tmp_path, halves, print)
    before = {file.name: file.read_bytes() for file in (tmp_path / "speech").iterdir()}

    def stop(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_speech([good, good], tmp_path, halves, print, stop)
    with pytest.raises(MediaError, match="no utterance could be aligned"):
        prepare_speech([utterance(tmp_path / "odd.wav", noise(1), "xyzzy")], tmp_path, halves, lambda _: None)
    assert {file.name: file.read_bytes() for file in (tmp_path / "speech").iterdir()} == before
    assert not list(tmp_path.glob(".speech*"))


def test_pocketsphinx_hears_when_each_phone_sounds() -> None:
    """Held against espeak's own times of the committed voice."""
    voice = load_voice("a")
    sound = resample_poly(voice.samples, 320, 441).astype(np.float32)
    words = [word.strip(".,!?").lower() for word in voice.timing.text.split()]
    spans = make_aligner()((sound * 32767).astype(np.int16), words)
    assert all(start < stop for _, start, stop in spans)
    counterparts = {"m": "M", "f": "F", "v": "V", "s": "S", "p": "P", "b": "B", "u:": "UW"}
    sure = [phone for phone in voice.timing.phonemes if phone.phoneme in counterparts]
    middles = np.array([(phone.start + phone.end) / 2 for phone in sure])
    told = phones_at(middles, spans)
    right = [PHONES[k] == counterparts[phone.phoneme] for k, phone in zip(told, sure, strict=True) if k != UNKNOWN]
    assert len(right) > 5
    assert np.mean(right) > 0.7


def test_an_unknown_word_and_a_wrong_transcript_are_refused() -> None:
    align = make_aligner()
    sound = (noise(1.0) * 32767).astype(np.int16)
    with pytest.raises(ValueError, match="the dictionary lacks xyzzyx"):
        align(sound, ["hello", "xyzzyx"])
    with pytest.raises(ValueError, match="do not fit"):
        align(sound[:3200], ["a", "very", "long", "sentence", "that", "nobody", "said", "in", "so", "little", "time"])
