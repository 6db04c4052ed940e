"""Video encoders: how to ask for them, and which ones work on this machine."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from fractions import Fraction

import av
import av.error
import av.logging
import msgspec
import numpy as np

CANDIDATES = (
    "libx264",
    "libx265",
    "h264_nvenc",
    "hevc_nvenc",
    "h264_qsv",
    "hevc_qsv",
    "h264_amf",
    "hevc_amf",
    "h264_vaapi",
    "hevc_vaapi",
    "h264_videotoolbox",
    "hevc_videotoolbox",
    "h264_mf",
    "h264_v4l2m2m",
)
"""H.264 and HEVC encoders, software first, that an FFmpeg build may have."""


class EncoderSettings(msgspec.Struct, frozen=True):
    """How the picture of an export is encoded."""

    codec: str = "libx264"
    """FFmpeg's name of the encoder."""
    crf: int = 16
    """Quality on x264's scale, 0 (lossless) to 51; 16 is visually lossless."""
    preset: str = "medium"
    """Speed against size; the software encoders' names."""
    pixel_format: str = "yuv420p"
    threads: int = 0
    """0 lets the encoder choose."""


class EncoderCheck(msgspec.Struct, frozen=True):
    """Whether one encoder works here."""

    name: str
    hardware: bool
    works: bool
    reason: str
    """Why it does not; empty where it does."""


def encoder_options(settings: EncoderSettings) -> dict[str, str]:
    """The private options that give `settings.crf` and `settings.preset` in the encoder's own words."""
    quality = str(settings.crf)
    if settings.codec == "libx265":
        # x265 talks to stderr on its own account
        return {"crf": quality, "preset": settings.preset, "x265-params": "log-level=error"}
    if settings.codec == "libx264":
        return {"crf": quality, "preset": settings.preset}
    if settings.codec.endswith("_nvenc"):
        return {"rc": "constqp", "qp": quality}
    if settings.codec.endswith("_qsv"):
        return {"global_quality": quality}
    if settings.codec.endswith("_amf"):
        return {"rc": "cqp", "qp_i": quality, "qp_p": quality}
    if settings.codec.endswith("_videotoolbox"):
        return {"q": str(max(1, 100 - 2 * settings.crf))}
    return {}


def available_encoders() -> list[EncoderCheck]:
    """Every candidate with the outcome of encoding one frame with it."""
    return [check_encoder(name) for name in CANDIDATES]


def check_encoder(name: str) -> EncoderCheck:
    """Encodes one grey frame of 256 x 256 (some hardware takes none smaller) and tells how that went."""
    hardware = not name.startswith("lib")
    if name not in av.codecs_available:
        return EncoderCheck(name, hardware, False, "not in this build of FFmpeg")
    log: list[tuple[int, str, str]] = []
    try:
        with _logged(log):
            size = _encode_one(name)
    except (av.error.FFmpegError, ValueError, RuntimeError, NotImplementedError) as error:
        return EncoderCheck(name, hardware, False, _reason(error, log))
    return EncoderCheck(name, hardware, size > 0, "" if size else "it gave no data")


def _encode_one(name: str) -> int:
    """Bytes that one frame came to."""
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, av.VideoCodecContext)
    formats = [item.name for item in context.codec.video_formats or ()]
    wanted = next((item for item in ("yuv420p", "nv12") if item in formats), None)
    if wanted is None:
        raise ValueError(f"it takes none of our pixel formats ({', '.join(formats[:4])})")
    context.width = context.height = 256
    context.pix_fmt = wanted
    context.time_base = Fraction(1, 25)
    context.framerate = Fraction(25)
    context.options = encoder_options(EncoderSettings(codec=name, preset="ultrafast"))
    grey = np.full((384, 256), 128, np.uint8)
    frame = av.VideoFrame.from_ndarray(grey, "yuv420p").reformat(format=wanted)
    frame.pts = 0
    return sum(packet.size for packet in [*context.encode(frame), *context.encode(None)])


@contextmanager
def _logged(log: list[tuple[int, str, str]]) -> Generator[None]:
    """Adds to `log` what FFmpeg logs as errors, which tells more than its error codes do."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    with av.logging.Capture() as lines:
        try:
            yield
        finally:
            log += lines
            av.logging.set_level(level)


def _reason(error: Exception, log: list[tuple[int, str, str]]) -> str:
    """The first thing the library logged, else its error's own words."""
    said = next((text.strip() for _, _, text in log if text.strip()), "")
    return said or getattr(error, "strerror", None) or str(error)
