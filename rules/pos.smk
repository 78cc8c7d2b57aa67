# Folds -> fold taggers -> out-of-fold tags, with the final tagger -> predicted POS -> confusion matrix.

TAGGERS = [*(f"fold-{fold}" for fold in range(STUDY.pos.folds)), "final"]


rule train_tagger:
    """Train one tagger and predict what it has not seen."""
    input:
        corpus=CORPUS_CARD,
        encoder=ENCODER_CARD,
        folds=f"{CORPUS}/folds.json",
    output:
        model=f"{TAGGER}/model/model.safetensors",
        predictions=f"{TAGGER}/predictions.parquet",
        training=f"{TAGGER}/training.json",
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
        resume=f"{WORK}/resume/pos-{{tagger}}",
        code=code("train_tagger", *sorted(FUSION_CODE)),
    shell:
        "python -m posner train_tagger --tagger {wildcards.tagger} {params.training} {params.seed}"
        " {params.compute} --corpus {input.corpus} --encoder {input.encoder} --folds {input.folds}"
        " --output $(dirname {output.predictions}) --resume {params.resume}"
        " > {log} 2>&1"


rule merge_pos:
    """Put the taggers' predictions together, refusing leaks and gaps."""
    input:
        corpus=CORPUS_CARD,
        predictions=expand(f"{TAGGER}/predictions.parquet", tagger=TAGGERS, allow_missing=True),
        training=expand(f"{TAGGER}/training.json", tagger=TAGGERS, allow_missing=True),
    output:
        predicted=f"{WORK}/pos/predicted.parquet",
        provenance=f"{WORK}/pos/predicted.provenance.json",
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
        predicted=f"{WORK}/pos/predicted.parquet",
    output:
        f"{WORK}/pos/confusion_matrix.json",
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
