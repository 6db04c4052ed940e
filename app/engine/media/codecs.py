"""The one table of what an export may be written in: containers, video codecs and the encoders that make them."""

from __future__ import annotations

from typing import Literal

import msgspec

CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov"}
"""Suffixes an export may have, the usual one first, and FFmpeg's names of their containers.

Matroska is not among them: its time stamps are whole milliseconds, which 30000/1001 frames a second are not.
"""

AAC_BIT_RATE = 256_000
"""Bits per second of AAC for up to two channels; at 192,000 FFmpeg's encoder distorts a tone by 2 % after noise."""

Sound = Literal["aac", "pcm_s24le"]
"""FFmpeg's names of the encoders of sound: AAC for delivery, whole 24-bit samples for finishing."""

Speed = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"]
"""Names that x264 and x265 give to their trade of speed against size."""


class VideoCodec(msgspec.Struct, frozen=True, kw_only=True):
    """A codec with all that an export has to know of it."""

    name: str
    """The name in presets and settings."""
    title: str
    """The name that people see."""
    encoders: tuple[str, ...]
    """FFmpeg's names of the encoders that make it, the software one first."""
    suffixes: tuple[str, ...] = tuple(CONTAINERS)
    """Suffixes of the containers that can hold the codec, the usual one first."""
    qualities: tuple[int, int] | None = (0, 40)
    """Range on x264's scale that is offered, from lossless to poor; None where the format fixes the quality."""
    quality: int = 16
    """The usual quality: visually lossless."""
    pixel_format: str = "yuv420p"
    profile: str = ""
    """The profile as the encoder names it; empty leaves the choice to the encoder."""
    sound: Sound = "aac"
    tag: str = ""
    """FourCC in the container; empty leaves it to FFmpeg."""
    smallest: tuple[int, int] = (2, 2)
    """The smallest width and height that the encoder accepts."""
    bits: float = 0.25
    """A pixel comes to about so many at quality 16, or always where the quality is fixed."""
    block_bits: tuple[tuple[int, int], ...] = ()
    """In place of `bits`, where it falls with the size: (macroblocks up to which it holds, bits a macroblock)."""

    @property
    def finishing(self) -> bool:
        """Whether another program is to go on with it: nearly lossless, every frame by itself, no quality to choose."""
        return self.qualities is None


CODECS = (
    VideoCodec(
        name="h264",
        title="H.264",
        encoders=("libx264", "h264_nvenc", "h264_qsv", "h264_amf", "h264_videotoolbox", "h264_mf"),
    ),
    VideoCodec(
        name="hevc",
        title="HEVC",
        encoders=("libx265", "hevc_nvenc", "hevc_qsv", "hevc_amf", "hevc_videotoolbox"),
        quality=18,
        tag="hvc1",  # QuickTime plays no other
        bits=0.15,
    ),
    VideoCodec(
        name="prores",
        title="ProRes",
        encoders=("prores_ks",),
        suffixes=(".mov",),
        qualities=None,
        pixel_format="yuv422p10le",
        profile="hq",
        sound="pcm_s24le",
        # libavcodec/proresenc_kostya_common.c: `br_tab` of HQ
        block_bits=((1620, 1566), (2700, 1216), (6075, 1070), (9216, 950)),
    ),
    VideoCodec(
        name="dnxhr",
        title="DNxHR",
        encoders=("dnxhd",),
        suffixes=(".mov",),
        qualities=None,
        pixel_format="yuv422p",
        profile="dnxhr_hq",
        sound="pcm_s24le",
        smallest=(256, 120),  # SMPTE ST 2019-1
        bits=3.55,  # libavcodec/dnxhddata.c: 4.5 to 1 of 4:2:2
    ),
)
"""The first is the default."""

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

ENCODERS = tuple(encoder for codec in CODECS for encoder in codec.encoders)
"""Those that an FFmpeg build may have."""


def codec_of(encoder: str) -> VideoCodec:
    """What an encoder makes, by the table or else, for one that is not in it, by the beginning of its name."""
    found = next((codec for codec in CODECS if encoder in codec.encoders), None)
    return found or next((codec for codec in CODECS if encoder.startswith(f"{codec.name}_")), CODECS[0])


def is_hardware(encoder: str) -> bool:
    """Whether an encoder of that name needs a device of its own."""
    return all(encoder != codec.encoders[0] for codec in CODECS)


def encoder_title(encoder: str) -> str:
    """The encoder's name as people read it."""
    return ENCODER_TITLES.get(encoder) or ENCODER_TITLES.get(encoder.partition("_")[2], encoder)
