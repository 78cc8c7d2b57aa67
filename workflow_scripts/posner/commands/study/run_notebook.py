"""Run the notebook on the results of one corpus and encoder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter
from traitlets.config import Config

from posner.errors import InputError
from posner.files import atomic_path, read_table
from posner.workflow.command import Command, Folder

PARAMETERS = "parameters"  # tag of the cell that sets the folder of the results
# JupyterLab's page without the scripts for formulas and diagrams, which it would load from the network.
PAGE = """{% extends 'lab/index.html.j2' %}
{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
"""


class RunNotebook(Command):
    """Run a notebook from top to bottom and write it with its output as an HTML page."""

    notebook: Path
    """Notebook with one cell tagged `parameters`."""
    results: Folder
    """Folder {corpus}/{encoder} of the results."""
    tables: tuple[Path, ...]
    """Tables that the notebook reads."""
    output: Path
    """HTML file to write."""

    def execute(self) -> None:
        notebook = nbformat.read(self.notebook, as_version=4)
        cells = [cell for cell in notebook.cells if PARAMETERS in cell.metadata.get("tags", [])]
        if len(cells) != 1:
            raise InputError(f"{self.notebook}: one cell must have the tag {PARAMETERS!r}, not {len(cells)}")
        cells[0].source = f"from pathlib import Path\n\nstudy = Path({str(self.results)!r})"
        execute(notebook, self.notebook)
        page, _ = HTMLExporter(raw_template=PAGE).from_notebook_node(
            notebook, resources={"metadata": {"name": self.notebook.stem}}
        )
        with atomic_path(self.output) as path:
            path.write_text(page, encoding="utf-8")

    def inputs(self) -> list[Path]:
        runs = self.results / "ner" / "runs.csv"  # other runs are of variants that the study does not have
        stored = ["verdict.json", "pos/predicted.parquet", *predictions(runs)]
        corpus = self.results.parent / "corpus" / "test.parquet"
        return [*(self.results / name for name in stored), runs, *self.tables, corpus]

    def content_files(self) -> list[Path]:
        return [self.notebook]

    def provenance_path(self) -> Path:
        return self.output.with_suffix(".provenance.json")


def predictions(runs: Path) -> list[str]:
    """Files with the predictions of all runs in a list of :class:`posner.commands.ner.list_runs.ListRuns`."""
    return [f"ner/{file}" for file in read_table(runs, [])["file"] if file.endswith("/predictions.parquet")]


def execute(notebook: nbformat.NotebookNode, name: Path) -> None:
    """Run all cells in the working directory, without the user's IPython settings.

    Raises:
        InputError: a cell fails; the message contains its traceback.
    """
    with tempfile.TemporaryDirectory() as private:
        # Sockets in a private folder: no other user of the machine can connect to the kernel.
        config = Config(KernelManager={"transport": "ipc", "connection_file": f"{private}/kernel.json"})
        client = NotebookClient(notebook, config=config, kernel_name="python3", timeout=None, record_timing=False)
        try:
            client.execute(env=os.environ | {"IPYTHONDIR": private})
        except CellExecutionError as error:
            raise InputError(f"{name}: a cell fails\n{error}") from error
