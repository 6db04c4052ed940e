"""Video encoders: how to ask for them, and which ones work on this machine."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache

import av
import av.codec.codec
import av.error
import av.logging
import msgspec
import numpy as np

from app.engine.media.codecs import ENCODERS, Sound, Speed, codec_of, is_hardware

_FF_QP2LAMBDA = 118
"""By which `global_quality` is multiplied where the flag qscale is set (libavutil/avutil.h)."""


class EncoderSettings(msgspec.Struct, frozen=True):
    """How the picture of an export is encoded."""

    codec: str = "libx264"
    """FFmpeg's name of the encoder."""
    crf: int = 16
    """Quality on x264's scale, 0 (lossless) to 51; 16 is visually lossless."""
    preset: Speed = "medium"
    """Speed preset; only software encoders use it."""
    pixel_format: str = "yuv420p"
    """Of the file; the writer converts to it. "yuv420p" also lets it take the encoder's own form of that (NV12)."""
    threads: int = 0
    """Number of threads; 0 lets the encoder choose."""
    profile: str = ""
    """The encoder's name of a profile; empty leaves it to the encoder."""
    sound: Sound = "aac"

    @property
    def text(self) -> str:
        """The encoder as reports name it: "libx264, CRF 16" or "prores_ks, hq"."""
        return f"{self.codec}, {self.profile}" if self.finishing else f"{self.codec}, CRF {self.crf}"

    @property
    def matte(self) -> bool:
        """Whether the file shows what was pasted alone, with its mask as transparency."""
        return self.pixel_format.startswith("yuva")

    @property
    def finishing(self) -> bool:
        """Whether the codec is one for finishing; see `VideoCodec.finishing`."""
        return codec_of(self.codec).finishing


MATTE = EncoderSettings("prores_ks", pixel_format="yuva444p10le", profile="4444", sound="pcm_s24le")
"""ProRes 4444 with the mask of what was pasted as its alpha channel, for compositing over the original."""


class EncoderCheck(msgspec.Struct, frozen=True):
    """The result of testing whether an encoder works on this machine."""

    name: str
    hardware: bool
    works: bool
    reason: str
    """Why it does not work; empty if it does."""


def encoder_options(settings: EncoderSettings) -> dict[str, str]:
    """`settings.crf` in the encoder's own words, and with x264 and x265 `settings.preset` too.

    Codecs for finishing have a profile instead of a quality. What VideoToolbox and Media Foundation are told follows
    FFmpeg's sources (libavcodec/videotoolboxenc.c, mfenc.c) and was not tried on hardware. Raises ValueError for an
    encoder whose words are not known.
    """
    quality = str(settings.crf)
    if settings.codec == "libx265":
        # x265 talks to stderr on its own account
        return {"crf": quality, "preset": settings.preset, "x265-params": "log-level=error"}
    if settings.codec == "libx264":
        return {"crf": quality, "preset": settings.preset}
    if settings.codec == "prores_ks":
        # "apl0" is how Apple's own encoder signs; some programs take nothing else
        return {"profile": settings.profile, "vendor": "apl0"}
    if settings.codec == "dnxhd":
        return {"profile": settings.profile}
    if settings.codec.endswith("_nvenc"):
        return {"rc": "constqp", "qp": quality}
    if settings.codec.endswith("_qsv"):
        return {"global_quality": quality}
    if settings.codec.endswith("_amf"):
        return {"rc": "cqp", "qp_i": quality, "qp_p": quality}
    if settings.codec.endswith("_videotoolbox"):
        return {"global_quality": str(_FF_QP2LAMBDA * _of_hundred(settings.crf)), "flags": "+qscale"}
    if settings.codec.endswith("_mf"):
        return {"rate_control": "quality", "quality": str(_of_hundred(settings.crf))}
    raise ValueError(f"nobody knows how {settings.codec} is asked for a quality")


def _of_hundred(crf: int) -> int:
    """About the same quality on a scale of 1 to 100."""
    return max(1, 100 - 2 * crf)


def frame_format(settings: EncoderSettings) -> str:
    """The pixel format that the encoder is to be fed with: the file's, or NV12 where it takes 4:2:0 only so.

    Raises ValueError where it takes neither, and where there is no such encoder.
    """
    try:
        formats = [item.name for item in av.Codec(settings.codec, "w").video_formats or ()]
    except av.codec.codec.UnknownCodecError as error:
        raise ValueError(f"there is no encoder {settings.codec} in this build of FFmpeg") from error
    wanted = (settings.pixel_format, *(("nv12",) if settings.pixel_format == "yuv420p" else ()))
    found = next((item for item in wanted if item in formats), None)
    if found is None:
        raise ValueError(f"it takes none of our pixel formats ({', '.join(formats[:4])})")
    return found


def settings_for(encoder: str, crf: int = 16, preset: Speed = "medium") -> EncoderSettings:
    """Settings with the pixel format, profile and sound that belong to an encoder; a fixed quality ignores the rest."""
    codec = codec_of(encoder)
    settings = EncoderSettings(encoder, pixel_format=codec.pixel_format, profile=codec.profile, sound=codec.sound)
    return settings if codec.finishing else msgspec.structs.replace(settings, crf=crf, preset=preset)


def bits_per_pixel(settings: EncoderSettings, size: tuple[int, int]) -> float:
    """About how much a picture comes to, for estimates; half of it six steps of quality on."""
    codec = codec_of(settings.codec)
    if codec.block_bits:
        blocks = -(-size[0] // 16) * -(-size[1] // 16)
        return next((bits for limit, bits in codec.block_bits if blocks <= limit), codec.block_bits[-1][1]) / 256
    return codec.bits if codec.finishing else codec.bits * 2 ** ((16 - settings.crf) / 6)


def available_encoders() -> list[EncoderCheck]:
    """Every encoder of the table with the outcome of encoding one frame with it."""
    return [check_encoder(name) for name in ENCODERS]


@cache
def known_encoder(name: str) -> EncoderCheck:
    """`check_encoder`, done once a run of the program: it takes a moment, and drivers do not change meanwhile."""
    return check_encoder(name)


def check_encoder(name: str) -> EncoderCheck:
    """Encodes one grey frame of 256 x 256 (some hardware takes none smaller) and tells how that went."""
    if name not in av.codecs_available:
        return EncoderCheck(name, is_hardware(name), False, "not in this build of FFmpeg")
    return try_encoder(settings_for(name, preset="ultrafast"))


def try_encoder(settings: EncoderSettings, size: tuple[int, int] = (256, 256)) -> EncoderCheck:
    """Encodes one grey frame of that width and height with these very settings and tells how that went."""
    hardware = is_hardware(settings.codec)
    log: list[tuple[int, str, str]] = []
    try:
        with _logged(log):
            count = _encode_one(settings, size)
    except (av.error.FFmpegError, ValueError, RuntimeError, NotImplementedError) as error:
        return EncoderCheck(settings.codec, hardware, False, _reason(error, log))
    return EncoderCheck(settings.codec, hardware, count > 0, "" if count else "it gave no data")


def usable_encoder(
    settings: EncoderSettings, size: tuple[int, int], notify: Callable[[str], None] = lambda _sentence: None
) -> EncoderSettings:
    """These settings, or the software encoder's where a hardware encoder fails now; that is told to `notify`.

    A driver may have gone, or another program may hold all of its sessions, since it was offered.
    """
    if not is_hardware(settings.codec):
        return settings
    check = try_encoder(settings, size)
    if check.works:
        return settings
    instead = settings_for(codec_of(settings.codec).encoders[0], settings.crf, settings.preset)
    notify(f"The hardware encoder {settings.codec} does not start ({check.reason}): {instead.codec} is used instead.")
    return instead


def _encode_one(settings: EncoderSettings, size: tuple[int, int]) -> int:
    """Size in bytes of one encoded frame."""
    wanted = frame_format(settings)
    context = av.CodecContext.create(settings.codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = size
    context.pix_fmt = wanted
    context.time_base = Fraction(1, 25)
    context.framerate = Fraction(25)
    context.options = encoder_options(settings)
    grey = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
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
