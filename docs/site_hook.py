"""Hook of MkDocs: pages may link to files of the repository outside docs/, as they do when the repository is browsed.

Each file that a page links to is copied into the site under repository/, and the link leads there.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import dirname, relpath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
COPIES = "repository"
LINK = re.compile(r"(?<=\]\()((?:\.\./)+)([^)#\s]+)")


def outside(page: str, link: re.Match[str]) -> str | None:
    """Path, from the root of the repository, of the file outside docs/ that a link of `page` leads to, if it does."""
    is_outside = link[1].count("../") == page.count("/") + 1
    return link[2] if is_outside and (ROOT / link[2]).is_file() else None  # --strict reports a broken link


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files that pages link to."""
    pages = {page.src_uri: page.content_string for page in files.documentation_pages()}
    targets = {outside(page, link) for page, text in pages.items() for link in LINK.finditer(text)}
    for target in sorted(filter(None, targets)):
        files.append(File.generated(config, f"{COPIES}/{target}", abs_src_path=str(ROOT / target)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Lead these links to the copies."""
    place = page.file.src_uri

    def copied(link: re.Match[str]) -> str:
        target = outside(place, link)
        return relpath(f"{COPIES}/{target}", dirname(place) or ".") if target else link[0]

    return LINK.sub(copied, markdown)
