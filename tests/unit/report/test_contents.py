"""The figures and tables of a study's report."""

from __future__ import annotations

import re

from configs import CHECKOUT, PUBLISHED, edited
from posner.commands.names import module_names
from posner.config.validation import check
from posner.report.contents import CORPUS_TABLES, EXTRA_TEST_TABLES, FIGURES, TABLES, report_contents
from posner.report.figures.ner import MIN_MENTIONS

ALL_TABLES = CORPUS_TABLES | EXTRA_TEST_TABLES | TABLES


def test_every_figure_has_a_command_and_tables_that_its_studies_have() -> None:
    for name, figure in FIGURES.items():
        assert f"plot_{name}" in module_names()
        for table in figure.tables.values():
            assert TABLES[table].needs in ("nothing", figure.needs) or figure.needs == "oracles"


def test_every_figure_and_table_has_a_caption() -> None:
    captions = {path.stem for path in CHECKOUT.glob("resources/captions/*.rst")}
    assert {table.caption for table in ALL_TABLES.values()} | FIGURES.keys() <= captions


def test_a_study_without_pos_has_no_sweeps_and_no_oracles() -> None:
    study = check(edited(study__variants=["baseline"]))
    assert set(report_contents(FIGURES, study)) == {"pos_tagging", "confusions", "ner_results", "cost"}
    assert not {"corruption", "slopes"} & report_contents(TABLES, study).keys()


def test_a_study_without_an_oracle_has_sweeps_only() -> None:
    study = check(edited(study__variants=["baseline", "late-gold-one_hot"]))
    assert report_contents(FIGURES, study).keys() == FIGURES.keys() - {"oracles"}
    assert report_contents(TABLES, study) == TABLES


def test_the_published_study_has_all() -> None:
    assert report_contents(FIGURES, check(PUBLISHED)) == FIGURES


def test_readme_and_demo_say_the_same_about_the_corpora_of_the_demo() -> None:
    texts = [(CHECKOUT / name).read_text(encoding="utf-8") for name in ("README.md", "resources/studies/demo.yaml")]
    readme, demo = (" ".join(re.sub(r"^# ?", "", text, flags=re.MULTILINE).split()) for text in texts)
    part = re.search(r"In the corpus \*redundant\* .+? since the taggers read the same words\.", demo)
    assert part
    assert part[0] in readme


def test_captions_state_the_thresholds_of_their_figures() -> None:
    caption = (CHECKOUT / "resources" / "captions" / "slices.rst").read_text(encoding="utf-8")
    assert f"fewer than {MIN_MENTIONS} true mentions" in " ".join(caption.split())
    method = (CHECKOUT / "docs" / "method.md").read_text(encoding="utf-8")
    assert f"fewer than {MIN_MENTIONS} mentions" in " ".join(method.split())


def test_the_direct_cost_of_tagging_errors_comes_first() -> None:
    """What the tagger's own tags cost, then errors that are spread evenly: in the report's tables and in captions."""
    propagation = [name for name, table in TABLES.items() if table.category == "Error propagation"]
    assert propagation[0] == "verdict_effects"
    for caption, first, later in (
        ("corruption", "the tagger's own tags", "a growing share"),
        ("verdict_effects", "``tagging_errors``", "``slope``"),
        ("slopes", "``tagging_errors``", "``slope``"),
        ("corruption_tables", "``anchor``", "``tagger``"),
    ):
        text = " ".join((CHECKOUT / "resources" / "captions" / f"{caption}.rst").read_text(encoding="utf-8").split())
        assert 0 < text.index(first) < text.index(later), caption
