"""The report as a reader sees it, in a browser without a network.

Screenshots are kept in the folder that POSNER_SCREENSHOTS names, if it is set.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, chromium
from PIL import Image
from workflow_copy import Copy

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium to open the report with")

CATEGORIES = ["Data", "POS", "Training", "NER", "Error propagation", "Controls", "Cost", "Presentation"]


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(os.environ.get("POSNER_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))


@pytest.fixture(scope="module")
def report(finished: Copy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The report of a finished study, opened."""
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        browser.open(finished.folder / "results" / "report.html")
        browser.wait_for("document.querySelector('#rulegraph svg, #rulegraph canvas')")
        yield browser


def results(report: Browser) -> dict[str, dict[str, Any]]:
    """The properties of each result, by path."""
    return report.run("Object.fromEntries(Object.entries(results).map(([k, v]) => [k, {...v, data_uri: ''}]))")


def show_category(report: Browser, category: str) -> None:
    """Open a category from the menu: a list that is already there keeps what it shows."""
    report.run("app.setView({navbarMode: 'menu'})")
    report.run(f"app.showCategory({category!r})")


def show(report: Browser, path: str) -> None:
    """Show one result, and wait until it is there."""
    kind = "html" if path.endswith(".html") else "img"
    report.run(f"app.setView({{content: {kind!r}, contentPath: results[{path!r}].data_uri, resultPath: {path!r}}})")
    if kind == "img":
        report.wait_for("(i => i && i.complete && i.naturalWidth > 0)(document.querySelector('#app .p-3 > img'))")
    else:
        report.wait_for("document.querySelector('iframe')")


def wait_until_painted(report: Browser, file: Path, seconds: float = 60) -> None:
    """Take screenshots until something is drawn beside the menu: the page cannot query the content of a frame."""
    end = time.monotonic() + seconds
    while True:
        report.screenshot(file)
        with Image.open(file) as image:
            if len(image.convert("L").crop((400, 0, *image.size)).getcolors() or []) > 10:
                return
        assert time.monotonic() < end, f"{file}: an empty page"


def name_of(path: str) -> str:
    return path.removeprefix("results/").replace("/", "-").rpartition(".")[0]


def test_it_opens_with_the_answers(report: Browser, screenshots: Path) -> None:
    report.screenshot(screenshots / "landing.png")
    page = report.run("document.querySelector('#app .prose').innerText")
    for words in ("part-of-speech tags still help", "Verdicts", "Contents of the report", "late-gold-one_hot"):
        assert words in page
    assert report.run("document.querySelector('#app .prose h1').getBoundingClientRect().top") >= 0
    table = report.run(
        "(t => [t.scrollWidth, t.parentElement.clientWidth])(document.querySelector('#app .prose table'))"
    )
    assert table[0] <= table[1] + 1
    report.run("document.querySelector('#app .overflow-auto.grow').scrollTo(0, 1e6)")
    report.screenshot(screenshots / "landing-end.png")


def test_every_category_is_there(report: Browser, screenshots: Path) -> None:
    assert sorted(report.run("Object.keys(categories)")) == sorted(CATEGORIES)
    for category in CATEGORIES:
        show_category(report, category)
        rows = report.run("[...document.querySelectorAll('nav tbody tr')].map(row => row.innerText)")
        paths = report.run(f"Object.values(categories[{category!r}]).flat()")
        assert len(rows) == len(paths) / 2, category  # one of two corpora at a time
        report.screenshot(screenshots / f"category-{category.replace(' ', '-')}.png")


def test_every_figure_and_table_is_drawn(report: Browser, screenshots: Path) -> None:
    paths = results(report)
    kinds = {Path(path).suffix for path in paths}
    assert kinds == {".svg", ".html", ".pdf"}
    assert len(paths) > 30
    for path in paths:
        if path.endswith(".pdf"):  # which a headless browser does not draw
            assert report.run(f"atob(results[{path!r}].data_uri.split('base64,')[1].slice(0, 8))").startswith("%PDF")
            continue
        show(report, path)
        file = screenshots / f"{name_of(path)}.png"
        wait_until_painted(report, file)
        if path.endswith(".svg"):
            width = report.run("document.querySelector('#app .p-3 > img').getBoundingClientRect().width")
            assert 300 < width < 1300, path


def test_a_corpus_is_chosen_by_a_switch(report: Browser) -> None:
    show_category(report, "Error propagation")
    report.wait_for("document.querySelector('nav fieldset')")
    assert report.run("[...document.querySelectorAll('nav fieldset input')].map(i => i.value)") == ["files", "small"]
    path = "results/files/tiny/figures/corruption.svg"
    show(report, path)
    report.run("document.querySelector('nav fieldset input[value=small]').click()")
    other = path.replace("files", "small")
    report.wait_for(f"document.querySelector('#app .p-3 > img').src === results[{other!r}].data_uri")


def test_every_result_names_its_rule_command_and_tables(report: Browser, finished: Copy) -> None:
    for path, result in results(report).items():
        rule = result["job_properties"]["rule"]
        caption = re.sub(r"<[^>]+>", "", result["caption"])
        assert rule in caption, path
        assert "{{" not in caption, path
        assert "problematic" not in result["caption"], path
        if path.endswith(".svg"):
            command = re.search(rf"python -m posner {rule} (.+)", caption)
            assert command, path
            tables = re.findall(r"--[\w-]+=(results/\S+\.csv)", command[1])
            assert tables, path
        else:
            tables = re.findall(r"results/\S+?\.csv", caption)
            assert tables or rule in ("typeset_poster", "run_notebook"), path  # which have too many tables to name
        assert all((finished.folder / table).is_file() for table in tables)
        code = report.run(f"rules[{rule!r}].code")
        assert "posner" in re.sub(r"<[^>]+>", "", str(code)), path


def test_a_caption_can_be_read(report: Browser, screenshots: Path) -> None:
    report.run("app.showResultInfo('results/small/tiny/figures/injection_strategies.svg')")
    report.screenshot(screenshots / "caption.png")
    report.run("app.setView({navbarMode: 'ruleinfo', ruleinfo: 'plot_injection_strategies'})")
    report.screenshot(screenshots / "rule.png")
    assert "plot_injection_strategies" in report.run("document.querySelector('nav').innerText")


def test_run_times_are_shown(report: Browser, screenshots: Path) -> None:
    report.run("app.setView({content: 'stats'})")
    report.wait_for("document.querySelectorAll('#app svg.marks, #app canvas').length >= 2")
    report.screenshot(screenshots / "statistics.png")


def test_the_report_needs_no_network_and_logs_no_error(report: Browser) -> None:
    """Runs last, because it covers everything that the other tests opened."""
    assert report.errors == []
    assert len(report.requests) > 20
    assert [address for address in report.requests if not address.startswith(("file:///", "data:", "blob:"))] == []


def test_a_request_and_an_error_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        "<script>console.error('alas'); setTimeout(() => nothing.there)</script><img src=https://example.com/x.png>"
    )
    with Browser(tmp_path / "profile") as browser:
        browser.open(tmp_path / "page.html")
        browser.run("new Promise(done => setTimeout(done, 200))")
        assert "https://example.com/x.png" in browser.requests
        assert [word for word in ("alas", "nothing is not defined", "ERR_") if word in str(browser.errors)] == [
            "alas",
            "nothing is not defined",
            "ERR_",
        ]
