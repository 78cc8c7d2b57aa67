# Tables -> figures, and tables as people read them: LaTeX for a paper, HTML for the report.

FIGURES = f"{WORK}/figures"
STYLE = RESOURCES / "styles/posner.mplstyle"

# Of each figure: category and title in the report, and the tables that it is drawn from, by option.
PLOTS = {
    "pos_tagging": ("POS", "Tagging by split and tag", {"tagging": "pos_tagging", "by_tag": "pos_by_tag"}),
    "confusions": ("POS", "Most frequent confusions", {"confusions": "pos_confusions"}),
    "ner_results": ("NER", "F1 of every variant and seed", {"runs": "ner_runs"}),
    "cost": ("Cost", "Where the time went", {"cost": "cost", "runs": "ner_runs"}),
}
if STUDY.swept:
    PLOTS |= {
        "injection_strategies": ("NER", "Injection strategies", {"runs": "ner_runs", "comparisons": "ner_comparisons"}),
        "corruption": (
            "Error propagation",
            "F1 under corrupted POS",
            {"corruption": "corruption", "runs": "ner_runs", "tagging": "pos_tagging"},
        ),
        "slices": (
            "NER",
            "Differences by kind of mention",
            {"slices": "ner_slices_summary", "seeds": "ner_slices", "runs": "ner_runs"},
        ),
        "scaled_errors": (
            "Error propagation",
            "F1 as the tagger errs more often",
            {"intervals": "corruption_intervals", "corruption": "corruption", "runs": "ner_runs"},
        ),
        "pos_controls": (
            "Controls",
            "F1 without what tags say",
            {"intervals": "corruption_intervals", "corruption": "corruption", "runs": "ner_runs"},
        ),
    }
if STUDY.swept and any(STUDY.variants[name].pos == "oracle" for name in VARIANTS):
    PLOTS["oracles"] = ("Controls", "What oracles reach", {"runs": "ner_runs", "ways": "verdict_oracles"})

# Of each table: category and title in the report, and its caption.
SHOWN_TABLES = {
    "pos_tagging": ("POS", "Scores by split", "pos_tables"),
    "pos_by_tag": ("POS", "Scores by tag", "pos_tables"),
    "pos_confusions": ("POS", "Confusions", "pos_tables"),
    "verdict_variants": ("NER", "Verdicts", "verdict_variants"),
    "ner_summary": ("NER", "Scores by variant", "ner_tables"),
    "ner_runs": ("NER", "Scores by run", "ner_tables"),
    "ner_by_type": ("NER", "Scores by entity type", "ner_tables"),
    "ner_comparisons": ("NER", "Differences to the baseline", "ner_comparisons"),
    "ner_slices": ("NER", "Scores by kind of mention and run", "ner_slices"),
    "ner_slices_summary": ("NER", "Differences by kind of mention", "ner_slices"),
    "pos_ceiling": ("NER", "What rules on POS could mend", "pos_ceiling"),
    "verdict_oracles": ("Controls", "Ways of giving POS", "verdict_oracles"),
    "cost": ("Cost", "By rule and variant", "cost_table"),
    **(SWEEP_TABLES if STUDY.swept else {}),
}


for figure, (category, title, tables) in PLOTS.items():

    rule:
        name:
            f"plot_{figure}"
        input:
            **{option: f"{TABLES}/{table}.csv" for option, table in tables.items()},
            style=STYLE,
        output:
            png=f"{FIGURES}/{figure}.png",
            svg=report(
                f"{FIGURES}/{figure}.svg",
                caption=f"{CAPTIONS}/{figure}.rst",
                category=category,
                labels={"result": f"Figure: {title}", "corpus": "{corpus}", "encoder": "{encoder}"},
            ),
        log:
            f"{LOGS}/plot_{figure}.log",
        benchmark:
            f"{BENCHMARKS}/plot_{figure}.tsv"
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            script=f"plot_{figure}",  # not in the command itself, which is put together when all rules are defined
            files=lambda wildcards, input: arguments(**dict(input.items())),
            code=code(f"plot_{figure}"),
        shell:
            "python -m posner {params.script} {params.files} --output {output.png} > {log} 2>&1"


# A figure a variant, all of them by one job, which takes little longer than one.
TRAINING_FIGURES = {name: f"{FIGURES}/training/{name}" for name in VARIANTS}


rule plot_training:
    """Loss and validation F1 of each variant, as it was trained."""
    input:
        ner=RUNS,
        runs=f"{TABLES}/ner_runs.csv",
        style=STYLE,
    output:
        png=[f"{figure}.png" for figure in TRAINING_FIGURES.values()],
        svg=[
            report(
                f"{figure}.svg",
                caption=f"{CAPTIONS}/training.rst",
                category="Training",
                labels={
                    "result": "Figure: Loss and F1",
                    "variant": name,
                    "corpus": "{corpus}",
                    "encoder": "{encoder}",
                },
            )
            for name, figure in TRAINING_FIGURES.items()
        ],
    log:
        f"{LOGS}/plot_training.log",
    benchmark:
        f"{BENCHMARKS}/plot_training.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        variants=arguments(variants=VARIANTS),
        code=code("plot_training"),
    shell:
        "python -m posner plot_training {params.variants} --ner {input.ner} --runs {input.runs}"
        " --style {input.style} --output $(dirname {output.png[0]}) > {log} 2>&1"


COUNT_TABLES = {"counts": ("Data", "Counts", "corpus")}
OF_PAIR = {"corpus": "{corpus}", "encoder": "{encoder}"}

for name, folder, logs, benchmarks, tables, scope in [
    ("typeset_counts", CORPUS, CORPUS_LOGS, CORPUS_BENCHMARKS, COUNT_TABLES, {"corpus": "{corpus}"}),
    ("typeset_tables", TABLES, LOGS, BENCHMARKS, SHOWN_TABLES, OF_PAIR),
    ("typeset_extra_tests", TABLES, LOGS, BENCHMARKS, EXTRA_TABLES, OF_PAIR),
]:

    rule:
        name:
            name
        input:
            **{table: f"{folder}/{table}.csv" for table in tables},
        output:
            *(f"{folder}/{table}.tex" for table in tables),
            **{
                table: report(
                    f"{folder}/{table}.html",
                    caption=f"{CAPTIONS}/{caption}.rst",
                    category=category,
                    labels={"result": f"Table: {title}"} | scope,
                )
                for table, (category, title, caption) in tables.items()
            },
        log:
            f"{logs}/{name}.log",
        benchmark:
            f"{benchmarks}/{name}.tsv"
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            files=lambda wildcards, input: arguments(tables=list(input)),
            code=code("typeset_tables"),
        shell:
            "python -m posner typeset_tables {params.files} > {log} 2>&1"
