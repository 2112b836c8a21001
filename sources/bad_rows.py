"""Broken transaction lines: one way to earn each reason code of the contract."""

from __future__ import annotations

HEADER = b"step,customer,age,gender,zipcodeOri,merchant,zipMerchant,category,amount,fraud"
LONG = b"'" + b"x" * 65 + b"'"

# Lines over 64 KiB are heavy, and a few show as much as many.
MOST_LONG_LINES = 2

_GOOD = (
    b"{step}",
    b"'C777'",
    b"'3'",
    b"'F'",
    b"'28007'",
    b"'M777'",
    b"'28007'",
    b"'es_food'",
    b"31.50",
    b"0",
)
_POSITION = {name: i for i, name in enumerate(HEADER.decode().split(","))}


def _with(column: str, value: bytes) -> bytes:
    fields = list(_GOOD)
    fields[_POSITION[column]] = value
    return b",".join(fields)


# Reason code -> lines that earn it, used in turn; {step} stands for a valid step.
BAD_LINES: dict[str, tuple[bytes, ...]] = {
    "line_too_long": (_with("category", b"'" + b"y" * 65_536 + b"'"),),
    "bad_encoding": (_with("category", b"'es_caf\xe9'"), _with("customer", b"'C\xff\xfe'")),
    "blank_line": (b"", b"   ", b"\t"),
    "control_character": (_with("customer", b"'C7\x0077'"), _with("category", b"'es\x1b[0m'")),
    "unbalanced_quotes": (_with("customer", b"'C777"), _with("category", b"'es_'food'")),
    "wrong_field_count": (b",".join(_GOOD[:-1]), b",".join((*_GOOD, b"0")), _with("amount", b"1,234.50")),
    "repeated_header": (HEADER,),
    "missing_step": (_with("step", b""), _with("step", b"''")),
    "bad_step": (_with("step", b"-1"), _with("step", b"1.0"), _with("step", b"2026-01-01")),
    "step_out_of_range": (_with("step", b"100001"), _with("step", b"3651"), _with("step", b"9" * 30)),
    "missing_customer": (_with("customer", b"''"), _with("customer", b"")),
    "bad_customer": (_with("customer", LONG),),
    "bad_age": (_with("age", LONG),),
    "missing_gender": (_with("gender", b"''"),),
    "bad_gender": (_with("gender", b"'X'"), _with("gender", b"'f'"), _with("gender", b"'Female'")),
    "bad_zipcode_ori": (_with("zipcodeOri", LONG),),
    "missing_merchant": (_with("merchant", b"''"),),
    "bad_merchant": (_with("merchant", LONG),),
    "bad_zip_merchant": (_with("zipMerchant", LONG),),
    "missing_category": (_with("category", b"''"),),
    "bad_category": (_with("category", LONG),),
    "missing_amount": (_with("amount", b""),),
    "negative_amount": (_with("amount", b"-5.00"), _with("amount", b"-0.01")),
    "bad_amount": (_with("amount", b"NaN"), _with("amount", b"1e3"), _with("amount", b"12 EUR")),
    "amount_precision": (_with("amount", b"2.005"), _with("amount", b"31.500")),
    "amount_out_of_range": (_with("amount", b"1234567890123.00"), _with("amount", b"100000000.00")),
    "missing_fraud": (_with("fraud", b""),),
    "bad_fraud": (_with("fraud", b"2"), _with("fraud", b"yes")),
}


def bad_counts(rows: int) -> dict[str, int]:
    """How many of `rows` broken lines each reason gets: as evenly as may be. At least one each."""
    if rows < len(BAD_LINES):
        raise ValueError(f"{rows} broken lines cannot show {len(BAD_LINES)} reasons")
    long_lines = min(MOST_LONG_LINES, rows // len(BAD_LINES))
    others = [reason for reason in BAD_LINES if reason != "line_too_long"]
    each, more = divmod(rows - long_lines, len(others))
    counts = {reason: each + (i < more) for i, reason in enumerate(others)}
    return {"line_too_long": long_lines} | counts


def bad_line(reason: str, turn: int, step: int) -> bytes:
    """The `turn`-th line for this reason, on this step."""
    lines = BAD_LINES[reason]
    return lines[turn % len(lines)].replace(b"{step}", str(step).encode())
