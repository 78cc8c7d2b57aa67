"""The poster: one A0 page with the results and conclusions of any study."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
import typst
from fabricated import CEILING, TAGS, TYPES, VARIANTS, confusion_matrix, read, variant, write_study
from fabricated_summaries import summarise, write_comparisons
from PIL import Image
from posner.commands.ner.summarise_ner import SummariseNer
from posner.commands.pos.summarise_pos import SummarisePos
from posner.commands.study.conclude import Conclude
from posner.commands.study.typeset_poster import FONTS, TypesetPoster, further_fonts
from posner.config.variants import SeededVariant
from posner.errors import InputError
from posner.files import write_json
from pypdf import PdfReader

pytestmark = pytest.mark.slow

TEMPLATE = Path(__file__).parents[3] / "resources" / "poster" / "poster.typ"
A0 = (841, 1189)  # mm
MANY = VARIANTS | {
    f"a-variant-with-a-name-that-is-as-long-as-its-author-likes-{i}": variant("late", "gold", "one_hot", (42, 43))
    for i in range(20)
}
STUDIES = {
    "of every kind": VARIANTS,
    "of many": MANY,
    "without controls": {name: settings for name, settings in VARIANTS.items() if not settings.is_control},
    "of the baseline alone": {"baseline": VARIANTS["baseline"]},
}


def conclude(folder: Path, variants: Mapping[str, SeededVariant]) -> None:
    """Write everything that a poster reads, except figures; a study without POS has no sweeps."""
    tables = folder / "tables"
    if len(variants) > 1:
        summarise(folder, variants)
    else:
        f1 = write_study(folder, variants)
        SummariseNer(variants=dict(variants), ner=folder / "ner", metrics=folder / "metrics", tables=tables).execute()
        SummarisePos(confusion=folder / "pos" / "confusion_matrix.json", tables=tables).execute()
        write_comparisons(folder / "metrics", f1, variants, tables)
        write_json(folder / "metrics" / "ner_ceiling.json", CEILING)
        Conclude(
            metrics=folder / "metrics",
            comparisons=folder / "metrics" / "ner_comparisons.json",
            ceiling=folder / "metrics" / "ner_ceiling.json",
            pos=tables / "pos_tagging.csv",
            output=folder / "verdict.json",
            tables=tables,
        ).execute()
    labels = ["O", *(f"{position}-{kind}" for kind in TYPES for position in "BI")]
    sentences = {"train": 1404, "validation": 325, "test": 345}
    write_json(folder / "corpus.json", {"pos_tags": list(TAGS), "ner_labels": labels, "sentences": sentences})


def draw(folder: Path, name: str, colour: str) -> Path:
    """A figure that is identified by its colour."""
    path = folder / "figures" / f"{name}.svg"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="533pt" height="300pt" viewBox="0 0 533 300">'
        f'<rect width="533" height="300" fill="{colour}"/></svg>'
    )
    return path


def poster(folder: Path, figures: Mapping[str, str], output: str = "poster.pdf") -> TypesetPoster:
    return TypesetPoster(
        template=TEMPLATE,
        title="A made-up study",
        corpus_name="made-up",
        encoder_name="tiny",
        corpus=folder / "corpus.json",
        verdict=folder / "verdict.json",
        summary=folder / "tables" / "ner_summary.csv",
        tagging=folder / "tables" / "pos_tagging.csv",
        confusions=folder / "tables" / "pos_confusions.csv",
        figures=tuple(draw(folder, name, colour) for name, colour in figures.items()),
        output=folder / output,
    )


FIGURES = {"injection_strategies": "#ff0000", "corruption": "#00ff00", "ner_results": "#0000ff"}


@pytest.fixture(scope="module", params=STUDIES, ids=str)
def typeset(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a study with its poster."""
    folder = tmp_path_factory.mktemp("study")
    conclude(folder, STUDIES[request.param])
    figures = FIGURES if len(STUDIES[request.param]) > 1 else {"ner_results": FIGURES["ner_results"]}
    poster(folder, figures).execute()
    return folder


def squeezed(text: str) -> str:
    """Text without white space, since line breaks depend on the page."""
    return re.sub(r"\s", "", text)


def words(folder: Path) -> str:
    return squeezed("".join(page.extract_text() for page in PdfReader(folder / "poster.pdf").pages))


def share(image: Image.Image, colour: str) -> float:
    """Share of the page in exactly this colour."""
    target = tuple(bytes.fromhex(colour[1:]))
    counts = {rgb: count for count, rgb in image.convert("RGB").getcolors(maxcolors=2**24)}
    return counts.get(target, 0) / (image.width * image.height)


def test_it_is_one_a0_page(typeset: Path) -> None:
    (page,) = PdfReader(typeset / "poster.pdf").pages
    assert [round(float(side) * 25.4 / 72) for side in page.mediabox[2:]] == list(A0)
    image = Image.open(typeset / "poster.png")
    assert image.height / image.width == pytest.approx(A0[1] / A0[0], abs=1e-3)


def test_it_shows_all_conclusions(typeset: Path) -> None:
    verdict, text = read(typeset / "verdict.json"), words(typeset)
    assert all(squeezed(answer) in text for answer in verdict["answers"].values())
    assert squeezed(verdict["footnote"]) in text
    shown = [row for row in verdict["variants"].values() if not row["label"].startswith("Oracle")]
    for row in shown:
        if not row["label"].startswith("Random"):
            assert f"{100 * row['f1']['mean']:.2f}" in text
            assert squeezed(row["label"]) in text
    verdicts = [row["verdict"] for row in shown if row["verdict"]]
    for word in set(verdicts):
        assert text.count(word) >= verdicts.count(word)
    reasons = [row for row in shown if row["reason"]]
    assert text.count("inconclusive:pathnotlearned") >= len(reasons)


def test_the_cost_of_the_real_errors_is_before_errors_that_are_spread_evenly(tmp_path: Path) -> None:
    conclude(tmp_path, VARIANTS)
    poster(tmp_path, FIGURES).execute()
    text, verdict = words(tmp_path), read(tmp_path / "verdict.json")
    section = text.partition("realerrorscost")[2].partition("spreadevenly")[0]
    tested = {name: e for name, e in verdict["propagation"].items() if e["tagging_errors"]["seeds"] > 1}
    assert f"notlisted:{len(verdict['propagation']) - len(tested)}withoneseed" in section
    for name, effects in tested.items():
        change = f"{100 * effects['tagging_errors']['change']:+.2f}".replace("-", "\N{MINUS SIGN}")
        assert f"{squeezed(verdict['variants'][name]['label'])}{change}" in section


def test_a_difference_has_its_baseline_and_one_seed_an_interval_beside_several(tmp_path: Path) -> None:
    conclude(tmp_path, VARIANTS)
    poster(tmp_path, FIGURES).execute()
    text, variants = words(tmp_path), read(tmp_path / "verdict.json")["variants"]
    for name in ("late-gold-one_hot", "late-gold-trainable_embed"):
        f1, difference = variants[name]["f1"], variants[name]["difference"]
        spread = "" if f1["std"] is None else f"±{100 * f1['std']:.2f}"
        numbers = f"{100 * f1['mean']:.2f}{spread}{100 * difference['baseline_f1']:.2f}{100 * difference['mean']:+.2f}"
        assert numbers in text
    assert "oneseed" not in text.replace("withoneseed", "")


def test_differences_and_intervals_have_their_signs(tmp_path: Path) -> None:
    conclude(tmp_path, VARIANTS)
    verdict = read(tmp_path / "verdict.json")
    verdict["variants"]["late-gold-one_hot"]["difference"] |= {"mean": -0.019999, "low": -0.123, "high": -0.0004999}
    verdict["variants"]["encoder-gold"]["difference"] |= {"mean": 0.00004, "low": -0.00004, "high": 0.0996}
    write_json(tmp_path / "verdict.json", verdict)
    poster(tmp_path, FIGURES).execute()
    text = words(tmp_path)
    assert "\N{MINUS SIGN}2.00\N{MINUS SIGN}12.30to\N{MINUS SIGN}0.05" in text
    assert "+0.00+0.00to+9.96" in text


def test_no_figure_is_missing_and_none_is_tiny(typeset: Path) -> None:
    image = Image.open(typeset / "poster.png")
    if any(read(typeset / "verdict.json")["answers"].values()):
        shares = {name: share(image, FIGURES[name]) for name in ("injection_strategies", "corruption")}
        assert min(shares.values()) > 0.03, shares
        assert share(image, FIGURES["ner_results"]) == 0
    else:
        assert share(image, FIGURES["ner_results"]) > 0.1


def sizes(folder: Path) -> list[float]:
    """Font size of each text run on the page."""
    font_sizes: list[float] = []

    def visit(text: str, _cm: list[float], matrix: list[float], _font: object, size: float) -> None:
        if text.strip():
            font_sizes.append(abs(size * matrix[3]))

    PdfReader(folder / "poster.pdf").pages[0].extract_text(visitor_text=visit)
    return font_sizes


def test_the_text_of_a_usual_study_is_large(tmp_path: Path) -> None:
    conclude(tmp_path, VARIANTS)
    poster(tmp_path, FIGURES).execute()
    assert min(sizes(tmp_path)) >= 0.9 * 24


def test_nothing_leaves_the_page(typeset: Path) -> None:
    """The margins and the gutter are empty, and the columns end above the footer."""
    image = Image.open(typeset / "poster.png").convert("L")
    millimetre = image.width / A0[0]
    columns = 28 + 0.365 * (A0[0] - 2 * 28 - 24)  # where the left one ends
    empty = {
        "left margin": (0, 420, 24, A0[1]),
        "right margin": (A0[0] - 24, 420, A0[0], A0[1]),
        "gutter": (columns + 4, 420, columns + 20, A0[1] - 21),
        "above the footer": (0, A0[1] - 19, A0[0], A0[1] - 16),
        "below the footer": (0, A0[1] - 5, A0[0], A0[1]),
    }
    for name, box in empty.items():
        assert image.crop(tuple(round(side * millimetre) for side in box)).getextrema() == (255, 255), name


def test_fusions_that_are_not_in_the_study_are_marked(tmp_path: Path) -> None:
    conclude(tmp_path, {name: VARIANTS[name] for name in ("baseline", "late-gold-one_hot")})
    poster(tmp_path, FIGURES).execute()
    assert words(tmp_path).count("notinthisstudy") == 2


def test_input_paths_work_are_broken_or_were_not_tested(tmp_path: Path) -> None:
    conclude(tmp_path, VARIANTS)
    poster(tmp_path, FIGURES).execute()
    text = words(tmp_path)
    checks = read(tmp_path / "verdict.json")["oracles"]
    for path, check in checks.items():
        f1 = "\N{EN DASH}" if check["f1"] is None else f"{100 * check['f1']:.2f}"
        word = {True: "works", False: "fails", None: "nottested"}[check["works"]]
        assert f"{squeezed(path)}{f1}{word}" in text
    assert {check["works"] for check in checks.values()} == {True, False, None}


def test_confusions_are_those_of_train(tmp_path: Path) -> None:
    conclude(tmp_path, VARIANTS)
    poster(tmp_path, FIGURES).execute()
    top = confusion_matrix()["splits"]["train"]["top_confusions"][0]
    assert f"{top['gold']}→{top['predicted']}{top['count'] // 1000}{top['count'] % 1000:03d}" in words(tmp_path)


def test_tags_are_set_as_they_are(tmp_path: Path) -> None:
    """No markup, mathematics or code of typst is read into a tag; other scripts are set if a font is installed."""
    conclude(tmp_path, VARIANTS)
    path = tmp_path / "tables" / "pos_confusions.csv"
    tags = ["PRP$", "$x^2$", "#panic[x]", "*a_b*", "<b>", "a\\b", "}{", *(["\u540d\u8a5e"] if further_fonts() else [])]
    rows = {"split": "train", "gold": tags, "predicted": "WP$", "count": 9, "share": 0.5}
    pd.DataFrame(rows).to_csv(path, index=False)
    poster(tmp_path, FIGURES).execute()
    text = words(tmp_path)
    assert [tag for tag in tags if f"{tag}→WP$9" not in text] == []


def test_the_same_results_give_the_same_bytes_in_any_folder(tmp_path: Path) -> None:
    contents = []
    for place in ("here", "there with blank"):
        folder = tmp_path / place
        conclude(folder, VARIANTS)
        poster(folder, FIGURES).execute()
        contents.append([(folder / name).read_bytes() for name in ("poster.pdf", "poster.png")])
    assert contents[0] == contents[1]


def test_its_font_comes_with_matplotlib() -> None:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    assert "DejaVu Sans" in fonts.families()


def test_a_file_that_is_not_a_figure_is_named(tmp_path: Path) -> None:
    conclude(tmp_path, VARIANTS)
    command = poster(tmp_path, FIGURES)
    (tmp_path / "figures" / "corruption.svg").write_text("no figure")
    with pytest.raises(InputError, match=r"poster\.pdf cannot be typeset"):
        command.execute()
    assert not (tmp_path / "poster.pdf").exists()
