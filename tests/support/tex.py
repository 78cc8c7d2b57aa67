"""LaTeX articles that include tables, with the packages that the tables name."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")

ARTICLE = r"""
\documentclass{article}
\usepackage{booktabs, longtable}
\usepackage[landscape, a2paper]{geometry}
\begin{document}
%s
\end{document}
"""


def article(tables: Iterable[Path], folder: Path) -> Path:
    """Typeset an article with all `tables` in `folder`; returns the PDF. An error of LaTeX fails the test."""
    source = folder / "article.tex"
    source.write_text(ARTICLE % "\n".join(rf'\input{{"{table}"}}\clearpage' for table in tables), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", source.name]
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    assert process.returncode == 0, process.stdout[-2000:]
    return source.with_suffix(".pdf")
