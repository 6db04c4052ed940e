"""An export as it is requested, and how it is run."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.core.project import Project
from app.core.timebase import TimeRange
from app.engine.dub.report import DubReport
from app.engine.export.export import Tools, export
from app.engine.export.export_presets import check_fits, export_bytes
from app.engine.media.bed import mix_rate
from app.engine.media.encoders import EncoderSettings, usable_encoder
from app.engine.media.output import check_output
from app.engine.media.probe import require_audio, require_video
from app.engine.provenance.statement import Statement

MARGIN = 1.1
"""By how much more room than estimated the disk should have for files of a fixed data rate."""


class ExportRequest(msgspec.Struct, frozen=True):
    """Everything a job needs to run an export."""

    project: Project
    target: Path
    encoder: EncoderSettings
    span: TimeRange | None = None
    """Seconds of the clip; None exports all of it."""
    overwrite: bool = False
    declared: Statement = Statement()
    """What the user declares of the dub in its manifest."""


def run_export(request: ExportRequest, tools: Tools) -> DubReport:
    """Runs the request with `tools`, whose own encoder settings do not count.

    A hardware encoder that does not start is replaced by software, which `tools.notify` is told. Raises what
    `export` raises.
    """
    size = check_request(request)
    encoder = usable_encoder(request.encoder, size, tools.notify)
    tools = msgspec.structs.replace(tools, encoder=encoder, statement=request.declared)
    return export(request.project, request.target, tools, request.overwrite, span=request.span)


def check_request(request: ExportRequest) -> tuple[int, int]:
    """The picture's width and height.

    Raises MediaError where the request cannot be fulfilled: format, size, folder, room on the disk.
    """
    project, clip, voice = request.project, Path(request.project.clip), Path(request.project.voice)
    info = require_video(clip, project.clip_streams)
    sound = require_audio(voice, project.voice_streams).audio
    assert info.video is not None and sound is not None
    size = info.video.width, info.video.height
    check_fits(request.encoder, size, request.target)
    seconds = float(request.span.duration if request.span is not None else info.duration)
    need = 0
    if request.encoder.finishing:  # `export` looks after the others
        frames = round(seconds * info.video.fps)
        rate = mix_rate(sound.rate, info.audio and info.audio.rate) or sound.rate
        need = round(MARGIN * export_bytes(request.encoder, size, frames, seconds, rate, 2))
    check_output(request.target, request.overwrite, (clip, voice), need)
    return size
