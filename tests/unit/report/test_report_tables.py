"""Tables for readers: the numbers of the CSV, rounded and in points, and nothing that breaks LaTeX or HTML."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricated import VARIANTS
from posner.commands.study.typeset_tables import TypesetTables
from posner.config.statistics import Statistics
from posner.errors import InputError
from posner.files import read_table, write_table
from posner.report.formats import MINUS, MISSING, format_count, format_duration, format_p_value, number_format
from posner.report.layouts import LAYOUTS, column_heading
from posner.report.tables import format_table, html_page, latex_table
from posner.summaries.comparisons import comparison_table
from posner.summaries.slices import slice_summary_table
from pypdf import PdfReader
from tex import article, needs_latex


def typeset(tables: Path, name: str) -> pd.DataFrame:
    return format_table(name, read_table(tables / f"{name}.csv", []))[0]


@pytest.fixture(scope="module")
def tables(study: Path) -> Path:
    return study / "tables"


class Cells(HTMLParser):
    """The cells of the table of a page, row by row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "p":
            self.rows.append([""])  # the links below

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def test_the_main_table_has_means_differences_intervals_and_verdicts(tables: Path) -> None:
    raw = pd.read_csv(tables / "verdict_variants.csv").set_index("label")
    rows = typeset(tables, "verdict_variants").set_index("Variant")
    assert rows.index.tolist() == raw.index.tolist()
    one = raw.loc["Gold POS (late, one-hot)"]
    row = rows.loc["Gold POS (late, one-hot)"]
    assert row["Baseline, same seeds"] == f"{100 * one['baseline_f1']:.2f}"
    assert row["Test F1"] == f"{100 * one['f1_mean']:.2f} ± {100 * one['f1_std']:.2f}"
    assert row["Difference"].replace(MINUS, "-") == f"{100 * one['difference']:+.2f}"
    assert row["Interval"].replace(MINUS, "-") == f"{100 * one['low']:+.2f} to {100 * one['high']:+.2f}"
    assert row["Verdict"] == one["verdict"]
    assert rows.loc["Gold POS (encoder k=2, embeddings)", "Verdict"] == "inconclusive: path not learned"
    assert rows.loc["No POS (baseline)", "Difference"] == MISSING
    assert rows.loc["No POS (baseline)", "Interval"] == MISSING
    single, oracle = rows.loc["Gold POS (late, embeddings)"], rows.loc["Oracle (late, one-hot)"]
    assert re.fullmatch(r"\d\d\.\d\d", single["Test F1"])
    assert single["Interval"] != MISSING, "one seed beside variants with several"
    assert oracle["Interval"] == MISSING


def test_every_layout_fits_its_table(tables: Path) -> None:
    for name in LAYOUTS:
        shown = typeset(tables, name)
        assert len(shown) == len(pd.read_csv(tables / f"{name}.csv")), name
        assert list(shown.columns) == list(LAYOUTS[name])


def test_no_number_has_more_digits_than_a_reader_needs(tables: Path) -> None:
    for path in tables.glob("*.csv"):
        shown = typeset(tables, path.stem)
        for column in shown.columns:
            assert not shown[column].str.contains(r"\.\d{4}").any(), f"{path.stem}: {column}"


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("f1", "0.85124", "85.12"),
        ("strict_f1_macro_mean", "0.5", "50.00"),
        ("difference", "-0.0012", f"{MINUS}0.12"),
        ("low", "0.0012", "+0.12"),
        ("seed_std", "0.0012", "0.12"),
        ("seed", "42", "42"),
        ("seeds_for_0.2_points", "3.0", "3"),
        ("p_difference_adjusted", "0.0576", "0.058"),
        ("support", "12345", "12,345"),
        ("entities_flipped", "6.4", "6.4"),
        ("change", "0.0", "+0.00"),
        ("level", "2.0", "2"),
        ("new", "0.123456", "0.1235"),
        ("rate", "0.05", "5.00"),
        ("gpu_hours", "0.0", "0.00"),
        ("tag", "0.5", "0.5"),
        ("variant", "NA", "NA"),
    ],
)
def test_the_format_of_a_number_follows_from_its_column(column: str, value: str, text: str) -> None:
    shown, is_number = format_table("new", pd.DataFrame({column: [value]}))
    assert shown.iloc[0, 0] == text
    assert is_number == [number_format(column) is not None]


def test_numbers_in_words() -> None:
    assert [format_count(3.0), format_count(1234.0), format_count(2.25)] == ["3", "1,234", "2.2"]
    assert [format_p_value(0.0004), format_p_value(0.001)] == ["< 0.001", "0.001"]
    assert [format_duration(s) for s in (0.4, 59.6, 3723, 360000)] == ["0:00:00", "0:01:00", "1:02:03", "100:00:00"]
    assert [column_heading("f1_macro_mean"), column_heading("pos"), column_heading("tokens_with_unseen_pos")] == [
        "F1 macro mean",
        "POS",
        "Tokens with unseen POS",
    ]


def test_columns_that_a_label_includes_are_left_out() -> None:
    columns = {"variant": ["v"], "label": ["Gold POS"], "fusion": ["late"], "pos": ["gold"], "f1": ["0.5"]}
    assert list(format_table("new", pd.DataFrame(columns))[0].columns) == ["Label", "F1"]
    assert list(format_table("new", pd.DataFrame({"variant": ["v"], "f1": ["1"]}))[0].columns) == ["Variant", "F1"]


def test_a_table_that_does_not_fit_its_layout_is_refused() -> None:
    with pytest.raises(InputError, match=r"cost\.csv: no column 'rule'"):
        format_table("cost", pd.DataFrame({"f1": ["0.5"]}))
    with pytest.raises(InputError, match="'f1': 'x' is not a number"):
        format_table("new", pd.DataFrame({"f1": ["x"]}))


def test_tags_do_not_break_latex() -> None:
    table = pd.DataFrame({"Tag %": ["$", "WP$", "NN|SYM", "a_b & c\\d", "#"], "F1": ["1", "2", "3", "4", "5"]})
    lines = latex_table(table, [False, True]).splitlines()
    assert lines[1:6] == [r"\begin{tabular}{lr}", r"\toprule", r"Tag \% & F1 \\", r"\midrule", r"\$ & 1 \\"]
    assert r"WP\$ & 2 \\" in lines
    assert r"a\_b \& c\textbackslash d & 4 \\" in lines
    assert lines[-2:] == [r"\bottomrule", r"\end{tabular}"]


HOSTILE = [
    *("}", "{x}", "$", "$x$", "\\alpha", "100 %", "<b>&amp;", "a_b^c~#", "|", "''"),
    *("NN\nVB", "\n\n", "a\u2028b", "\x07"),
]


def test_no_name_of_data_breaks_a_table(tmp_path: Path) -> None:
    """Entity types and tags may have any characters; a line break in a cell would end a row or a paragraph."""
    table = pd.DataFrame({"tag": HOSTILE, "support": "3"})
    write_table(tmp_path / "pos_by_tag.csv", table)
    TypesetTables(tables=(tmp_path / "pos_by_tag.csv",)).execute()
    lines = (tmp_path / "pos_by_tag.tex").read_text(encoding="utf-8").splitlines()
    body = lines[lines.index(r"\midrule") + 1 : lines.index(r"\bottomrule")]
    assert len(body) == len(HOSTILE)
    for line in body:
        cell = re.fullmatch(r"(.*) & 3 \\\\", line)
        assert cell, line
        assert not re.search(r"(?<!\\)[%#&_]|(?<![\\$<>])\$(?![<>$-])", cell[1]), line
    shown = Cells((tmp_path / "pos_by_tag.html").read_text(encoding="utf-8")).rows[1:-1]
    assert [row[0].strip() for row in shown] == [
        re.sub(r"[\n\u2028\x07]+", " ", tag).strip() or MISSING for tag in HOSTILE
    ]


def test_a_table_with_further_scripts_says_what_it_needs() -> None:
    plain = latex_table(pd.DataFrame({"Tag": [f"Ünïcode {MISSING} ±"]}), [False])
    assert plain.startswith("% needs the package booktabs\n")
    further = latex_table(pd.DataFrame({"Tag": ["名詞"]}), [False])
    assert further.startswith("% needs the package booktabs, and LuaLaTeX or XeLaTeX with a font for all characters (")


@needs_latex
def test_hostile_names_are_printed(tmp_path: Path) -> None:
    table = format_table("pos_by_tag", pd.DataFrame({"tag": HOSTILE[:-1]}))
    (tmp_path / "table.tex").write_text(latex_table(*table), encoding="utf-8")
    [sheet] = PdfReader(article([tmp_path / "table.tex"], tmp_path)).pages
    printed = sheet.extract_text()
    for text in ("100 %", "<b>&amp;", "NN VB", "{x}", "$x$"):
        assert text.replace(" ", "") in printed.replace(" ", "")


def test_a_study_without_anything_to_compare_has_its_tables(tmp_path: Path) -> None:
    compared = comparison_table({}, {})
    counts = {"baseline": {1: np.ones((1, 2, 3), np.float32)}}
    sliced = slice_summary_table(counts, [("all", "a")], {"baseline": VARIANTS["baseline"]}, Statistics(resamples=100))
    for name, table in {"ner_comparisons": compared, "ner_slices_summary": sliced}.items():
        write_table(tmp_path / f"{name}.csv", table)
        assert list(table) == list(read_table(tmp_path / f"{name}.csv", [])) != []
    TypesetTables(tables=tuple(tmp_path.glob("*.csv"))).execute()
    assert "Verdict" in (tmp_path / "ner_comparisons.tex").read_text()


@needs_latex
def test_every_character_of_a_table_is_printed(tmp_path: Path) -> None:
    cells = ["< 0.001", f"{MINUS}1.20 ± 0.30", "NN|SYM", "WP$", "50 %", "C:\\x{}#&", ">", MISSING]
    drawn = ["a_b", "~", "^"]  # without being characters of a font
    (tmp_path / "table.tex").write_text(latex_table(pd.DataFrame({"Cell": cells + drawn}), [False]), encoding="utf-8")
    [sheet] = PdfReader(article([tmp_path / "table.tex"], tmp_path)).pages
    printed = sheet.extract_text().replace(" ", "")
    for cell in cells:
        assert cell.replace(" ", "") in printed


def test_long_tables_may_break() -> None:
    table = pd.DataFrame({"A": [str(i) for i in range(46)]})
    assert r"\begin{longtable}{r}" in latex_table(table, [True])
    assert r"\begin{tabular}{r}" in latex_table(table[:45], [True])


def test_a_page_shows_the_table_and_offers_the_files() -> None:
    table = pd.DataFrame({"Tag": ["<b>", '"'], "F1": ["1.00", "2.00"]})
    content = html_page("tags", table, [False, True], {"tags.csv": b"tag\n<b>\n"})
    rows = [[cell.strip() for cell in row] for row in Cells(content).rows]
    assert rows[:3] == [["Tag", "F1"], ["<b>", "1.00"], ['"', "2.00"]]
    [link] = re.findall(r'download="tags.csv" href="data:text/plain;base64,([^"]+)"', content)
    assert base64.b64decode(link) == b"tag\n<b>\n"


def test_files_stand_beside_the_table_and_do_not_change(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("split,f1\ntest,0.5\n")
    contents = []
    for _ in range(2):
        TypesetTables(tables=(tmp_path / "x.csv",)).execute()
        contents.append([(tmp_path / f"x.{kind}").read_bytes() for kind in ("csv", "tex", "html")])
    assert contents[0] == contents[1]
    assert b"test & 50.00" in contents[0][1]
