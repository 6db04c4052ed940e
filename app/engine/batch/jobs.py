"""One dub of a batch, and what tells it from any other."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
from msgspec.structs import replace

from app.core.names import readable_values
from app.core.project import View
from app.core.timebase import encode_value
from app.engine.export.export_request import ExportRequest


class Stamp(msgspec.Struct, frozen=True):
    """By which a file is known again without reading it."""

    size: int
    """Bytes."""
    mtime_ns: int
    """Time of its last change, in nanoseconds."""


class BatchJob(msgspec.Struct, frozen=True):
    """A dub with all that it takes to run it in another process."""

    name: str
    """Unlike any other of the batch; the film and the report are called so."""
    request: ExportRequest
    detector: str
    device: str
    nearby: bool = False
    """See `app.engine.export.export.Tools`."""

    @property
    def report(self) -> Path:
        """The file that tells how it went, as JSON."""
        return self.request.target.with_name(f"{self.name}.json")


class Refused(msgspec.Struct, frozen=True):
    """A job that was asked for and cannot be: it counts as failed, and the others go on."""

    name: str
    sentence: str
    """Why, and what to do."""


def stamp_of(file: Path) -> Stamp | None:
    """The stamp of a file; None where there is none that can be looked at."""
    try:
        status = file.stat()
    except OSError:
        return None
    return Stamp(status.st_size, status.st_mtime_ns)


def job_key(job: BatchJob) -> str:
    """What the film depends on, as a hash: the project, the kind of file, and the media as they lie on the disk now.

    A job with the same key need not be done again. The device is left out: it changes the time, not the work.
    """
    request, project = job.request, job.request.project
    takes = (take.path for segment in project.segments or () for take in segment.takes)
    files = (project.clip, project.voice, project.weights, *takes)
    told = msgspec.to_builtins(
        (
            replace(request, project=replace(project, view=View()), overwrite=False, target=Path(request.target.name)),
            job.detector,
            job.nearby,
            [stamp_of(Path(file)) for file in files],
        ),
        enc_hook=_encode,
    )
    return hashlib.sha256(msgspec.json.encode(readable_values(told), order="deterministic")).hexdigest()


def _encode(value: object) -> str:
    return str(value) if isinstance(value, Path) else encode_value(value)
