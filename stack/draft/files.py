"""The files of a draft: what they are called, and what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from textwrap import wrap

from stack.draft.fields import MAKERS, call, quoted, tried
from stack.draft.guess import Guess
from stack.draft.sample import Sample
from stack.draft.suite import suite_of

TEMPLATES = Path(__file__).parent / "templates"
INDENT = 8 * " "
WIDE = 100
# Longer texts of one character are written as how often it comes.
LONGEST_LITERAL = 20


def files_of(name: str, found: Iterable[Guess], mix: str, sample: Sample) -> dict[str, str]:
    """{path below the project's root: text} of a dataset's draft."""
    found = list(found)
    texts = {"name": name, "title": name.replace("_", " ").capitalize()}
    suite = json.dumps(suite_of(name, found, sample), indent=2, ensure_ascii=False)
    return {
        paths(name)["contract"]: _filled("contract", texts | _contract(found, mix, sample)),
        paths(name)["suite"]: suite + "\n",
        paths(name)["dag"]: _filled("dag", texts),
        paths(name)["test"]: _filled("test", texts | _rows(found)),
    }


def paths(name: str) -> dict[str, str]:
    """Where the files of a dataset are, below the project's root."""
    return {
        "contract": f"include/datasets/{name}.py",
        "suite": f"expectations/{name}.json",
        "dag": f"dags/{name}.py",
        "test": f"tests/spark/test_dataset_{name}.py",
    }


def _filled(template: str, values: Mapping[str, str]) -> str:
    return Template((TEMPLATES / f"{template}.txt").read_text()).substitute(values)


def _contract(found: list[Guess], mix: str, sample: Sample) -> dict[str, str]:
    columns = "".join(f"{INDENT}{quoted(column)},\n" for column in sample.columns)
    columns = f"    columns=(\n{columns}    ),\n"
    if not sample.named:
        columns = "    # decide: the columns' names; the sample has no header.\n" + columns
    wrappers = "".join(f"{quoted(one)}, " for one in sample.wrappers)
    return {
        "parser": "csv" if sample.form == "csv" else "json",
        "mix": mix,
        "imports": _imports(found),
        "columns": columns,
        "wrappers": f"    wrappers=({wrappers}),\n" if wrappers else "",
        "fields": "".join(_field(one) for one in found),
    }


def _imports(found: list[Guess]) -> str:
    wanted = {("Contract", "include.datasets.contract")}
    wanted |= {MAKERS[one.kind] for one in found if one.kind in MAKERS}
    modules = sorted({module for _, module in wanted})
    return "\n".join(
        f"from {module} import {', '.join(sorted(maker for maker, of in wanted if of == module))}"
        for module in modules
    )


def _field(one: Guess) -> str:
    """The line of a field under what is to be decided about it; of what is not read, that alone."""
    unread = one.kind == "unread"
    said = [f"{one.column}: {text}" if unread else text for text in one.decide]
    lines = [line for text in said for line in wrap(f"decide: {text}", WIDE - len(INDENT))]
    comments = "".join(f"{INDENT}# {line}\n" for line in lines)
    return comments if unread else f"{comments}{INDENT}{call(one)}\n"


def _rows(found: list[Guess]) -> dict[str, str]:
    tries = {one: tried(one) for one in found}
    good = "".join(f"    {quoted(one.column)}: {quoted(made.good)},\n" for one, made in tries.items())
    bad = "".join(
        f"    ({quoted(one.column)}, {_repeated(text)}, {quoted(reason)}),\n"
        for one, made in tries.items()
        for text, reason in made.bad
    )
    return {"good": good, "bad": bad}


def _repeated(text: str) -> str:
    """A text, or how often its one character comes."""
    repeated = len(text) > LONGEST_LITERAL and len(set(text)) == 1
    return f"{quoted(text[0])} * {len(text)}" if repeated else quoted(text)
