"""Whatever is written in a title, a name, a licence or a tag is text on every page: no markup, no link, no script."""

from __future__ import annotations

import json
import random
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docutils.core
import mistune
import pandas as pd
import pytest
import yaml
from docutils import nodes
from fabricated import VARIANTS, read
from jinja2 import Environment
from posner.commands.study.summarise_study import SummariseStudy
from posner.config.statistics import Statistics
from posner.config.training import Training
from posner.corpora.corpus import Provenance, Sentence, describe_corpus
from posner.corpora.documents import ResamplingUnits
from posner.files import write_json
from posner.report.formats import format_score
from posner.report.markup import escape_markdown, escape_rst, rst_width
from posner.report.model_cards import CardContext, ner_card, tagger_card, write_card
from posner.report.tables import format_table, html_page, latex_table
from tex import article, needs_latex

CHECKOUT = Path(__file__).parents[3]
SECRET = Path(__file__).resolve()  # a local file, which no page may include

HOSTILE = [
    f".. include:: {SECRET}",
    ".. raw:: html",
    f".. raw:: html\\n   :file: {SECRET}",
    "|x|",
    "`link <javascript:alert(1)>`_",
    "[link](javascript:alert(1))",
    "![image](https://example.org/x.png)",
    "javascript:alert(1)",
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- -->",
    "&lt;b&gt; &amp;",
    "{{ 6 * 7 }} {% raw %} {# x #} {{{x}}}",
    "A {B} study of {corpus}",
    r"\input{/etc/passwd} \def\x{1}",
    r"\\",
    "\\",
    "a_",
    "_a",
    "a__ b_ _c_ __d__",
    "[1]_ [#]_",
    "a::",
    "::",
    "1. x",
    "A. x",
    "(a) x",
    "- x",
    "* x",
    "+ x",
    "# x",
    "> x",
    ">>> x",
    ":field: x",
    ":role:`x`",
    "====",
    "a ==== b",
    "**a** *b* ``c`` `d`",
    "a@b.c",
    "a\tb  c",
    "$x$ $$y$$",
    "50 % & 3 #1 ~a ^b",
    "| a | b |",
    "~~a~~",
    "}",
    "名詞 é",
    "--",
]
MARKS = [*HOSTILE, *"*`|_:\\<>[]{}%#.-=+~^$&!@'\"()/ ab1"]
RANDOM = random.Random(0)
MIXED = ["".join(RANDOM.choices(MARKS, k=RANDOM.randint(2, 5))).strip() for _ in range(300)]


def flat(text: str) -> str:
    """Text with single blanks, since pages are wrapped."""
    return " ".join(text.split())


class Page(HTMLParser):
    """The elements of a page, with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(page: str) -> str:
    """A page of the report before docutils reads it: Snakemake renders it as a template."""
    return Environment().from_string(page).render()


# --- reStructuredText ------------------------------------------------------------------------------------------------

MARKUP = (nodes.raw, nodes.reference, nodes.target, nodes.literal, nodes.emphasis, nodes.strong, nodes.comment)


@pytest.mark.parametrize("text", [*HOSTILE, *MIXED], ids=ascii)
def test_a_text_is_itself_in_restructuredtext(text: str) -> None:
    escaped = escape_rst(text)
    page = f"{escaped}\n{'=' * rst_width(escaped)}\n\n{escaped}\n\n- {escaped}\n\n=====  ==\nname   b\n=====  ==\n"
    settings = {"report_level": 2, "halt_level": 2, "warning_stream": False}
    document = docutils.core.publish_doctree(rendered(page), settings_overrides=settings)
    title, first, item = document.next_node(nodes.title), *list(document.findall(nodes.paragraph))[:2]
    assert [flat(node.astext()) for node in (title, first, item)] == [flat(text)] * 3
    assert not [node for kind in MARKUP for node in document.findall(kind)]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_the_first_page_of_the_report_is_inert(study: Path, tmp_path: Path, text: str) -> None:
    verdict = read(study / "verdict.json")
    verdict["answers"]["gold"] = verdict["footnote"] = verdict["statistics"] = text
    verdict["details"] = [text]
    verdict["variants"] = {f"{name}_": entry | {"sentence": text} for name, entry in verdict["variants"].items()}
    folder = tmp_path / "corpus_" / "encoder_"
    write_json(folder / "verdict.json", verdict)
    output = tmp_path / "summary.rst"
    SummariseStudy(title=text, results=(folder,), report=Path("results/report.html"), output=output).execute()
    source = rendered(output.read_text(encoding="utf-8"))
    settings = {"report_level": 2, "halt_level": 2, "warning_stream": False}
    page = Page(docutils.core.publish_parts(source, writer="html", settings_overrides=settings)["html_body"])
    assert not page.elements & {"script", "img", "a", "iframe", "object"}
    assert not [value for name, value in page.attributes if name.startswith("on")]
    assert flat(page.text).startswith(flat(text))
    assert "no page may include" not in page.text
    assert "baseline_" in page.text


# --- HTML and LaTeX --------------------------------------------------------------------------------------------------


def hostile_table() -> pd.DataFrame:
    return pd.DataFrame({"tag": HOSTILE, "gold_count": ["1"] * len(HOSTILE)})


def test_html_tables_are_inert() -> None:
    table, is_number = format_table("own", hostile_table())
    page = Page(html_page("</title><script>", table, is_number, {'"><script>.csv': b"</script>"}))
    assert page.elements == {"html", "meta", "title", "style", "table", "thead", "tbody", "tr", "th", "td", "p", "a"}
    assert all(str(value).startswith("data:text/plain;base64,") for name, value in page.attributes if name == "href")
    assert all(flat(text) in flat(page.text) for text in HOSTILE)


@needs_latex
def test_latex_tables_are_inert(tmp_path: Path) -> None:
    frame = hostile_table()
    frame = frame[frame["tag"].map(str.isascii)]  # pdflatex has no font for other scripts
    table, is_number = format_table("own", frame)
    path = tmp_path / "own.tex"
    path.write_text(latex_table(table, is_number), encoding="utf-8")
    article([path], tmp_path)
    assert "root:" not in (tmp_path / "article.log").read_text(encoding="utf-8", errors="replace")


def test_latex_has_no_command_of_a_tag() -> None:
    table, is_number = format_table("own", hostile_table())
    text = latex_table(table, is_number)
    assert r"\input" not in text
    assert r"\def" not in text


# --- Markdown --------------------------------------------------------------------------------------------------------

to_html = mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "math", "footnotes"])


@pytest.mark.parametrize("text", [*HOSTILE, *MIXED], ids=ascii)
def test_a_text_is_itself_in_markdown(text: str) -> None:
    page = Page(to_html(f"x {escape_markdown(text)}\n\n| a | b |\n| --- | --- |\n| x {escape_markdown(text)} | y |\n"))
    assert page.elements == {"p", "table", "thead", "tbody", "tr", "th", "td"}
    assert flat(page.text) == f"x {flat(text)} a b x {flat(text)} y"


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_model_cards_are_inert(tmp_path: Path, text: str) -> None:
    tag = text.split()[0]
    kinds = (tag, "PER")
    sentences = [Sentence(("w", "v"), (tag, "NN"), (f"B-{kind}", "O"), None) for kind in kinds]
    splits = dict.fromkeys(("train", "validation", "test"), sentences)
    corpus = describe_corpus(splits, Provenance("columns", text, text, text))
    encoder = {"source": "path", "path": f"some/{tag}", "model_type": "bert", "layers": 2, "hidden_size": 16}
    context = CardContext("corpus_", "encoder_", corpus, encoder, ResamplingUnits.of(sentences), Statistics())
    scores = {"f1": 0.5, "precision": 0.5, "recall": 0.5}
    run = {"seed": 1, "steps": 1, "best_step": 1, "parameters": 1, "precision": "fp32", "device": text}
    test = scores | {"by_type": dict.fromkeys(kinds, scores), "strict": scores, "truncated_tokens": 0}
    summary = {"label": text, "summary": {"test": {"f1": {"n": 1, "mean": 0.5, "std": None}}}}
    run |= {"test": test, "validation": scores}
    variant = VARIANTS["late-gold-one_hot"]
    fields = ner_card(context, text, variant, run, Training(), summary, text, (0.4, 0.6))
    write_card(tmp_path / "ner", CHECKOUT / "resources" / "cards" / "ner.md", fields)
    accuracy = {"accuracy": 0.5, "macro_f1": 0.5}
    splits_of = dict.fromkeys(("train", "validation", "test"), accuracy)
    fields = tagger_card(context, 1, Training(), splits_of, (0.4, 0.6))
    write_card(tmp_path / "tagger", CHECKOUT / "resources" / "cards" / "tagger.md", fields)
    for kind in ("ner", "tagger"):
        _, metadata, card = (tmp_path / kind / "README.md").read_text(encoding="utf-8").split("---\n", 2)
        assert yaml.safe_load(metadata)["license_name"] == text
        page = Page(to_html(card))
        assert not page.elements & {"script", "img", "a", "em", "strong", "del", "iframe"}
        assert f"also apply to the model: {flat(text)}." in flat(page.text)
        assert format_score(0.5) in page.text


# --- the report and the poster ---------------------------------------------------------------------------------------


def test_params_in_the_report_do_not_end_its_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """The params of a job are JSON in a script of the report, and the title is among them."""
    from snakemake.report.html_reporter.data import results

    monkeypatch.syspath_prepend(CHECKOUT / "rules")
    monkeypatch.setattr(results, "json", json)
    import snakemake_patches

    snakemake_patches.escape_results()
    page = results.json.dumps({"params": HOSTILE})
    assert "<" not in page
    assert json.loads(page) == {"params": HOSTILE}


@pytest.mark.slow
@pytest.mark.parametrize("text", ['#include "x" #eval("1") $x$ *a* _b_ `c` @d <e> // f /* g */ \\ {B}', HOSTILE[0]])
def test_the_poster_shows_a_title_as_it_is(tmp_path: Path, text: str) -> None:
    from pypdf import PdfReader
    from test_poster import FIGURES, conclude, poster

    conclude(tmp_path, VARIANTS)
    made: Any = poster(tmp_path, FIGURES).model_copy(update={"title": text})
    made.execute()
    (page,) = PdfReader(tmp_path / "poster.pdf").pages
    assert "".join(text.split()) in "".join(page.extract_text().split())
