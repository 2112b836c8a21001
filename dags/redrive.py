"""
# redrive

Sends what was stopped through its dataset's flow again. It only puts chunks back to *landed*: the dataset's
watch starts a run for them within seconds (where that is paused, trigger the flow).

- **Held or unreadable chunks**, once what stopped them is mended (a suite, a setting, the cause of three
  failed runs): give the chunk's id or its first digits, or nothing for all of them.
- **Quarantined rows that somebody corrected**: put the corrected file anywhere in the bucket but under a
  dataset's prefix, and give its key. `make quarantine DATASET=... OUT=file.csv` writes the rows to correct;
  only the column `raw` is to be changed.

The corrected rows land as a new chunk. Each quarantined row is corrected at most once: the same file again,
or another that overlaps with it, changes nothing about the rows that were. The originals stay in quarantine.
A correction that is still bad is quarantined in its new chunk, with its reason, and can be corrected there.

**When it runs.** Only by hand: *Trigger*, with the form. The log of `redrive` says what goes through.

**When it is red.** It names what it refuses, and has then changed nothing: a row that is not in quarantine,
a chunk that is not stopped, a key that is not there. Any other error was tried six times; clear it: what is
done is not done twice.

## How the runs are bounded

- **Retries**: five, within some minutes: a restart of Postgres or S3 is over by then. What it refuses fails
  at once; trying again cannot mend that.
- **Time-out**: half an hour, ample for a file of corrections. It holds no chunks, so it has no lease to keep.
- **Active runs**: one, since two of the same dataset would wait for one lock anyway.
"""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

from dags.flows.defaults import defaults, lasting_errors
from include.datasets import contracts
from include.errors import ConfigError

FORM = {
    "dataset": Param(
        "transactions",
        type="string",
        enum=sorted(contracts()),
        title="Dataset",
        description="The dataset of the chunks, or of the rows.",
    ),
    "chunk": Param(
        None,
        type=["null", "string"],
        pattern="^[0-9a-f]{1,64}$",
        title="Chunk",
        description="Id of a held or unreadable chunk, or its first digits. Empty, and no key: all of them.",
    ),
    "key": Param(
        None,
        type=["null", "string"],
        minLength=1,
        title="Corrections",
        description="Key in the bucket of a CSV file with corrected rows: chunk_id, line, raw.",
    ),
    "as_is": Param(
        False,
        type="boolean",
        title="Unchanged rows too",
        description="Rows of the file that nobody changed go through again too, their contract being mended.",
    ),
}

with DAG(
    "redrive",
    description="held chunks, or corrected rows, through their flow again",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    default_args=defaults("{{ params.dataset }}", "platform") | {"execution_timeout": timedelta(minutes=30)},
    params=FORM,
    tags=["vigil", "redrive"],
) as redrive_dag:

    @task(task_id="redrive", doc_md="Puts the chunks, or a chunk of the corrected rows, back to landed.")
    def send_again() -> dict[str, Any]:
        from include.stages.redrive import redrive

        asked = {name: value for name, value in get_current_context()["params"].items() if value is not None}
        with lasting_errors():
            if unknown := sorted(asked.keys() - FORM.keys()):
                raise ConfigError(
                    f"redrive has no parameter {', '.join(unknown)}; there are {', '.join(FORM)}"
                )
            return asdict(redrive(**asked))

    send_again()
