# Tables -> figures, and tables as people read them: LaTeX for a paper, HTML for the report.


for figure, entry in REPORT_FIGURES.items():

    rule:
        name:
            f"plot_{figure}"
        input:
            **{option: f"{TABLES}/{table}.csv" for option, table in entry.tables.items()},
            style=ancient(STYLE),
        output:
            png=f"{FIGURES}/{figure}.png",
            svg=report(
                f"{FIGURES}/{figure}.svg",
                caption=f"{CAPTIONS}/{figure}.rst",
                category=entry.category,
                labels={"result": f"Figure: {entry.title}", "corpus": "{corpus}", "encoder": "{encoder}"},
            ),
        log:
            f"{LOGS}/plot_{figure}.log",
        benchmark:
            f"{BENCHMARKS}/plot_{figure}.tsv"
        localrule: True
        conda:
            ENVIRONMENT
        params:
            command=f"plot_{figure}",  # a param, since shell lines are read when the loop has ended
            files=lambda wildcards, input: arguments(**dict(input.items())),
            content=content_of([STYLE]),
            code=code(f"plot_{figure}"),
        shell:
            "python -m posner {params.command} {params.files} --output {output.png} > {log} 2>&1"


# A figure per variant, all by one job, which takes little longer than one figure.
rule plot_training:
    """Training loss and validation F1 of each variant."""
    input:
        ner=RUNS,
        runs=f"{TABLES}/ner_runs.csv",
        style=ancient(STYLE),
    output:
        provenance=f"{FIGURES}/training/provenance.json",
        png=[f"{FIGURES}/training/{variant}.png" for variant in VARIANTS],
        svg=[
            report(
                f"{FIGURES}/training/{variant}.svg",
                caption=f"{CAPTIONS}/training.rst",
                category="Training",
                labels={
                    "result": "Figure: Loss and F1",
                    "variant": variant,
                    "corpus": "{corpus}",
                    "encoder": "{encoder}",
                },
            )
            for variant in VARIANTS
        ],
    log:
        f"{LOGS}/plot_training.log",
    benchmark:
        f"{BENCHMARKS}/plot_training.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        variants=arguments(variants=VARIANTS),
        folder=subpath(output.provenance, parent=True),
        content=content_of([STYLE]),
        code=code("plot_training"),
    shell:
        "python -m posner plot_training {params.variants} --ner {input.ner} --runs {input.runs}"
        " --style {input.style:q} --output {params.folder} > {log} 2>&1"


rule typeset_tables:
    """The tables of a corpus and encoder as LaTeX and HTML."""
    input:
        **{table: f"{TABLES}/{table}.csv" for table in REPORT_TABLES},
    output:
        *(f"{TABLES}/{table}.tex" for table in REPORT_TABLES),
        **table_pages(REPORT_TABLES, TABLES, corpus="{corpus}", encoder="{encoder}"),
        provenance=typesetting_record(REPORT_TABLES, TABLES),
    log:
        f"{LOGS}/typeset_tables.log",
    benchmark:
        f"{BENCHMARKS}/typeset_tables.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        files=lambda wildcards, input: arguments(tables=list(input)),
        code=code("typeset_tables"),
    shell:
        "python -m posner typeset_tables {params.files} > {log} 2>&1"


use rule typeset_tables as typeset_counts with:
    """The counts of a corpus as LaTeX and HTML."""
    input:
        **{table: f"{CORPUS}/{table}.csv" for table in CORPUS_TABLES},
    output:
        *(f"{CORPUS}/{table}.tex" for table in CORPUS_TABLES),
        **table_pages(CORPUS_TABLES, CORPUS, corpus="{corpus}"),
        provenance=typesetting_record(CORPUS_TABLES, CORPUS),
    log:
        f"{CORPUS_LOGS}/typeset_counts.log",
    benchmark:
        f"{CORPUS_BENCHMARKS}/typeset_counts.tsv"
    localrule: True


use rule typeset_tables as typeset_extra_tests with:
    """The tables of extra tests as LaTeX and HTML."""
    input:
        **{table: f"{TABLES}/{table}.csv" for table in EXTRA_TEST_TABLES},
    output:
        *(f"{TABLES}/{table}.tex" for table in EXTRA_TEST_TABLES),
        **table_pages(EXTRA_TEST_TABLES, TABLES, corpus="{corpus}", encoder="{encoder}"),
        provenance=typesetting_record(EXTRA_TEST_TABLES, TABLES),
    log:
        f"{LOGS}/typeset_extra_tests.log",
    benchmark:
        f"{BENCHMARKS}/typeset_extra_tests.tsv"
    localrule: True
