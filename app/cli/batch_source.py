"""What a batch is to dub: the projects and pairs of a folder, the rows of a table, or the clips of a cut."""

from __future__ import annotations

import argparse
import copy
import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

import msgspec

from app.cli.dub import add_dub_options, declared, other_media, preset_of, request_of
from app.cli.options import say
from app.cli.project import cut_project
from app.core.errors import UserError
from app.core.text import listed
from app.engine.batch.jobs import BatchJob, Refused
from app.engine.export.export_presets import preset_settings
from app.engine.export.export_request import ExportRequest
from app.engine.export.name_template import legal, unique
from app.engine.files.project_file import SUFFIX
from app.engine.interchange.cut import FORMATS as CUTS
from app.engine.interchange.cut import CutClip, clips_of, is_cut, read_cut, sounds_of
from app.engine.interchange.cut_import import voice_under
from app.engine.media.suffixes import CLIP_SUFFIXES, SOUND_SUFFIXES

TABLE_SUFFIXES = (".csv", ".tsv")


class Wanted(msgspec.Struct, frozen=True):
    """A dub that is asked for, before it is known whether it can be."""

    clip: Path
    """A video or a project."""
    voice: Path | None = None
    cells: tuple[tuple[str, str], ...] = ()
    """Options of `dub`, without their dashes, that hold for this one."""
    output: str = ""
    """What the film is to be called; empty calls it after the clip."""
    line: int = 0
    """Of the table; 0 where there is none."""
    shot: CutClip | None = None
    """The clip of a cut, whose file is not looked for yet."""
    sounds: tuple[CutClip, ...] = ()
    """The cut's sounds, among which its voice lies."""


class RowParser(argparse.ArgumentParser):
    """Options of `dub` in a table: what is wrong with them is a sentence, not the end of the program."""

    def error(self, message: str) -> NoReturn:
        """Raises UserError."""
        raise UserError(f"{message[0].upper()}{message[1:]}: correct the row.")


def read_batch(options: argparse.Namespace) -> list[BatchJob | Refused]:
    """The jobs that the options of `batch` ask for, in order, each with a name of its own.

    Raises UserError where the folder or table cannot be read or holds nothing to dub; what is wrong with one job
    makes it `Refused`.
    """
    source: Path = options.source
    if source.is_dir():
        wanted = _of_folder(source)
    else:
        wanted = _of_cut(source, options.output) if is_cut(source) else _of_table(source)
    names = job_names(wanted)
    return [_job(item, name, options) for item, name in zip(wanted, names, strict=True)]


def _of_folder(folder: Path) -> list[Wanted]:
    """Each project, and each clip with a sound of its name beside it; a project stands for the clip of its name."""
    files = sorted(file for file in _files(folder) if not file.name.startswith("."))
    projects = {file.stem: file for file in files if file.suffix.lower() == SUFFIX}
    voices = {file.stem: file for file in reversed(files) if file.suffix.lower() in SOUND_SUFFIXES}
    clips = [file for file in files if file.suffix.lower() in CLIP_SUFFIXES and file.stem not in projects]
    for file in clips:
        if file.stem not in voices:
            say(f'"{file}" is left out: there is no sound of its name beside it, such as "{file.stem}.wav".')
    pairs = [Wanted(file, voices[file.stem]) for file in clips if file.stem in voices]
    found = sorted([*pairs, *(Wanted(file) for file in projects.values())], key=lambda item: item.clip)
    if not found:
        raise UserError(
            f'The folder "{folder}" holds nothing to dub: put projects ({SUFFIX}) into it, or clips with a sound of '
            "the same name beside each."
        )
    return found


def _files(folder: Path) -> list[Path]:
    try:
        return [file for file in folder.iterdir() if file.is_file()]
    except OSError as error:
        raise UserError(f'The folder "{folder}" cannot be read ({error.strerror}): choose another.') from error


def _of_cut(cut: Path, output: Path) -> list[Wanted]:
    """Each clip of a cut under which a voice lies; the others are left out."""
    timeline = read_cut(cut, output / f"{cut.stem} media")
    sounds = tuple(sounds_of(timeline, cut.parent))
    wanted: list[Wanted] = []
    for shot in clips_of(timeline, cut.parent):
        if voice_under(shot, sounds) is None:
            say(f'Clip {shot.number} "{shot.name}" is left out: no voice lies under it in the cut.')
        else:
            wanted.append(Wanted(cut, output=f"{shot.number:03d} {shot.name}", shot=shot, sounds=sounds))
    if not wanted:
        raise UserError(
            f'The cut "{cut}" has no clip to dub: lay the new voice on an audio track under each, and export it again.'
        )
    return wanted


def _of_table(table: Path) -> list[Wanted]:
    """A job for each row; paths are relative to the table's folder."""
    if table.suffix.lower() not in TABLE_SUFFIXES:
        raise UserError(
            f'"{table}" is no folder, table or cut: give a folder, or a file that ends in '
            f"{listed((*TABLE_SUFFIXES, *CUTS))}."
        )
    rows = [(number, row) for number, row in _rows(table) if any(row.values())]
    if not rows:
        raise UserError(f'The table "{table}" has no row: write one for each dub, below the names of the columns.')
    return [_wanted(row, number, table.parent) for number, row in rows]


def _rows(table: Path) -> list[tuple[int, dict[str, str]]]:
    """(line, cells by column) of all rows; commas, semicolons and tabs may part the cells. Raises UserError."""
    try:
        text = table.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UserError(f'The table "{table}" cannot be read ({reason}): save it as CSV in UTF-8.') from error
    head = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=head.count), restval="")
    columns = [name.strip().lower().replace("_", "-") for name in reader.fieldnames or ()]
    _check_columns(table, columns)
    try:
        return [
            (reader.line_num, dict(zip(columns, map(str.strip, list(row.values())[: len(columns)]), strict=True)))
            for row in reader
        ]
    except csv.Error as error:
        raise UserError(f'The table "{table}" cannot be read ({error}): save it as CSV in UTF-8.') from error


def _check_columns(table: Path, columns: list[str]) -> None:
    """Raises UserError for a table without clips or with a column that means nothing."""
    known = ["clip", "voice", "output", *(name.removeprefix("--") for name in _option_names())]
    unknown = [name for name in columns if name not in known]
    if "clip" not in columns or unknown:
        wrong = f'a column "{unknown[0]}"' if unknown else "no column `clip`"
        raise UserError(f'The table "{table}" has {wrong}: name its columns {listed(known)}.')


def _option_names() -> list[str]:
    parser = RowParser(add_help=False)
    add_dub_options(parser)
    return [name for action in parser._actions for name in action.option_strings]  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001


def _wanted(row: dict[str, str], line: int, folder: Path) -> Wanted:
    cells = tuple((name, text) for name, text in row.items() if text and name not in ("clip", "voice", "output"))
    voice = folder / row["voice"] if row.get("voice") else None
    return Wanted(folder / row["clip"], voice, cells, row.get("output", ""), line)


def job_names(wanted: Iterable[Wanted]) -> list[str]:
    """A name for each, after its output or clip; with its voice's name where clips repeat, with a number at last."""
    wanted = list(wanted)
    plain = [legal(_plain_name(item)) for item in wanted]
    often = Counter(name.casefold() for name in plain)
    names: list[str] = []
    taken: set[str] = set()
    for item, name in zip(wanted, plain, strict=True):
        if often[name.casefold()] > 1 and not item.output and item.voice is not None:
            name = legal(f"{name}_{item.voice.stem}")
        name = unique(Path(name), lambda path: path.name.casefold() in taken).name
        taken.add(name.casefold())
        names.append(name)
    return names


def _plain_name(item: Wanted) -> str:
    """What a job is called where nothing else is called so."""
    if item.shot is not None:
        return item.output
    return Path(item.output).stem if item.output else item.clip.stem


def _job(wanted: Wanted, name: str, options: argparse.Namespace) -> BatchJob | Refused:
    """The job with the options of the batch, over which those of its row take precedence."""
    try:
        own = _own_options(wanted, options)
        usual = preset_of(own).suffixes[0]
        if wanted.shot is not None:
            return _shot(wanted, wanted.shot, name, own, options.output / f"{name}{usual}")
        request = request_of(own, options.output / f"{name}{Path(wanted.output).suffix or usual}")
    except UserError as error:
        return Refused(name, f"{error}" if not wanted.line else f"{error} (line {wanted.line} of the table)")
    for sentence in other_media(request.project) if wanted.clip.suffix.lower() == SUFFIX else ():
        say(sentence)
    return BatchJob(name, request, options.detector, options.device, nearby=bool(own.ranges))


def _shot(wanted: Wanted, shot: CutClip, name: str, own: argparse.Namespace, target: Path) -> BatchJob:
    """The job of a clip of a cut: its range alone is written. Raises UserError where it cannot be dubbed."""
    project, notes = cut_project(own, wanted.clip, shot, wanted.sounds)
    for sentence in notes:
        say(sentence)
    span = project.segments[0].range if project.segments else None
    settings, said = preset_settings(preset_of(own)), declared(own, project)
    request = ExportRequest(project, target, settings, span, own.overwrite, said)
    return BatchJob(name, request, own.detector, own.device, nearby=True)


def _own_options(wanted: Wanted, options: argparse.Namespace) -> argparse.Namespace:
    """The options of one job. Raises UserError for cells that are none."""
    own = copy.copy(options)
    own.clip, own.voice = wanted.clip, wanted.voice  # of a cut, the file is found later
    own.ranges = [] if any(name == "range" for name, _ in wanted.cells) else list(options.ranges)
    parser = RowParser(add_help=False)
    add_dub_options(parser)
    return parser.parse_args(list(_arguments(wanted.cells)), own)


def _arguments(cells: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The cells as a command line; a cell of ranges may hold several, with semicolons between them."""
    for name, text in cells:
        for part in text.split(";") if name == "range" else [text]:
            yield f"--{name}={part.strip()}"
