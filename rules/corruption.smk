# One sweep over corrupted POS for each POS-aware checkpoint.


rule sweep_corruption:
    """Score a checkpoint on the test split with POS that is corrupted in several ways and degrees."""
    input:
        corpus=CORPUS_CARD,
        pieces=pieces_of(STUDY.ner),
        checkpoint=RUN_RECORD,
        confusion=CONFUSION,
        predicted=PREDICTED_POS,
    output:
        sweep=f"{SWEEP}.parquet",
        changes=f"{SWEEP}.changes.parquet",
        provenance=f"{SWEEP}.provenance.json",
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
        compute=arguments(compute=STUDY.compute),
        code=code_of_variant("sweep_corruption"),
    shell:
        "python -m posner sweep_corruption {params.corruption} {params.compute}"
        " --corpus {input.corpus} --pieces {input.pieces} --checkpoint {input.checkpoint} --confusion {input.confusion}"
        " --predicted {input.predicted} --output {output.sweep} --changes {output.changes} > {log} 2>&1"
