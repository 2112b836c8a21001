"""Whether a line holds a person's value, however it is written; too often rather than too rarely."""

from __future__ import annotations

import pytest

from include.stages.traces import Subject


def subject(kind: str, value: str) -> Subject:
    return Subject(kind, frozenset(), frozenset([value]))


@pytest.mark.parametrize(
    ("kind", "value", "text", "there"),
    [
        ("phone", "+989121234567", "3,09121234567,x", True),
        ("phone", "+989121234567", "3,0098 912 123-45 67,x", True),
        ("phone", "+989121234567", "3,۰۹۱۲۱۲۳۴۵۶۷,x", True),
        ("phone", "+989121234567", r'{"a": "{\"p\": \"\\u06f0\\u06f9\\u06f1\\u06f2۱۲۳۴۵۶۷\"}"}', True),
        ("phone", "+989121234567", "3,09121234568,x", False),
        ("phone", "118", "3,118,x", True),
        ("phone", "118", "3,1180,x", False),
        ("ip", "10.0.0.1", "at 10.0.0.1.", True),
        ("ip", "10.0.0.1", "10.0.0.1:80", True),
        ("ip", "10.0.0.1", "110.0.0.1", False),
        ("ip", "10.0.0.1", "10.0.0.12", False),
        ("ip", "10.0.0.1", "10.0.0.1.5", False),
        ("device", "a", "banana,b", False),
        ("device", "Ab-1", "x,aB-1,y", True),
        ("place", "café", "cafe\u0301", True),
    ],
)
def test_a_value_is_found_in_a_line(kind: str, value: str, text: str, there: bool) -> None:
    assert subject(kind, value).is_in(text) is there


def test_nobody_is_in_anything() -> None:
    assert not Subject("phone", frozenset(["phone_x"]), frozenset()).is_in("phone_x 0912")
