"""Speaks a sentence with libespeak-ng and says when each phoneme sounds.

Used to make voices for the demo and for training; a user's first run plays the committed ones.
Constants and structures are those of espeak-ng's `speak_lib.h` (1.50 and later).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import threading

import msgspec
import numpy as np

from app.core.errors import UserError
from app.engine.puppet.speech import Samples, Speech, TimedPhoneme, Timing

_RETRIEVAL = 1
"""AUDIO_OUTPUT_RETRIEVAL: sound comes through the callback, in the calling thread (with SYNCHRONOUS)."""
_SYNCHRONOUS = 2
_INITIALIZE_PHONEME_EVENTS = 0x0001
_DONT_EXIT = 0x8000
_EVENT_END = 0
_EVENT_PHONEME = 7
_CHARS_UTF8 = 1
_RATE, _VOLUME, _PITCH = 1, 2, 3
_FILES = {"en-gb": "en"}
"""The library looks voices up by file name, which differs from the language only here."""
_LOCK = threading.Lock()


class VoiceSettings(msgspec.Struct, frozen=True):
    """How espeak speaks."""

    voice: str = "en-us"
    """A voice name, with a variant if wished: `en-us`, `en-gb+f2`, `en-us+m3`."""
    pitch: int = 50
    """0 to 100."""
    speed: int = 155
    """Words a minute, 80 to 450."""


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@functools.cache
def _library() -> tuple[ctypes.CDLL, int]:
    """The loaded and initialised library, and its sample rate."""
    name = ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1"
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise UserError(
            "The speech library libespeak-ng is not on this machine; install the Debian package espeak-ng "
            "(sudo apt install espeak-ng) and try again."
        ) from error
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint,
        ctypes.c_void_p, ctypes.c_void_p,
    ]  # fmt: skip
    flags = _INITIALIZE_PHONEME_EVENTS | _DONT_EXIT
    rate = int(library.espeak_Initialize(_SYNCHRONOUS, 0, None, flags))
    if rate <= 0:
        raise UserError(
            "libespeak-ng found none of its data files; install the Debian package espeak-ng-data "
            "(sudo apt install espeak-ng-data) and try again."
        )
    return library, rate


class _Recorder:
    """Collects what the callback is given during one sentence."""

    def __init__(self) -> None:
        self.chunks: list[Samples] = []
        self.events: list[tuple[int, str]] = []

    def receive(self, wave: object, count: int, events: object) -> int:
        """Espeak's t_espeak_callback: keeps a chunk of sound and the phoneme events beside it."""
        if wave and count:
            data = np.ctypeslib.as_array(wave, shape=(count,))  # type: ignore[call-overload]
            self.chunks.append((data / 32768).astype(np.float32))
        index = 0
        while (event := events[index]).type != _EVENT_END:  # type: ignore[index]
            if event.type == _EVENT_PHONEME:
                self.events.append((int(event.sample), bytes(event.id.string).decode("utf-8", "replace")))
            index += 1
        return 0


def speak(text: str, settings: VoiceSettings | None = None) -> Speech:
    """Speaks `text`: float32 samples (22,050 a second) and its phonemes, both exact to the sample.

    The library remembers a little from one sentence to the next: the same sentences in the same order in a fresh
    process give the same samples, but a sentence spoken again is a few samples longer or shorter. Its phonemes always
    fit the samples that come with them. Raises UserError where espeak-ng is not installed or does not know the voice.
    """
    settings = settings or VoiceSettings()
    with _LOCK:  # the library has one global state
        library, rate = _library()
        recorder = _Recorder()
        callback = _Callback(recorder.receive)
        library.espeak_SetSynthCallback(callback)
        _choose(library, settings)
        data = text.encode("utf-8")
        status = library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _CHARS_UTF8, None, None)
        library.espeak_Synchronize()
        library.espeak_SetSynthCallback(_Callback())
    if status != 0 or not recorder.chunks:
        raise UserError(f"espeak-ng could not speak the sentence {text!r} with voice {settings.voice!r}; try another.")
    samples = np.concatenate(recorder.chunks)
    phonemes = _timed(recorder.events, len(samples), rate)
    return Speech(Timing(text, settings.voice, rate, phonemes), samples)


def _choose(library: ctypes.CDLL, settings: VoiceSettings) -> None:
    base, plus, variant = settings.voice.partition("+")
    name = _FILES.get(base, base) + plus + variant
    if library.espeak_SetVoiceByName(name.encode("ascii", "replace")) != 0:
        raise UserError(f"espeak-ng has no voice {settings.voice!r}; `espeak-ng --voices` lists those it has.")
    library.espeak_SetParameter(_RATE, settings.speed, 0)
    library.espeak_SetParameter(_PITCH, settings.pitch, 0)
    library.espeak_SetParameter(_VOLUME, 80, 0)


def _timed(events: list[tuple[int, str]], length: int, rate: int) -> tuple[TimedPhoneme, ...]:
    """Events hold starts only: each phoneme lasts until the next one, the last until the end."""
    starts = [min(sample, length) for sample, _ in events] + [length]
    timed: list[TimedPhoneme] = []
    for (_, label), start, end in zip(events, starts[:-1], starts[1:], strict=True):
        if end > start:
            timed.append(TimedPhoneme(round(start / rate, 5), round((end - start) / rate, 5), _bare(label)))
    return tuple(timed)


def _bare(label: str) -> str:
    """A mnemonic without stress and length-of-pause marks; every pause (`_:`, `_!`, empty) is `_`."""
    bare = label.strip("',%= |")
    return "_" if not bare or bare.startswith("_") else bare
