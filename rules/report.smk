# Everything that was found -> the study on one page, and its report.

SUMMARY = "results/summary.rst"
REPORT = "results/report.html"


# The report opens with the answers. Snakemake reads this file when it writes the report.
report: os.path.abspath(SUMMARY)


rule summarise_study:
    """The study on one page: what is printed at its end, and what its report opens with."""
    input:
        verdicts=expand(VERDICT, **PAIRS),
    output:
        SUMMARY,
    log:
        "results/logs/summarise_study.log",
    benchmark:
        "results/benchmarks/summarise_study.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=lambda wildcards, input: arguments(
            title=STUDY.study.title, results=[os.path.dirname(path) for path in input.verdicts], report=REPORT
        ),
        code=code("summarise_study"),
    shell:
        "python -m posner summarise_study {params.settings} --output {output} > {log} 2>&1"


rule record_config:
    """The whole config as it was used: config.yaml, other files and the command line put together."""
    output:
        "results/config.json",
    log:
        "results/logs/record_config.log",
    benchmark:
        "results/benchmarks/record_config.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=lambda wildcards: arguments(config=STUDY.model_dump(mode="json")),
        code=code("record_config"),
    shell:
        "python -m posner record_config {params.settings} --output {output} > {log} 2>&1"


ANALYSES = [
    *expand(f"{CORPUS}/counts.{{kind}}", corpus=STUDY.study.corpora, kind=["csv", "tex", "html"]),
    *expand(
        [
            *(
                f"{METRICS}/{name}.json"
                for name in [*VARIANTS, "ner_baseline", "ner_gold_pos", "ner_predicted_pos", "ner_controls"]
            ),
            *PROPAGATION,
            *(f"{TABLES}/{table}.{kind}" for table in SHOWN_TABLES for kind in ["csv", "tex", "html"]),
            *(f"{FIGURES}/{figure}.{kind}" for figure in PLOTS for kind in ["png", "svg"]),
            *(f"{figure}.svg" for figure in TRAINING_FIGURES.values()),
            VERDICT,
        ],
        **PAIRS,
    ),
    *expand(
        [f"{TABLES}/{table}.{kind}" for table in EXTRA_TABLES for kind in ["csv", "tex", "html"]],
        corpus=[name for name in STUDY.study.corpora if STUDY.corpora[name].extra_tests],
        encoder=STUDY.study.encoders,
    ),
    *PRESENTATION,
]


# The report is written by another Snakemake, which reads what this one has recorded so far and takes no lock for it.
rule report:
    """Snakemake's report: answers, figures and tables with captions, and how each was made."""
    input:
        ANALYSES,
        SUMMARY,
        captions=sorted(RESOURCES.glob("captions/*.rst")),
        style=RESOURCES / "styles/report.css",
        config="results/config.json",
    output:
        REPORT,
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        snakefile=os.path.relpath(workflow.main_snakefile),
        titles=arguments(figures=PLOTS, tables=COUNT_TABLES | SHOWN_TABLES | EXTRA_TABLES),
    shell:
        "python -m snakemake --snakefile {params.snakefile} --configfile {input.config} --report {output}"
        " --report-stylesheet {input.style} figures > {log} 2>&1"
