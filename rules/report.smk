# The study on one page, and its report.

from posner.workflow.verification import verified_hashes

ANALYSES = [
    *[POWER, POWER_FIGURE],
    *expand(f"{CORPUS}/counts.{{kind}}", corpus=STUDY.study.corpora, kind=["csv", "tex", "html"]),
    *expand(
        [
            *expand(VARIANT_METRICS, variant=VARIANTS, allow_missing=True),
            *GROUP_METRICS.values(),
            *PROPAGATION_FILES,
            *(f"{TABLES}/{table}.{kind}" for table in REPORT_TABLES for kind in ["csv", "tex", "html"]),
            *(f"{FIGURES}/{figure}.{kind}" for figure in REPORT_FIGURES for kind in ["png", "svg"]),
            *(f"{FIGURES}/training/{variant}.svg" for variant in VARIANTS),
            VERDICT,
        ],
        **PAIRS,
    ),
    *expand(
        [f"{TABLES}/{table}.{kind}" for table in EXTRA_TEST_TABLES for kind in ["csv", "tex", "html"]],
        corpus=[name for name in STUDY.study.corpora if STUDY.corpora[name].extra_tests],
        encoder=STUDY.study.encoders,
    ),
    *expand([POSTER, NOTEBOOK], **PAIRS),
]


# The report opens with the summary. Snakemake reads this file when it writes the report.
report: os.path.abspath(SUMMARY)


rule summarise_study:
    """The study on one page, which is printed at its end and opens its report."""
    input:
        verdicts=expand(VERDICT, **PAIRS),
    output:
        SUMMARY,
    log:
        f"{STUDY_LOGS}/summarise_study.log",
    benchmark:
        f"{STUDY_BENCHMARKS}/summarise_study.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        settings=lambda wildcards: arguments(title=STUDY.study.title, results=expand(WORK, **PAIRS), report=REPORT),
        code=code("summarise_study"),
    shell:
        "python -m posner summarise_study {params.settings} --output {output} > {log} 2>&1"


# Its warnings are shown before anything is trained, so they do not go to the log alone.
rule summarise_power:
    """The effects that the study can detect or exclude with its seeds, from assumed standard deviations or a pilot."""
    output:
        text=POWER,
        power="results/power.csv",
        curves="results/power_curves.csv",
        provenance="results/power.provenance.json",
    log:
        f"{STUDY_LOGS}/summarise_power.log",
    benchmark:
        f"{STUDY_BENCHMARKS}/summarise_power.tsv"
    priority: 100
    localrule: True
    conda:
        ENVIRONMENT
    params:
        variants=arguments(variants=VARIANTS),
        statistics=arguments(statistics=STUDY.statistics.estimation),
        power=arguments(power=STUDY.power),
        pilot=content_of([STUDY.power.pilot] if STUDY.power.pilot else []),
        results=subpath(output.power, parent=True),
        code=code("summarise_power"),
    shell:
        "python -m posner summarise_power {params.variants} {params.statistics} {params.power} --output {params.results}"
        " 2>&1 | tee {log} >&2"


rule plot_seeds:
    """The same for other numbers of seeds."""
    input:
        power="results/power.csv",
        curves="results/power_curves.csv",
        style=ancient(STYLE),
    output:
        figure=POWER_FIGURE,
        svg="results/power_by_seeds.svg",
        provenance="results/power_by_seeds.provenance.json",
    log:
        f"{STUDY_LOGS}/plot_seeds.log",
    benchmark:
        f"{STUDY_BENCHMARKS}/plot_seeds.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        content=content_of([STYLE]),
        code=code("plot_seeds"),
    shell:
        "python -m posner plot_seeds --power {input.power} --curves {input.curves} --style {input.style:q}"
        " --output {output.figure} > {log} 2>&1"


rule power:
    """What the study can conclude with its seeds, before anything is trained."""
    input:
        text=POWER,
        figure=POWER_FIGURE,
    log:
        f"{STUDY_LOGS}/power.log",
    localrule: True
    conda:
        ENVIRONMENT
    shell:
        "cat {input.text} | tee {log}"


rule record_config:
    """The config as it was used: config.yaml, other files and the command line combined."""
    output:
        USED_CONFIG,
    log:
        f"{STUDY_LOGS}/record_config.log",
    benchmark:
        f"{STUDY_BENCHMARKS}/record_config.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        settings=lambda wildcards: arguments(config=STUDY.model_dump(mode="json")),
        code=code("record_config"),
    shell:
        "python -m posner record_config {params.settings} --output {output} > {log} 2>&1"


# Snakemake includes whatever is there when it writes the report.
if "--report" in sys.argv:
    try:
        verified_hashes(path for path in map(Path, [*ANALYSES, SUMMARY, USED_CONFIG]) if path.exists())
    except InputError as error:
        raise WorkflowError(str(error)) from None


CAPTION_FILES = sorted(RESOURCES.glob("captions/*.rst"))
REPORT_STYLE = RESOURCES / "styles/report.css"


# Not by --report-after-run, which also follows dry runs, where the results are missing, and runs of single targets, where
# it replaces the report of the study by one of that target. It has no log, either, and needs the folder to exist. Snakemake
# would expand variables in the path of the style sheet.
rule report:
    """Snakemake's report: answers, figures and tables with captions, and how each was made."""
    input:
        ANALYSES,
        SUMMARY,
        captions=ancient(CAPTION_FILES),
        style=ancient(REPORT_STYLE),
        config=USED_CONFIG,
    output:
        REPORT,
    log:
        f"{STUDY_LOGS}/report.log",
    benchmark:
        f"{STUDY_BENCHMARKS}/report.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        snakefile=os.path.relpath(ROOT / "Snakefile"),
        content=content_of([*CAPTION_FILES, REPORT_STYLE]),
        contents=arguments(figures=REPORT_FIGURES, tables=CORPUS_TABLES | REPORT_TABLES | EXTRA_TEST_TABLES),
    shell:
        "python -m snakemake --snakefile {params.snakefile:q} --configfile {input.config} --report {output}"
        " --report-stylesheet <(cat {input.style:q}) figures > {log} 2>&1"
