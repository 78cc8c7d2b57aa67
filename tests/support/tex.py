"""LaTeX as a paper would have it: tables that are read into an article with the packages that they name."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex to typeset tables with")

ARTICLE = r"""
\documentclass{article}
\usepackage{booktabs, longtable}
\usepackage[landscape, a2paper]{geometry}
\begin{document}
%s
\end{document}
"""


def article(tables: Iterable[Path], folder: Path) -> Path:
    """The PDF of an article, in `folder`, with pages for each of `tables`; an error of LaTeX fails the test."""
    source = folder / "article.tex"
    source.write_text(ARTICLE % "\n".join(rf'\input{{"{table}"}}\clearpage' for table in tables), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", source.name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    return source.with_suffix(".pdf")
