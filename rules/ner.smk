# NER variants x seeds: one job each, the baseline among them.


# The record has the hashes of all files of the run: model, history, predictions. exec as in train_tagger.
rule train_ner:
    """Train one NER model: one variant, one seed."""
    input:
        corpus=CORPUS_CARD,
        encoder=ENCODER_CARD,
        pieces=pieces_of(STUDY.ner),
        predicted=if_predicted(PREDICTED_POS),
    output:
        provenance=RUN_RECORD,
        metrics=f"{RUN}/metrics.json",
    log:
        f"{LOGS}/ner/{{variant}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/ner/{{variant}}/seed-{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=growing(8000),
        runtime=growing(120),
    params:
        variant=variant_arguments,
        training=arguments(training=STUDY.ner.training),
        compute=arguments(compute=STUDY.compute),
        folder=subpath(output.provenance, parent=True),
        resume=f"{RESUME}/ner-{{variant}}-{{seed}}",
        code=code_of_variant("train_ner"),
    shell:
        "exec python -m posner train_ner {params.variant} {params.training} --seed {wildcards.seed}"
        " {params.compute} --corpus {input.corpus} --encoder {input.encoder} --pieces {input.pieces}"
        " --predicted={input.predicted} --output {params.folder} --resume {params.resume} > {log} 2>&1"
