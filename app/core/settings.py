"""Every option of the program, declared once: its name, type, default, bounds and text are read off `Settings`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from app.core.fields import FieldSpec, specs_of

Value = bool | int | str
"""What an option may hold."""


class Settings(msgspec.Struct, frozen=True):
    """What the user chose for the program as a whole; a project's own choices stand in the project."""

    device: Annotated[
        Literal["auto", "cpu", "cuda"],
        Meta(title="Device", description="What the network runs on; auto takes a graphics card where there is one."),
    ] = "auto"
    detector: Annotated[
        Literal["facemesh", "face-alignment"],
        Meta(title="Face detector", description="What finds the faces of a clip. The face mesh is the quicker one."),
    ] = "facemesh"
    text_percent: Annotated[
        int,
        Meta(ge=80, le=200, title="Text size", description="Per cent of the system's text size."),
    ] = 100
    theme: Annotated[
        Literal["dark", "light"],
        Meta(title="Theme", description="Dark suits a dim cutting room, light a bright office."),
    ] = "dark"
    memory_mb: Annotated[
        int,
        Meta(ge=64, le=65536, title="Memory for frames", description="MB of memory that dubbed frames may fill."),
    ] = 512
    disk_gb: Annotated[
        int,
        Meta(ge=0, le=4096, title="Disk for frames", description="GB of disk that dubbed frames may fill; 0: none."),
    ] = 10
    proxies: Annotated[
        bool,
        Meta(
            title="Make proxies",
            description="Makes a small copy of each clip in the background, so that scrubbing is quick.",
        ),
    ] = True
    snapping: Annotated[
        bool,
        Meta(title="Snapping", description="Edges that are dragged jump to other edges, markers and the playhead."),
    ] = True
    follow_playhead: Annotated[
        bool,
        Meta(title="Follow the playhead", description="The timeline scrolls so that the playhead stays in sight."),
    ] = True
    scrub_sound: Annotated[
        bool,
        Meta(title="Sound while scrubbing", description="Plays a moment of sound wherever the playhead is dragged."),
    ] = True
    drop_frame: Annotated[
        bool,
        Meta(
            title="Drop-frame timecode",
            description="Counts 29.97 and 59.94 with gaps, to stay with the clock.",
        ),
    ] = True
    notifications: Annotated[
        bool,
        Meta(
            title="Notifications",
            description="Tells on the desktop when long work is done while another window is in front.",
        ),
    ] = True
    autosave_seconds: Annotated[
        int,
        Meta(
            ge=5,
            le=60,
            title="Autosave",
            description="Seconds after a change at which the project is kept for recovery.",
        ),
    ] = 30
    backups: Annotated[
        int,
        Meta(ge=0, le=50, title="Backups", description="How many earlier versions of a project's file are kept."),
    ] = 5
    shortcuts: dict[str, tuple[str, ...]] = {}
    """Keys by the ids of commands, where the user has others than the program; a dialog of its own shows them."""


def with_values(settings: Settings, values: dict[str, Any]) -> tuple[Settings, tuple[str, ...]]:
    """`settings` with those of `values` that fit their options, and the names of those that do not.

    Names that are no option are passed over: another version of the program may have written them.
    """
    wrong: list[str] = []
    current = msgspec.structs.asdict(settings)
    for name in current.keys() & values.keys():
        try:
            current[name] = msgspec.convert(values[name], _TYPES[name])
        except msgspec.ValidationError:
            wrong.append(name)
    return Settings(**current), tuple(sorted(wrong))


_TYPES = {field.name: field.type for field in msgspec.structs.fields(Settings)}
OPTIONS: tuple[FieldSpec, ...] = tuple(specs_of(Settings).values())
"""All options, in the order in which a dialog shows them."""
