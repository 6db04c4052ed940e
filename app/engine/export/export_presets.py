"""What an export may be: presets with their containers, encoders and quality, as pure builders of settings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from app.core.errors import MediaError
from app.engine.media.encoders import SMALLEST, EncoderCheck, EncoderSettings, bits_per_pixel, is_hardware, settings_for
from app.engine.media.output import expected_bytes
from app.engine.media.writer import AUDIO_BIT_RATE

AAC_KBPS = AUDIO_BIT_RATE // 1000
"""Of the sound of presets for delivery."""


class ExportPreset(msgspec.Struct, frozen=True):
    """A kind of file to export, before its details are chosen."""

    name: str
    """For file names and settings."""
    title: str
    """For people."""
    text: str
    """What it is for, a sentence."""
    suffixes: tuple[str, ...]
    """Containers it may go into, the usual one first."""
    codecs: tuple[str, ...]
    """FFmpeg's names of the encoders that make it, software first."""
    crf: int | None
    """The usual quality on x264's scale; None where the format leaves no choice."""

    @property
    def finishing(self) -> bool:
        """Whether it is for another program to go on with."""
        return self.crf is None


H264 = ExportPreset(
    "h264",
    "H.264 (delivery)",
    "Plays everywhere; at quality 16 no loss is seen.",
    (".mp4", ".mov", ".m4v"),
    ("libx264", "h264_nvenc", "h264_qsv", "h264_amf", "h264_videotoolbox", "h264_mf"),
    16,
)
HEVC = ExportPreset(
    "hevc",
    "HEVC (delivery, smaller)",
    "Smaller files for players and phones since about 2017; slower to make.",
    (".mp4", ".mov", ".m4v"),
    ("libx265", "hevc_nvenc", "hevc_qsv", "hevc_amf", "hevc_videotoolbox"),
    18,
)
PRORES = ExportPreset(
    "prores",
    "ProRes 422 HQ (finishing)",
    "For grading and further editing: 10 bit 4:2:2, every frame by itself, sound as 24-bit PCM; large files.",
    (".mov",),
    ("prores_ks",),
    None,
)
DNXHR = ExportPreset(
    "dnxhr",
    "DNxHR HQ (finishing)",
    "For Avid and others: 8 bit 4:2:2, every frame by itself, sound as 24-bit PCM; large files.",
    (".mov",),
    ("dnxhd",),
    None,
)
PRESETS = (H264, HEVC, PRORES, DNXHR)
"""In the order in which they are offered; the first is the default."""

CRF_RANGE = (0, 40)
"""Quality that is offered: from lossless to what nobody wants to look at."""

ENCODER_TITLES = {
    "libx264": "Software (x264)",
    "libx265": "Software (x265)",
    "prores_ks": "Software (FFmpeg, prores_ks)",
    "dnxhd": "Software (FFmpeg, dnxhd)",
    "nvenc": "NVIDIA (NVENC)",
    "qsv": "Intel (Quick Sync)",
    "amf": "AMD (AMF)",
    "videotoolbox": "Apple (VideoToolbox)",
    "mf": "Windows (Media Foundation)",
}
"""By an encoder's name, or by what follows the underscore in it."""


def preset_named(name: str) -> ExportPreset:
    """The preset of that name; the default for a name that nobody knows, as an older file may hold."""
    return next((preset for preset in PRESETS if preset.name == name), PRESETS[0])


def encoder_title(codec: str) -> str:
    """An encoder for people."""
    return ENCODER_TITLES.get(codec) or ENCODER_TITLES.get(codec.partition("_")[2], codec)


def preset_settings(preset: ExportPreset, codec: str | None = None, crf: int | None = None) -> EncoderSettings:
    """The encoder's settings for a preset; None takes the usual ones.

    Raises ValueError for an encoder that does not make this kind of file or a quality outside `CRF_RANGE`.
    """
    codec = codec or preset.codecs[0]
    if codec not in preset.codecs:
        raise ValueError(f"{codec} makes no {preset.title}")
    if preset.crf is None:
        return settings_for(codec)
    crf = preset.crf if crf is None else crf
    if not CRF_RANGE[0] <= crf <= CRF_RANGE[1]:
        raise ValueError(f"a quality is {CRF_RANGE[0]} to {CRF_RANGE[1]}, not {crf}")
    return settings_for(codec, crf)


def quality_text(crf: int) -> str:
    """What a number on x264's scale means."""
    if crf == 0:
        return "mathematically lossless with x264; very large"
    if crf <= 12:
        return "more than the eye sees; large"
    if crf <= 18:
        return "visually lossless"
    if crf <= 23:
        return "good; loss shows in stills"
    if crf <= 28:
        return "fair; for previews"
    return "poor; small files for a quick look"


class EncoderOffer(msgspec.Struct, frozen=True):
    """One encoder as the export dialog shows it."""

    codec: str
    title: str
    usable: bool
    text: str
    """What to know of it: why it is not usable, or what it is good for."""


def offers(preset: ExportPreset, checks: Iterable[EncoderCheck]) -> tuple[EncoderOffer, ...]:
    """The encoders of a preset; a hardware encoder is usable once a check of it went well, software at once."""
    known = {check.name: check for check in checks}
    return tuple(_offer(codec, known.get(codec)) for codec in preset.codecs)


def _offer(codec: str, check: EncoderCheck | None) -> EncoderOffer:
    title = encoder_title(codec)
    if check is None:
        text = "It is being tried with one frame." if is_hardware(codec) else "Works on every machine."
        return EncoderOffer(codec, title, not is_hardware(codec), text)
    if not check.works:
        return EncoderOffer(codec, title, False, f"Not on this machine: {check.reason}.")
    text = "It encoded a test frame; quicker, and a little less picture for the same size." if check.hardware else ""
    return EncoderOffer(codec, title, True, text or "Works on every machine.")


def check_fits(settings: EncoderSettings, size: tuple[int, int], target: Path) -> None:
    """Raises MediaError where a picture of this width and height cannot be encoded so, or not into this file."""
    least = SMALLEST.get(settings.codec)
    if least is not None and (size[0] < least[0] or size[1] < least[1]):
        raise MediaError(
            f"DNxHR takes no picture below {least[0]} x {least[1]}, and this one has {size[0]} x {size[1]}: "
            "choose ProRes or H.264."
        )
    if settings.finishing and target.suffix.lower() != ".mov":
        raise MediaError(f'"{target}" is no place for ProRes or DNxHR: give the output a name that ends in .mov.')


def export_bytes(
    settings: EncoderSettings, size: tuple[int, int], frames: int, seconds: float, rate: int, channels: int
) -> int:
    """A guess at the size of a file with this many frames; `rate` and `channels` of its sound (0: none)."""
    kbps = AAC_KBPS if settings.sound == "aac" else rate * channels * 24 / 1000
    if not channels:
        kbps = 0
    return expected_bytes(*size, frames, seconds, bits_per_pixel(settings, size), round(kbps))
