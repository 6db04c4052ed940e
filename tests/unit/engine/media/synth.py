"""Small clips and sounds made on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray


def grey_of(index: int) -> int:
    """The luma that frame `index` of a made clip is filled with: neighbours differ by 7 or more."""
    return 30 + index * 7 % 180


@dataclass
class ClipRecipe:
    """What a made clip is like; the picture is flat grey, told apart by `grey_of`."""

    pts: Sequence[int] = field(default_factory=lambda: [i * 512 for i in range(20)])
    time_base: Fraction = Fraction(1, 12800)
    fps: Fraction = Fraction(25)
    size: tuple[int, int] = (64, 48)
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    tags: tuple[int, int, int, int] = (2, 2, 2, 0)
    rotation: float = 0
    aspect: Fraction | None = None
    sound: bool = False
    gop: int = 8
    b_frames: int = 2
    options: dict[str, str] = field(default_factory=dict)
    pictures: Sequence[NDArray[np.uint8]] | None = None
    """H x W x 3 RGB pictures in place of the grey."""
    muxer: dict[str, str] = field(default_factory=dict)


def _picture(recipe: ClipRecipe, index: int) -> av.VideoFrame:
    if recipe.pictures is not None:
        rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(recipe.pictures[index]), "rgb24")
        return rgb.reformat(format=recipe.pixel_format, dst_colorspace="ITU601")
    width, height = recipe.size
    frame = av.VideoFrame(width, height, recipe.pixel_format)
    wide = 2 if frame.format.components[0].bits > 8 else 1
    for number, plane in enumerate(frame.planes):
        value = (grey_of(index) if number == 0 else 128) * (4 if wide == 2 else 1)
        plane.update(value.to_bytes(wide, "little") * (plane.buffer_size // wide))
    return frame


def make_clip(path: Path, recipe: ClipRecipe | None = None) -> Path:
    """Encodes a recipe into `path` with libavcodec."""
    recipe = recipe or ClipRecipe()
    muxer = {"video_track_timescale": str(recipe.time_base.denominator), "movie_timescale": "90000"}
    muxer = muxer if path.suffix in (".mp4", ".mov") else {}
    with av.open(str(path), "w", options=muxer | recipe.muxer) as container:
        stream = container.add_stream(recipe.codec, rate=recipe.fps, options=recipe.options, time_base=recipe.time_base)
        stream.width, stream.height = recipe.size
        stream.pix_fmt = recipe.pixel_format
        context = stream.codec_context
        context.gop_size = recipe.gop
        context.max_b_frames = recipe.b_frames
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = recipe.tags
        if recipe.aspect is not None:
            context.sample_aspect_ratio = recipe.aspect
        if recipe.rotation:
            stream.set_display_rotation(recipe.rotation)
        audio = container.add_stream("aac", rate=48000, layout="mono") if recipe.sound else None
        for index, pts in enumerate(recipe.pts):
            frame = _picture(recipe, index)
            frame.pts, frame.time_base = pts, recipe.time_base
            frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range = recipe.tags
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio is not None:
            seconds = float(recipe.pts[-1] * recipe.time_base)
            tone = np.sin(np.arange(int(48000 * seconds)) * 0.05).astype(np.float32)[None] * 0.3
            sound = av.AudioFrame.from_ndarray(tone, "fltp", "mono")
            sound.sample_rate, sound.pts = 48000, 0
            container.mux(audio.encode(sound))
            container.mux(audio.encode(None))
    return path


def make_wav(path: Path, samples: NDArray[np.float32], rate: int = 48000, subtype: str = "FLOAT") -> Path:
    """Writes n or n x channels samples."""
    soundfile.write(path, samples, rate, subtype=subtype)
    return path
