"""The figures and tables of a study's report."""

from __future__ import annotations

from configs import CHECKOUT, PUBLISHED, edited
from posner.commands.names import module_names
from posner.config.validation import check
from posner.report.contents import CORPUS_TABLES, EXTRA_TEST_TABLES, FIGURES, TABLES, report_contents

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
