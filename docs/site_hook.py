"""Hook of MkDocs: pages may link to files of the repository outside docs/, as they do when the repository is browsed.

Each file that a page links to is copied into the site under repository/, and the link leads there.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
COPIES = "repository"
LINK = re.compile(r"(?<=\]\()((?:\.\./)+)([^)#\s]+)")


def outside(page: str, up: str, path: str) -> str | None:
    """The file outside docs/ that a link of `page` means, as a path from the root of the repository, if it is outside."""
    depth = page.count("/")
    return path if up.count("../") == depth + 1 else None


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files that pages link to."""
    pages = [(file.src_uri, file.content_string) for file in files.documentation_pages()]
    targets = {outside(page, up, path) for page, text in pages for up, path in LINK.findall(text)}
    for target in sorted(filter(None, targets)):
        if (ROOT / target).is_file():  # otherwise the link stays broken, and --strict reports it
            files.append(File.generated(config, f"{COPIES}/{target}", abs_src_path=str(ROOT / target)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to these files to their copies."""
    source = page.file.src_uri

    def rewritten(link: re.Match[str]) -> str:
        target = outside(source, link[1], link[2])
        copy = f"{COPIES}/{target}"
        return relpath(copy, str(Path(source).parent)) if target and files.get_file_from_path(copy) else link[0]

    return LINK.sub(rewritten, markdown)
