"""Summaries, tables and the page, made of comparisons whose figures are known."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import UserError
from app.engine.evaluation.compare import FLOOR, REAL, STRIP, Comparison
from app.engine.evaluation.measures import MEASURES, Figures
from app.engine.evaluation.report import SHOWN, write_report
from app.engine.evaluation.report_tables import Report, figures_csv, markdown, terminal_table
from app.engine.evaluation.strip import strip_jpeg
from app.engine.evaluation.summary import best_names, summarise
from app.engine.evaluation.video_set import JudgedClip, Skipped

NASTY = 'a|b_<script>$x$</script> "q" \N{CJK UNIFIED IDEOGRAPH-4E2D}'


def row(name: str, figures: Figures, notes: tuple[str, ...] = ()) -> Comparison:
    times = tuple(k / 25 for k in range(40))
    opening = (None, *(0.1 + 0.05 * float(np.sin(k)) for k in range(39)))
    curve = tuple(float(np.exp(-((k - 2) ** 2) / 4)) for k in range(-10, 11))
    strip = strip_jpeg([np.full((64, 64, 3), 90, np.uint8)] * (STRIP - 1) + [None])
    return Comparison(name, f"{name}.mp4", figures, 40, 0.04, times, opening, curve, strip, notes)


def clip(number: int, **methods: Figures) -> JudgedClip:
    perfect = {"correlation": 1.0, "texture": 1.0, "lip_leak": 0.1}
    rows = [
        row(REAL, perfect),
        *(row(name, figures) for name, figures in methods.items()),
        row(FLOOR, {"correlation": 0.0}),
    ]
    return JudgedClip(f"clip{number}.mp4", tuple(rows))


def report(clips: list[JudgedClip], **more: object) -> Report:
    return Report(256, tuple(clips), tuple(summarise(clips)), **more)  # type: ignore[arg-type]


def test_means_with_intervals_over_the_clips() -> None:
    values = np.random.default_rng(0).normal(0.8, 0.1, 40)
    clips = [clip(k, ours={"correlation": float(v)} | ({"psnr": 30.0} if k == 0 else {})) for k, v in enumerate(values)]
    real, ours, floor = summarise(clips)
    assert (real.name, ours.name, floor.name, ours.clips) == (REAL, "ours", FLOOR, 40)
    cell = ours.cells["correlation"]
    assert cell.mean == pytest.approx(values.mean())
    assert cell.low is not None and cell.high is not None
    error = 1.96 * values.std() / np.sqrt(40)
    assert (cell.mean - cell.low, cell.high - cell.mean) == pytest.approx((error, error), rel=0.25)
    assert (ours.cells["psnr"].clips, ours.cells["psnr"].low) == (1, None)
    assert real.cells["correlation"].low == real.cells["correlation"].high == 1
    assert summarise(clips) == summarise(clips)


def test_the_best_is_nearest_to_what_is_ideal() -> None:
    clips = [
        clip(
            0,
            a={"correlation": 0.9, "texture": 1.4, "lmd": 2.0, "lip_leak": 0.1, "offset": -1.0, "psnr": 30.0},
            b={"correlation": 0.8, "texture": 0.8, "lmd": 3.0, "lip_leak": 0.0, "offset": 2.0, "psnr": 30.01},
        )
    ]
    best = best_names(summarise(clips))
    assert {key: best[key] for key in ("correlation", "texture", "lmd", "lip_leak", "offset")} == {
        "correlation": {"a"}, "texture": {"b"}, "lmd": {"a"}, "lip_leak": {"a"}, "offset": {"a"},
    }  # fmt: skip
    assert best["psnr"] == set(), "alike as shown"
    assert best["ssim"] == set()


def test_tables_put_psnr_last_and_what_is_missing_as_a_dash() -> None:
    made = report([clip(0, a={"correlation": -0.5, "psnr": 31.26}, b={"correlation": 0.7})])
    lines = terminal_table(made).splitlines()
    assert lines[0].split() == ["real", "a", "b", "copy-reference"]
    assert lines[1].split() == ["Opening", "correlation", "1.000", "\N{MINUS SIGN}0.500", "0.700", "0.000"]
    assert lines[-1].split() == ["PSNR", "\N{EN DASH}", "31.3", "\N{EN DASH}", "\N{EN DASH}"]
    assert MEASURES[-1].key == "psnr"
    rows = list(csv.DictReader(io.StringIO(figures_csv(made))))
    assert [(r["name"], r["correlation"], r["psnr"]) for r in rows] == [
        (REAL, "1.0", ""), ("a", "-0.5", "31.26"), ("b", "0.7", ""), (FLOOR, "0.0", ""),
    ]  # fmt: skip


def test_a_name_breaks_no_table() -> None:
    text = markdown(report([clip(0, **{NASTY: {"correlation": 0.5}})], skipped=(Skipped(7, "line 7", "it is <gone>"),)))
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1
    assert re.search(r"(?<!\\)<", text) is None
    assert "## Skipped: 1\n\n- line 7: it is \\<gone>" in text


class _Page(HTMLParser):
    """What a page asks for, and how its elements nest."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.asked: list[str] = []
        self.images = 0
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.images += tag == "img"
        self.asked += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_report_is_whole_and_the_page_needs_nothing_else(tmp_path: Path) -> None:
    made = report(
        [clip(0, **{NASTY: {"correlation": 0.5}}), clip(1, **{NASTY: {"correlation": 0.7}})],
        skipped=(Skipped(3, "line 3", "there is no such file"),),
        notes=("LPIPS is left out.",),
    )
    write_report(tmp_path, made)
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    plots = [f"plots/{number:03d}-{kind}.svg" for number in (1, 2) for kind in ("offset", "opening")]
    assert names == [*plots, "report.csv", "report.html", "report.json", "report.md"]
    page = _Page()
    page.feed((tmp_path / "report.html").read_text())
    assert (page.scripts, page.images) == (0, 6)
    assert all(asked.startswith(("data:image/jpeg;base64,", "#")) for asked in page.asked)
    assert NASTY in page.text and "line 3: there is no such file" in page.text
    told = json.loads((tmp_path / "report.json").read_text())
    assert [r["name"] for r in told["clips"][1]["rows"]] == [REAL, NASTY, FLOOR]
    assert told["summary"][1]["cells"]["correlation"]["mean"] == pytest.approx(0.6)
    assert told["clips"][0]["rows"][1]["opening"][0] is None
    assert len(told["skipped"]) == 1


def test_the_same_report_is_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_report(tmp_path / name, report([clip(0, ours={"correlation": 0.5})]))
    for file in (tmp_path / "a").rglob("*.*"):
        assert file.read_bytes() == (tmp_path / "b" / file.relative_to(tmp_path / "a")).read_bytes()


def test_a_page_of_many_clips_shows_some(tmp_path: Path) -> None:
    write_report(tmp_path, report([clip(k) for k in range(SHOWN + 6)]))
    assert len(list((tmp_path / "plots").iterdir())) == 2 * SHOWN
    assert f"{SHOWN} of {SHOWN + 6} clips are shown" in (tmp_path / "report.html").read_text()


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "plots").touch()
    with pytest.raises(UserError, match="cannot be made"):
        write_report(tmp_path, report([clip(0, ours={"correlation": 0.5})]))
