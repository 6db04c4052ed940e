"""A spoken sentence as the puppet needs it: its samples and when each phoneme sounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from app.core.errors import MediaError

Samples = NDArray[np.float32]
"""Mono samples in [-1, 1]."""

VOICES_FOLDER = Path(__file__).resolve().parents[3] / "resources" / "voices"
"""Where the two committed sentences lie (`a.flac`, `a.json`, `b.flac`, `b.json`)."""


class TimedPhoneme(msgspec.Struct, frozen=True):
    """One phoneme of espeak's alphabet, in seconds from the start of the sound."""

    start: float
    duration: float
    phoneme: str
    """espeak's mnemonic without stress marks; `_` is silence."""

    @property
    def end(self) -> float:
        """When it stops, in seconds."""
        return self.start + self.duration


class Timing(msgspec.Struct, frozen=True):
    """What the JSON file beside a voice holds."""

    text: str
    voice: str
    sample_rate: int
    phonemes: tuple[TimedPhoneme, ...]


class Speech(msgspec.Struct, frozen=True):
    """A sentence with its sound and timing."""

    timing: Timing
    samples: Samples

    @property
    def duration(self) -> float:
        """Length of the sound in seconds."""
        return len(self.samples) / self.timing.sample_rate


def load_voice(name: str, folder: Path = VOICES_FOLDER) -> Speech:
    """Reads `name`.flac and `name`.json, as `save_voice` wrote them.

    Raises MediaError, naming the file, where either is missing or damaged.
    """
    sound, table = folder / f"{name}.flac", folder / f"{name}.json"
    try:
        timing = msgspec.json.decode(table.read_bytes(), type=Timing)
    except (OSError, msgspec.DecodeError) as error:
        raise MediaError(f"{table} cannot be read ({error}); restore it from the repository.") from error
    try:
        samples, rate = cast("tuple[Samples, int]", sf.read(sound, dtype="float32"))
    except (OSError, sf.LibsndfileError) as error:
        raise MediaError(f"{sound} cannot be read ({error}); restore it from the repository.") from error
    if rate != timing.sample_rate:
        raise MediaError(
            f"{sound} has {rate} samples a second but {table.name} says {timing.sample_rate}; restore both."
        )
    return Speech(timing, samples)


def save_voice(speech: Speech, name: str, folder: Path) -> tuple[Path, Path]:
    """Writes `name`.flac (16 bits, mono) and `name`.json into `folder`; returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    sound, table = folder / f"{name}.flac", folder / f"{name}.json"
    sf.write(sound, speech.samples, speech.timing.sample_rate, subtype="PCM_16", format="FLAC")
    text = json.dumps(msgspec.to_builtins(speech.timing), indent=1, ensure_ascii=False)
    table.write_text(text + "\n", encoding="utf-8")
    return sound, table


def padded(speech: Speech, lead: float, tail: float) -> Speech:
    """The same sentence with `lead` seconds of silence before and `tail` after it."""
    rate = speech.timing.sample_rate
    before, after = round(lead * rate), round(tail * rate)
    shift = before / rate
    last = speech.duration + shift
    moved = [TimedPhoneme(round(p.start + shift, 5), p.duration, p.phoneme) for p in speech.timing.phonemes]
    phonemes = (
        TimedPhoneme(0.0, round(shift, 5), "_"),
        *moved,
        TimedPhoneme(round(last, 5), round(after / rate, 5), "_"),
    )
    timing = Timing(speech.timing.text, speech.timing.voice, rate, tuple(p for p in phonemes if p.duration > 0))
    return Speech(timing, np.pad(speech.samples, (before, after)))
