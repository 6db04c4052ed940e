"""Read speech as training material: mel columns and the phone that sounds at each, for the audio encoder.

Phone times come from forced alignment by PocketSphinx, whose wheel holds an English acoustic model and dictionary.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import soundfile
from numpy.typing import NDArray

from app.core.errors import MediaError, UserError
from app.engine.evaluation.catalogue import is_cleared, no_catalogue, read_rows
from app.engine.media.mel import HOP, RATE, mel_windows, speech_gain
from app.engine.replacing import replacing_folder

FORMAT = 1
"""Version of the folder layout; `models.data.speech` reads the same number."""
FOLDER = "speech"
COLUMNS = ("file", "licence", "speaker_id", "corpus", "language", "transcript")
"""Of a catalogue; more are allowed."""
UNKNOWN = 255
"""Where no phone is known."""
SILENCE = "SIL"
PHONES = (
    SILENCE,
    "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY",
    "F", "G", "HH", "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY",
    "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH",
)  # fmt: skip
"""The aligner's phones (ARPAbet without stress); a phone's number is its place here."""
_ALIGNER_HOP = 0.01
"""Seconds of the aligner's frames."""
_BEAMS = (1e-20, 1e-48)
"""Widths of the aligner's search, tried in turn: with either alone, it loses a quarter of the sentences."""
_SHORTEST = 0.3
"""Seconds below which an utterance is of no use."""


class Utterance(msgspec.Struct, frozen=True):
    """One sentence of the catalogue."""

    file: Path
    speaker: str
    corpus: str
    licence: str
    words: tuple[str, ...]
    """Lower case, without punctuation."""


class Aligned(msgspec.Struct, frozen=True):
    """An utterance's mel columns and phones."""

    mels: NDArray[np.float32]
    """T x 80, 12.5 ms apart."""
    phones: NDArray[np.uint8]
    """T, numbers in `PHONES` or `UNKNOWN`."""


Align = Callable[[NDArray[np.int16], Sequence[str]], list[tuple[str, float, float]]]
"""16 kHz mono and words -> (phone, start, stop) in seconds; ValueError where they do not fit together."""


def read_speech_catalogue(catalogue: Path) -> tuple[list[Utterance], int]:
    """The English utterances with a transcript, and how many others there are.

    Raises MediaError where the catalogue cannot be read or lacks a column.
    """
    rows = read_rows(catalogue, COLUMNS, no_catalogue(catalogue, "speech", COLUMNS))
    usable = [row for row in rows if row["language"] == "en" and _words(row["transcript"])]
    usable = [row for row in usable if is_cleared(row)]
    found = [
        Utterance(
            catalogue.parent / row["file"], row["speaker_id"], row["corpus"], row["licence"], _words(row["transcript"])
        )
        for row in usable
    ]
    return found, len(rows) - len(found)


def _words(transcript: str) -> tuple[str, ...]:
    """A transcript's words as a dictionary has them."""
    return tuple(re.findall(r"[a-z]+(?:'[a-z]+)?", transcript.lower()))


def prepare_speech(
    utterances: Sequence[Utterance],
    out: Path,
    align: Align,
    say: Callable[[str], None],
    on_done: Callable[[int], None] = lambda _count: None,
) -> int:
    """Writes `out`/speech, whole or not at all, and returns how many utterances are in it.

    Those that cannot be read or aligned are left out, which is said. Raises MediaError where none is left.
    """
    with replacing_folder(out / FOLDER) as temporary:
        listed = _write(utterances, temporary, align, say, on_done)
        if not listed:
            raise MediaError(
                f"no utterance could be aligned into {out / FOLDER}: give a catalogue of clear English speech."
            )
        meta = {"format": FORMAT, "phones": PHONES, "utterances": listed}
        (temporary / "speech.json").write_text(json.dumps(meta) + "\n")
    return len(listed)


def _write(
    utterances: Sequence[Utterance],
    folder: Path,
    align: Align,
    say: Callable[[str], None],
    on_done: Callable[[int], None],
) -> list[dict[str, Any]]:
    """The two arrays, one utterance after another; returns the list of what they hold."""
    listed: list[dict[str, Any]] = []
    first = 0
    with (folder / "mels.f16").open("wb") as mels, (folder / "phones.u8").open("wb") as phones:
        for number, utterance, aligned in _aligned(utterances, align, say):
            mels.write(aligned.mels.astype(np.float16).tobytes())
            phones.write(aligned.phones.tobytes())
            count = len(aligned.phones)
            where = {"file": utterance.file.name, "first": first, "columns": count}
            listed.append(where | {name: getattr(utterance, name) for name in ("speaker", "corpus", "licence")})
            first += count
            on_done(number + 1)
    return listed


def _aligned(
    utterances: Sequence[Utterance], align: Align, say: Callable[[str], None]
) -> Iterator[tuple[int, Utterance, Aligned]]:
    """(position, utterance, what was made of it) of all that can be used; the others are named."""
    for number, utterance in enumerate(utterances):
        try:
            yield number, utterance, align_utterance(_sound(utterance.file), utterance.words, align)
        except (MediaError, ValueError) as error:
            say(f"{utterance.file}: left out ({error}).")


def _sound(file: Path) -> NDArray[np.float32]:
    """16 kHz mono. Raises MediaError for what is no sound, silent or too short."""
    try:
        samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise MediaError(f"it cannot be read: {error}") from error
    mono = samples.mean(axis=1)
    if rate != RATE:
        raise MediaError(f"it has {rate} samples a second, not {RATE}")
    if len(mono) < _SHORTEST * RATE or not np.isfinite(mono).all():
        raise MediaError("it is too short or damaged")
    if float(np.abs(mono).max()) < 1e-3:
        raise MediaError("it is silent")
    return mono


def align_utterance(sound: NDArray[np.float32], words: Sequence[str], align: Align) -> Aligned:
    """Mel columns of a sentence and the phone at the middle of each. Raises ValueError where they do not fit."""
    spans = align((np.clip(sound, -1, 1) * 32767).astype(np.int16), words)
    count = len(sound) // HOP
    times = [Fraction(column * HOP, RATE) for column in range(count)]
    # one column at a time would do a window's work for each: windows of 32 are cut and laid side by side
    mels = (
        mel_windows(sound, times[16::32], speech_gain(sound), 32) if count > 16 else np.zeros((0, 80, 32), np.float32)
    )
    joined = np.concatenate(list(mels), axis=1).T if len(mels) else np.zeros((0, 80), np.float32)
    # a window is centred between its 16th and 17th column
    centres = (np.arange(len(joined)) + 0.5) * HOP / RATE
    return Aligned(np.ascontiguousarray(joined), phones_at(centres, spans))


def phones_at(times: NDArray[np.float64], spans: Sequence[tuple[str, float, float]]) -> NDArray[np.uint8]:
    """The number of the phone that sounds at each time, `UNKNOWN` where none does; spans in order of time."""
    found = np.full(len(times), UNKNOWN, np.uint8)
    for phone, start, stop in spans:
        if phone in PHONES:
            found[(times >= start) & (times < stop)] = PHONES.index(phone)
    return found


def make_aligner() -> Align:
    """PocketSphinx, in English. Raises UserError where it is not installed."""
    try:
        from pocketsphinx import Decoder  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError as error:
        raise UserError("aligning speech needs pocketsphinx: install the extra `train`.") from error
    decoders = [Decoder(lm=None, loglevel="FATAL", beam=beam, pbeam=beam) for beam in _BEAMS]

    def align(sound: NDArray[np.int16], words: Sequence[str]) -> list[tuple[str, float, float]]:
        missing = [word for word in words if decoders[0].lookup_word(word) is None]
        if missing:
            raise ValueError(f"the dictionary lacks {', '.join(sorted(set(missing)))}")
        reasons: list[str] = []
        for decoder in decoders:
            try:
                return _align(decoder, sound, words)
            except RuntimeError as error:  # its search found no way to the end
                reasons.append(str(error))
        raise ValueError(f"sound and transcript do not fit ({reasons[-1]})")

    return align


def _align(decoder: Any, sound: NDArray[np.int16], words: Sequence[str]) -> list[tuple[str, float, float]]:
    """The phones of an utterance with start and stop in seconds. Raises RuntimeError where the search fails."""
    decoder.set_align_text(" ".join(words))
    _decode(decoder, sound)
    decoder.set_alignment()  # the words' times are known: once more for the phones'
    _decode(decoder, sound)
    return [
        (phone.name, phone.start * _ALIGNER_HOP, (phone.start + phone.duration) * _ALIGNER_HOP)
        for word in decoder.get_alignment()
        for phone in word
    ]


def _decode(decoder: Any, sound: NDArray[np.int16]) -> None:
    """Runs an utterance through."""
    decoder.start_utt()
    decoder.process_raw(sound.tobytes(), full_utt=True)
    decoder.end_utt()
