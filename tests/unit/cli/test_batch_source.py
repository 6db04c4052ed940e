"""What a folder or a table asks a batch to dub, and what is said of what cannot be."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

import pytest

from app.cli.batch import add_parser
from app.cli.batch_source import read_batch
from app.core.errors import UserError
from app.core.project import Project, Segment
from app.core.timebase import TimeRange
from app.engine.batch.jobs import BatchJob, Refused
from app.engine.files.project_file import save_project


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "in"
    place.mkdir()
    for name in ("a.mp4", "a.wav", "b.mov", "b.flac", "lonely.mp4", ".hidden.mp4", ".hidden.wav", "notes.txt"):
        (place / name).write_bytes(b"x")
    return place


def jobs_of(source: Path, *more: str) -> list[BatchJob | Refused]:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    return read_batch(parser.parse_args(["batch", str(source), "-o", "out", *more]))


def test_a_folder_gives_pairs_and_projects(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = Project(
        str(folder / "a.mp4"), str(folder / "a.wav"), segments=(Segment(TimeRange(Fraction(0), Fraction(1)), id=1),)
    )
    save_project(project, folder / "a.redub")
    one, two = jobs_of(folder, "--preset", "prores")
    assert isinstance(one, BatchJob) and isinstance(two, BatchJob)
    assert (one.name, two.name) == ("a", "b")
    assert one.request.project.segments == project.segments
    assert two.request.project.voice == str(folder / "b.flac")
    assert two.request.target == Path("out/b.mov")
    assert two.report == Path("out/b.json")
    said = capsys.readouterr().err
    assert 'lonely.mp4" is left out' in said and said.count("\n") == 1


def test_a_folder_without_anything_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing to dub"):
        jobs_of(tmp_path)


def test_rows_have_options_of_their_own(folder: Path) -> None:
    (folder / "list.csv").write_text(
        "clip,voice,output,range,offset,original_audio,preset\n"
        "a.mp4,a.wav,,0-1;2-3,-0.5,duck,\n"
        "a.mp4,b.flac,,,,,prores\n"
        ",,,,,,\n"
        "a.mp4,a.wav,final.mov,,,,\n"
    )
    jobs = jobs_of(folder / "list.csv", "--range", "5-6", "--fit", "hold")
    assert [job.name for job in jobs] == ["a_a", "a_b", "final"]
    first, second, third = (job.request for job in jobs if isinstance(job, BatchJob))
    assert [segment.range.start for segment in first.project.segments or ()] == [0, 2]
    assert first.project.offset == Fraction(-1, 2) and first.project.original_audio == "duck"
    assert [segment.range.start for segment in second.project.segments or ()] == [5]
    assert second.target.suffix == ".mov" and second.encoder.codec == "prores_ks"
    assert third.target == Path("out/final.mov") and third.encoder.codec == "libx264"
    assert {request.project.fit for request in (first, second, third)} == {"hold"}


def test_a_row_that_is_wrong_is_refused_alone(folder: Path) -> None:
    (folder / "list.csv").write_text(
        "clip;voice;face;preset;offset\na.mp4;a.wav;two;;\na.mp4;;;;\na.mp4;a.wav;;betamax;\na.mp4;a.wav;;;x\nb.mov;b.flac;2;;\n"
    )
    *bad, good = jobs_of(folder / "list.csv")
    assert isinstance(good, BatchJob) and good.request.project.face == 1
    said = [job.sentence for job in bad if isinstance(job, Refused)]
    for part, sentence in zip(
        ("invalid int value", "needs a new voice", "betamax", "is not a time"), said, strict=True
    ):
        assert part in sentence
    assert "(line 2 of the table)" in said[0]
    assert len({job.name for job in (*bad, good)}) == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,voice\na,b\n", 'has a column "file"'),
        ("voice\nb\n", "no column `clip`"),
        ("clip,device\na,cpu\n", 'a column "device"'),
        ("clip,voice\n", "has no row"),
        ("", "no column `clip`"),
    ],
)
def test_a_table_that_is_none_is_refused(folder: Path, text: str, said: str) -> None:
    (folder / "list.csv").write_text(text)
    with pytest.raises(UserError, match=said):
        jobs_of(folder / "list.csv")


def test_other_files_are_refused(folder: Path) -> None:
    with pytest.raises(UserError, match="no folder, table or cut"):
        jobs_of(folder / "notes.txt")
    (folder / "latin.csv").write_bytes("clip,voice\nä.mp4,a.wav\n".encode("latin-1"))
    with pytest.raises(UserError, match="not UTF-8"):
        jobs_of(folder / "latin.csv")
    with pytest.raises(UserError, match="No such file"):
        jobs_of(folder / "gone.csv")
