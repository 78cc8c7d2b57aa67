# Results -> a poster, and a notebook that goes through everything that is stored.

from posner.workflow.fingerprint import fingerprint

TEMPLATES = sorted((RESOURCES / "poster").glob("*.typ"))
NOTEBOOK_IMPORTS = ["posner.report.figures.style:variant_styles", "posner.report.figures.style:installed_fonts"]
NOTEBOOK_SOURCE = os.path.relpath(ROOT / "notebooks/results_analysis.ipynb")


rule typeset_poster:
    """The poster: question, setup, findings and controls on an A0 page."""
    input:
        corpus=CORPUS_CARD,
        verdict=VERDICT,
        summary=f"{TABLES}/ner_summary.csv",
        tagging=f"{TABLES}/pos_tagging.csv",
        confusions=f"{TABLES}/pos_confusions.csv",
        figures=[
            f"{FIGURES}/{figure}.svg"
            for figure in ["injection_strategies", "ner_results", "corruption"]
            if figure in REPORT_FIGURES
        ],
        template=ancient(TEMPLATES),
    output:
        pdf=report(
            POSTER,
            caption=f"{CAPTIONS}/poster.rst",
            category="Presentation",
            labels={"result": "Poster", "corpus": "{corpus}", "encoder": "{encoder}"},
        ),
        png=f"{WORK}/poster/poster.png",
    log:
        f"{LOGS}/typeset_poster.log",
    benchmark:
        f"{BENCHMARKS}/typeset_poster.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        title=lambda wildcards: arguments(title=STUDY.study.title),
        figures=lambda wildcards, input: arguments(figures=list(input.figures)),
        template=RESOURCES / "poster/poster.typ",
        content=content_of(TEMPLATES),
        code=code("typeset_poster"),
    shell:
        "python -m posner typeset_poster {params.title} --corpus-name {wildcards.corpus}"
        " --encoder-name {wildcards.encoder} --corpus {input.corpus} --verdict {input.verdict} --summary {input.summary}"
        " --tagging {input.tagging} --confusions {input.confusions} {params.figures} --template {params.template:q}"
        " --output {output.pdf} > {log} 2>&1"


# Not by Snakemake's `notebook:`, which decides by the notebook's date whether it is new: `touch` or a fresh checkout would
# rerun all of them. It also calls programs that break when .venv is moved, and gives the notebook an object to unpickle.
rule run_notebook:
    """The notebook: a guided tour of everything that is stored, down to single sentences."""
    input:
        notebook=ancient(NOTEBOOK_SOURCE),
        corpus=CORPUS_CARD,
        verdict=VERDICT,
        tables=[
            f"{TABLES}/{table}.csv"
            for table in [
                *["ner_runs", "ner_by_type", "ner_comparisons", "ner_slices_summary", "pos_tagging", "pos_confusions"],
                *["verdict_effects"],
                *(["corruption"] if SWEPT else []),
            ]
        ],
        runs=RUNS,
        predicted=PREDICTED_POS,
    output:
        report(
            NOTEBOOK,
            caption=f"{CAPTIONS}/notebook.rst",
            category="Presentation",
            labels={"result": "Notebook", "corpus": "{corpus}", "encoder": "{encoder}"},
        ),
    log:
        f"{LOGS}/run_notebook.log",
    benchmark:
        f"{BENCHMARKS}/run_notebook.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        tables=lambda wildcards, input: arguments(tables=list(input.tables)),
        content=content_of([NOTEBOOK_SOURCE]),
        code=code("run_notebook"),
        # What a notebook imports is no part of the command's code.
        style=f"styles: {fingerprint(*NOTEBOOK_IMPORTS, root=SOURCES)}",
    shell:
        "python -m posner run_notebook --notebook {input.notebook:q} --results {input.verdict} {params.tables}"
        " --output {output} > {log} 2>&1"
