"""What an export may be: presets, read from TOML files, as pure builders of settings."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from app.core.errors import MediaError, UserError
from app.core.text import listed
from app.engine.export.size_trial import SizeTrial
from app.engine.media.codecs import (
    AAC_BIT_RATE,
    CODECS,
    Speed,
    VideoCodec,
    codec_of,
    encoder_title,
    is_hardware,
)
from app.engine.media.encoders import EncoderCheck, EncoderSettings, bits_per_pixel, settings_for
from app.engine.media.output import container_format, expected_bytes

BUILT_IN = Path(__file__).resolve().parents[3] / "resources" / "presets"
"""Folder of the presets that the program comes with; its README tells what a preset's file holds."""
FOLDER = "presets"
"""Name of the folder in the user's data that holds their own."""
DEFAULT = "h264"
"""Name of the default preset."""


class ExportPreset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of file to export, before its details are chosen."""

    name: str
    """For file names, settings and the command line: the name of its file."""
    title: str
    """The name that people see."""
    codec: str
    """Name of one of `CODECS`."""
    text: str = ""
    """A sentence on what it is for."""
    container: str = ""
    """Suffix of the one that is offered first; empty takes the codec's usual one."""
    encoder: str = ""
    """FFmpeg's name of the one that is offered first; empty takes software."""
    quality: int | None = None
    """On x264's scale; None takes the codec's usual one."""
    speed: Speed = "medium"
    order: int = 1000
    """Presets are offered by rising number."""

    def __post_init__(self) -> None:
        """Raises ValueError, with a clause for people, for what the codec does not allow."""
        known = {codec.name: codec for codec in CODECS}
        if self.codec not in known:
            raise ValueError(f'there is no codec "{self.codec}": `codec` is {listed(known)}')
        codec = known[self.codec]
        if self.container and self.container not in codec.suffixes:
            raise ValueError(f"{codec.title} goes into {listed(codec.suffixes)}, not into {self.container}")
        if self.encoder and self.encoder not in codec.encoders:
            raise ValueError(f"{self.encoder} cannot encode {codec.title}: `encoder` is {listed(codec.encoders)}")
        if self.quality is not None:
            _check_quality(codec, self.quality)

    @property
    def video(self) -> VideoCodec:
        """The preset's codec."""
        return next(codec for codec in CODECS if codec.name == self.codec)

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Of the containers it may go into, the usual one first."""
        return _first(self.container, self.video.suffixes)

    @property
    def encoders(self) -> tuple[str, ...]:
        """FFmpeg's names of the encoders that make it, the usual one first."""
        return _first(self.encoder, self.video.encoders)

    @property
    def crf(self) -> int | None:
        """The usual quality on x264's scale; None where the format leaves no choice."""
        if self.video.finishing:
            return None
        return self.video.quality if self.quality is None else self.quality


def _first(usual: str, items: tuple[str, ...]) -> tuple[str, ...]:
    """The items with the usual one, if there is one, in front."""
    return tuple(dict.fromkeys((usual, *items))) if usual else items


def _check_quality(codec: VideoCodec, quality: int) -> None:
    """Raises ValueError for one that the codec is not offered with."""
    if codec.qualities is None:
        raise ValueError(f"{codec.title} has a fixed quality: leave `quality` out")
    low, high = codec.qualities
    if not low <= quality <= high:
        raise ValueError(f"a quality is {low} to {high}, not {quality}")


def load_presets(
    folder: Path | None = None, notify: Callable[[str], None] = lambda _sentence: None
) -> tuple[ExportPreset, ...]:
    """The presets of the program and those of the user's `folder`, in the order in which they are offered.

    One of the user's replaces the program's of the same name. A file of the user's that cannot be used is told to
    `notify` in a sentence and left out; None for `folder`, or one that does not exist, adds nothing.
    """
    found = {file.stem: _read(file) for file in BUILT_IN.glob("*.toml")}
    try:
        own = sorted(folder.glob("*.toml")) if folder is not None else []
    except OSError as error:
        notify(f'The folder of export presets "{folder}" cannot be read ({error.strerror}).')
        own = []
    for file in own:
        try:
            found[file.stem] = _read(file)
        except UserError as error:
            notify(str(error))
    return tuple(sorted(found.values(), key=lambda preset: (preset.order, preset.title.casefold(), preset.name)))


def _read(file: Path) -> ExportPreset:
    """The preset in a file. Raises UserError with a sentence where there is none."""
    try:
        fields = tomllib.loads(file.read_text("utf-8"))
        if "name" in fields:
            raise ValueError("a preset is named after its file: leave `name` out")
        return msgspec.convert({"name": file.stem, **fields}, ExportPreset)
    except (OSError, ValueError, RecursionError) as error:
        reason = (error.strerror if isinstance(error, OSError) else str(error)) or "unreadable"
        raise UserError(f'The export preset "{file}" is left out ({reason}): correct or remove the file.') from error


def find_preset(presets: Sequence[ExportPreset], name: str) -> ExportPreset:
    """The preset of that name. Raises UserError with a sentence that lists all names where there is none."""
    found = next((preset for preset in presets if preset.name == name), None)
    if found is None:
        raise UserError(f'There is no export preset "{name}": choose {listed(preset.name for preset in presets)}.')
    return found


def preset_named(presets: Sequence[ExportPreset], name: str) -> ExportPreset:
    """The preset of that name; the default for one that is no longer there, as an older file may name."""
    names = [preset.name for preset in presets]
    return presets[names.index(name if name in names else DEFAULT)]


def preset_settings(preset: ExportPreset, encoder: str | None = None, crf: int | None = None) -> EncoderSettings:
    """The encoder's settings for a preset; None takes the usual ones.

    Raises ValueError for an encoder that does not make this kind of file or a quality that it is not offered with.
    """
    encoder = encoder or preset.encoders[0]
    if encoder not in preset.encoders:
        raise ValueError(f"{encoder} cannot encode {preset.title}")
    if preset.crf is None:
        return settings_for(encoder)
    crf = preset.crf if crf is None else crf
    _check_quality(preset.video, crf)
    return settings_for(encoder, crf, preset.speed)


def quality_text(crf: int) -> str:
    """What a number on x264's scale means."""
    if crf == 0:
        return "mathematically lossless with x264; very large"
    if crf <= 12:
        return "no loss that the eye can see; large"
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
    return tuple(_offer(codec, known.get(codec)) for codec in preset.encoders)


def _offer(codec: str, check: EncoderCheck | None) -> EncoderOffer:
    title = encoder_title(codec)
    if check is None:
        text = "It is being tested on one frame." if is_hardware(codec) else "Works on every machine."
        return EncoderOffer(codec, title, not is_hardware(codec), text)
    if not check.works:
        return EncoderOffer(codec, title, False, f"Not on this machine: {check.reason}.")
    text = (
        "It encoded a test frame. Faster, at slightly lower quality for the same file size." if check.hardware else ""
    )
    return EncoderOffer(codec, title, True, text or "Works on every machine.")


def check_fits(settings: EncoderSettings, size: tuple[int, int], target: Path) -> None:
    """Raises MediaError where a picture of this width and height cannot be encoded so, or not into this file."""
    codec = codec_of(settings.codec)
    if size[0] < codec.smallest[0] or size[1] < codec.smallest[1]:
        raise MediaError(
            f"{codec.title} cannot encode pictures smaller than {codec.smallest[0]} x {codec.smallest[1]}, "
            f"and this one is {size[0]} x {size[1]}: choose {_others(codec)}."
        )
    container_format(target)
    if target.suffix.lower() not in codec.suffixes:
        raise MediaError(
            f'"{target}" cannot hold {codec.title}: give the output a name that ends in {listed(codec.suffixes)}.'
        )


def _others(codec: VideoCodec) -> str:
    """The names of the codecs that accept smaller pictures than `codec` does."""
    return listed(other.title for other in CODECS if other.smallest < codec.smallest)


def export_bytes(
    settings: EncoderSettings,
    size: tuple[int, int],
    frames: int,
    seconds: float,
    rate: int,
    channels: int,
    trial: SizeTrial | None = None,
) -> int:
    """About the size of a file with this many frames; `rate` and `channels` of its sound (0: none).

    A guess, unless a `trial` knows how much the pictures take.
    """
    sound = AAC_BIT_RATE if settings.sound == "aac" else rate * channels * 24
    if trial is not None:
        return trial.picture_bytes(frames) + int(seconds * (sound if channels else 0) / 8)
    return expected_bytes(*size, frames, seconds, bits_per_pixel(settings, size), sound if channels else 0)
