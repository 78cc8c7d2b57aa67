# One sweep over corrupted POS for each POS-aware checkpoint.


rule sweep_corruption:
    """Read the test split with POS that grows worse in several ways, and score what NER makes of it."""
    input:
        corpus=CORPUS_CARD,
        checkpoint=f"{RUN}/model/model.safetensors",
        confusion=f"{WORK}/pos/confusion_matrix.json",
        predicted=f"{WORK}/pos/predicted.parquet",
    output:
        sweep=f"{WORK}/corruption/{{variant}}/seed-{{seed}}.parquet",
        changes=f"{WORK}/corruption/{{variant}}/seed-{{seed}}.changes.parquet",
        provenance=f"{WORK}/corruption/{{variant}}/seed-{{seed}}.provenance.json",
    log:
        f"{LOGS}/corruption/{{variant}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/corruption/{{variant}}/seed-{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        corruption=arguments(corruption=STUDY.corruption),
        batches=arguments(max_length=STUDY.ner.training.max_length, eval_batch_size=STUDY.ner.training.eval_batch_size),
        compute=arguments(compute=STUDY.compute),
        code=code_of_variant("sweep_corruption"),
    shell:
        "python -m posner sweep_corruption {params.corruption} {params.batches} {params.compute}"
        " --corpus {input.corpus} --checkpoint {input.checkpoint} --confusion {input.confusion}"
        " --predicted {input.predicted} --output {output.sweep} --changes {output.changes} > {log} 2>&1"
