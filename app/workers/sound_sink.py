"""What sound is handed to: a device, or in tests something that behaves like one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

CHANNELS = 2
BUFFER = 0.2
"""Seconds of sound that wait in a device: long enough for a busy program, short enough for a change to be heard."""


class SoundSink(Protocol):
    """A device that plays stereo at one rate. All of it is used from one thread."""

    rate: int
    """Samples per second."""

    def start(self) -> None:
        """Begins anew with nothing waiting; `written` and `waiting` count from here."""
        ...

    def stop(self) -> None:
        """Silence at once; what waits is thrown away."""
        ...

    def free(self) -> int:
        """Samples per channel that may be written now."""
        ...

    def waiting(self) -> int:
        """Samples per channel that were written and not heard yet."""
        ...

    def write(self, samples: Samples) -> None:
        """Hands over n x 2 samples in [-1, 1], at most `free`."""
        ...

    def lost(self) -> bool:
        """Whether the device went away or refuses to play."""
        ...

    def close(self) -> None:
        """The device is not needed any more."""
        ...


OpenSink = Callable[[int], SoundSink | None]
"""Opens the default device at a rate; None where there is none or it cannot play at that rate."""


def open_device(rate: int) -> SoundSink | None:
    """The system's default output through Qt; None where there is none or it refuses stereo at that rate.

    QtMultimedia is imported here because loading it takes most of a second.
    """
    from PySide6.QtMultimedia import QAudioFormat, QMediaDevices

    device = QMediaDevices.defaultAudioOutput()
    if device.isNull():
        return None
    form = QAudioFormat()
    form.setSampleRate(rate)
    form.setChannelCount(CHANNELS)
    for kind in (QAudioFormat.SampleFormat.Float, QAudioFormat.SampleFormat.Int16):
        form.setSampleFormat(kind)
        if device.isFormatSupported(form):
            return DeviceSink(device, form)
    return None


class DeviceSink:
    """A `QAudioSink` that is pushed to."""

    def __init__(self, device: Any, form: Any) -> None:
        """`device` is a QAudioDevice, `form` a QAudioFormat of it: float or 16-bit stereo."""
        from PySide6.QtMultimedia import QAudioFormat, QAudioSink, QtAudio

        self.rate: int = form.sampleRate()
        self._float = form.sampleFormat() == QAudioFormat.SampleFormat.Float
        self._frame = CHANNELS * (4 if self._float else 2)
        self._stopped, self._none = QtAudio.State.StoppedState, QtAudio.Error.NoError
        self._fine = (QtAudio.Error.NoError, QtAudio.Error.UnderrunError)
        self._sink = QAudioSink(device, form)
        self._sink.setBufferSize(int(BUFFER * self.rate) * self._frame)
        self._pipe: Any = None
        self._started = False
        self._rest = b""
        self._written = 0

    def start(self) -> None:
        """See `SoundSink`."""
        self.stop()
        self._rest, self._written = b"", 0
        self._started, self._pipe = True, self._sink.start()

    def stop(self) -> None:
        """See `SoundSink`."""
        if self._pipe is not None:
            self._sink.reset()
        self._started, self._pipe = False, None

    def free(self) -> int:
        """See `SoundSink`."""
        if self._pipe is None:
            return 0
        self._push(b"")
        return max(0, self._sink.bytesFree() - len(self._rest)) // self._frame

    def waiting(self) -> int:
        """What was written less what the device counts as processed, and no less than what waits in its buffer.

        Some of Qt's backends count samples as processed when they are handed over, some when they are fetched.
        """
        if self._pipe is None:
            return 0
        buffered = (self._sink.bufferSize() - self._sink.bytesFree() + len(self._rest)) // self._frame
        processed = self._sink.processedUSecs() * self.rate // 1_000_000
        return min(max(buffered, self._written - processed), self._written)

    def write(self, samples: Samples) -> None:
        """See `SoundSink`."""
        self._written += len(samples)
        data = samples if self._float else np.round(samples * 32767).astype(np.int16)
        self._push(np.ascontiguousarray(data).tobytes())

    def _push(self, data: bytes) -> None:
        """What the pipe does not take now is kept for the next time."""
        data = self._rest + data
        taken = self._pipe.write(data) if data else 0
        self._rest = data[max(taken, 0) :]

    def lost(self) -> bool:
        """See `SoundSink`."""
        refused = self._pipe is None or self._sink.state() == self._stopped or self._sink.error() not in self._fine
        return self._started and refused

    def close(self) -> None:
        """See `SoundSink`."""
        self.stop()
        self._sink.deleteLater()
