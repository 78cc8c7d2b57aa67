# Results -> what a speaker and a reader take away: a poster, and a notebook that goes through all that is stored.


rule typeset_poster:
    """The poster: question, setup, findings and controls on an A0 page."""
    input:
        corpus=CORPUS_CARD,
        verdict=VERDICT,
        summary=f"{TABLES}/ner_summary.csv",
        tagging=f"{TABLES}/pos_tagging.csv",
        confusions=f"{TABLES}/pos_confusions.csv",
        figures=[f"{FIGURES}/{figure}.svg" for figure in PLOTS],
        template=[RESOURCES / "poster" / f"{part}.typ" for part in ["poster", "diagram", "style"]],
    output:
        pdf=report(
            f"{WORK}/poster/poster.pdf",
            caption=f"{CAPTIONS}/poster.rst",
            category="Presentation",
            labels={"corpus": "{corpus}", "encoder": "{encoder}", "result": "Poster (PDF)"},
        ),
        png=f"{WORK}/poster/poster.png",
    log:
        f"{LOGS}/typeset_poster.log",
    benchmark:
        f"{BENCHMARKS}/typeset_poster.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        title=arguments(title=STUDY.study.title),
        figures=lambda wildcards, input: arguments(figures=list(input.figures)),
        code=code("typeset_poster"),
    shell:
        "python -m workflow_scripts.typeset_poster {params.title} --corpus-name {wildcards.corpus}"
        " --encoder-name {wildcards.encoder} --corpus {input.corpus} --verdict {input.verdict} --summary {input.summary}"
        " --tagging {input.tagging} --confusions {input.confusions} {params.figures} --template {input.template[0]}"
        " --output {output.pdf} > {log} 2>&1"
