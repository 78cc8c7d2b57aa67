# Folds -> fold taggers -> out-of-fold tags, with those of the final tagger -> predicted POS -> confusion matrix.


# exec: the training takes the place of its shell, so that a signal reaches it and it saves its state.
rule train_tagger:
    """Train one tagger and predict what it has not seen."""
    input:
        corpus=CORPUS_CARD,
        encoder=ENCODER_CARD,
        pieces=pieces_of(STUDY.pos),
        folds=FOLDS,
    output:
        provenance=TAGGER_RECORD,
        predictions=f"{TAGGER}/predictions.parquet",
        training=f"{TAGGER}/training.json",
        model=f"{TAGGER}/model/model.safetensors",
    log:
        f"{LOGS}/pos/{{tagger}}.log",
    benchmark:
        f"{BENCHMARKS}/pos/{{tagger}}.tsv"
    conda:
        ENVIRONMENT
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=growing(8000),
        runtime=growing(120),
    params:
        training=arguments(training=STUDY.pos.training),
        seed=arguments(seed=STUDY.pos.seed),
        compute=arguments(compute=STUDY.compute),
        folder=subpath(output.provenance, parent=True),
        resume=f"{RESUME}/pos-{{tagger}}",
        code=code_without_fusion("train_tagger"),
    shell:
        "exec python -m posner train_tagger --tagger {wildcards.tagger} {params.training} {params.seed}"
        " {params.compute} --corpus {input.corpus} --encoder {input.encoder} --pieces {input.pieces}"
        " --folds {input.folds} --output {params.folder} --resume {params.resume} > {log} 2>&1"


rule merge_pos:
    """Combine the taggers' predictions, and refuse leaks and gaps."""
    input:
        corpus=CORPUS_CARD,
        taggers=expand(TAGGER_RECORD, tagger=TAGGERS, allow_missing=True),
    output:
        predicted=PREDICTED_POS,
        provenance=f"{POS}/predicted.provenance.json",
    log:
        f"{LOGS}/merge_pos.log",
    benchmark:
        f"{BENCHMARKS}/merge_pos.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=4000,
        runtime=10,
    params:
        settings=arguments(folds=STUDY.pos.folds),
        taggers=subpath(output.predicted, parent=True),
        code=code("merge_pos"),
    shell:
        "python -m posner merge_pos {params.settings} --corpus {input.corpus} --taggers {params.taggers}"
        " --output {output.predicted} > {log} 2>&1"


rule score_pos:
    """Count the taggers' confusions on out-of-fold train, validation and test."""
    input:
        corpus=CORPUS_CARD,
        predicted=PREDICTED_POS,
    output:
        CONFUSION,
    log:
        f"{LOGS}/score_pos.log",
    benchmark:
        f"{BENCHMARKS}/score_pos.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=4000,
        runtime=10,
    params:
        code=code("score_pos"),
    shell:
        "python -m posner score_pos --corpus {input.corpus} --predicted {input.predicted}"
        " --output {output} > {log} 2>&1"
