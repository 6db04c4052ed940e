"""`evaluate --real ... --dubbed ...` and `evaluate SET`: videos of any method under one protocol."""

from __future__ import annotations

import argparse
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NoReturn

from app.cli.options import ProgressLine, clip_streams, make_folder, say
from app.core.errors import UserError
from app.core.names import readable
from app.engine.evaluation.compare import SIZE, Instruments
from app.engine.evaluation.footage import FaceFinder
from app.engine.evaluation.report import PAGE, report_files, write_report
from app.engine.evaluation.report_tables import Report, clip_notes, terminal_table
from app.engine.evaluation.summary import summarise
from app.engine.evaluation.video_folder import read_video_folder
from app.engine.evaluation.video_set import JudgedClip, Skipped, Video, check_names, judge_clip, read_video_set
from app.engine.media.output import check_folder_writable
from app.engine.media.probe import require_audio, require_video
from app.wiring import cache_folder, make_detector, picture_tallies


def run_pair(options: argparse.Namespace) -> int:
    """Judges dubs of one clip. The first that cannot be used is refused, and nothing is written."""
    names = _names(options.names, options.dubbed)
    check_names(names)
    videos = [Video(options.real, file, name, options.voice) for file, name in zip(options.dubbed, names, strict=True)]
    require_video(options.real, clip_streams(options))
    for file in options.dubbed:
        require_video(file)
    if options.voice is not None:
        require_audio(options.voice)
    with _place(options.output, []):
        line = ProgressLine()
        instruments, notes = _instruments(options, line)

        def refuse(_video: Video, error: UserError) -> NoReturn:
            line.close()
            raise error

        clip = judge_clip(options.real, videos, instruments, refuse)
        line.close()
        assert clip is not None  # what cannot be judged was refused
        return _finish(options.output, [clip], [], notes, instruments.size)


def run_set(options: argparse.Namespace) -> int:
    """Judges a set, from a CSV or a folder; videos that cannot be used are said, left out and counted."""
    whole = options.table.is_dir()
    videos, skipped = read_video_folder(options.table) if whole else read_video_set(options.table)
    with _place(options.output, [] if whole else [options.table]):
        return _judge_set(options, videos, skipped)


def _judge_set(options: argparse.Namespace, videos: list[Video], skipped: list[Skipped]) -> int:
    """Judges the rows that can be tried."""
    for row in skipped:
        say(f'"{options.table}", {row.place}: {row.reason}; it is left out.')
    line = ProgressLine()
    instruments, notes = _instruments(options, line)

    def leave_out(video: Video, error: UserError) -> None:
        skipped.append(Skipped(video.line, video.place, str(error)))
        line.close()
        say(f'"{options.table}", {video.place}: {error} It is left out.')

    clips: list[JudgedClip] = []
    for real in dict.fromkeys(video.real for video in videos):
        clip = judge_clip(real, [video for video in videos if video.real == real], instruments, leave_out)
        clips += [clip] if clip is not None else []
    line.close()
    if not clips:
        raise UserError(f'"{options.table}" has no video that can be judged ({len(skipped)} left out): see above.')
    return _finish(options.output, clips, sorted(skipped, key=lambda row: row.line), notes, instruments.size)


def _names(given: Sequence[str] | None, dubbed: Sequence[Path]) -> list[str]:
    """A name for each video. Raises UserError where there are more or fewer names than videos."""
    if given is None:
        return [file.stem for file in dubbed]
    if len(given) != len(dubbed):
        raise UserError(f"--names gives {len(given)} names for {len(dubbed)} videos: give one for each.")
    return list(given)


@contextmanager
def _place(folder: Path, tables: Sequence[Path]) -> Generator[None]:
    """The report's folder; one that was made for it goes again where nothing was written into it.

    Raises UserError where it cannot be written or the report would replace one of `tables`.
    """
    for file in report_files(folder):
        if any(file.resolve() == table.resolve() for table in tables):
            raise UserError(f'The report would write over "{file}", which this command reads: choose another folder.')
    made = not folder.exists()
    make_folder(folder)
    check_folder_writable(folder)
    try:
        yield
    except BaseException:
        if made:
            with suppress(OSError):  # something stands in it
                folder.rmdir()
        raise


def _instruments(options: argparse.Namespace, line: ProgressLine) -> tuple[Instruments, list[str]]:
    """What judges, and what it cannot tell, a sentence each."""
    make_tallies, missing = picture_tallies()
    for sentence in missing:
        say(sentence)
    finder = FaceFinder(options.detector, partial(make_detector, options.detector), cache_folder())
    return Instruments(finder, make_tallies, SIZE, line, clip_streams(options)), missing


def _finish(folder: Path, clips: list[JudgedClip], skipped: list[Skipped], notes: list[str], size: int) -> int:
    """Writes the report and prints the table."""
    report = Report(size, tuple(clips), tuple(summarise(clips)), tuple(skipped), tuple(notes))
    write_report(folder, report)
    print(terminal_table(report))
    for note in clip_notes(clips):
        say(readable(note))
    left_out = f"; left out of the set: {len(skipped)}" if skipped else ""
    say(f'"{folder / PAGE}" shows them{left_out}.')
    return 0
