"""Whether a line holds a person's value, however it is written; too often rather than too rarely."""

from __future__ import annotations

import pytest

from include.datasets.digits import BETWEEN
from include.errors import ConfigError
from include.stages.subject import Subject, canonical

IPV6 = "2001:0db8:0000:0000:0000:0000:0000:00a0"


def subject(kind: str, value: str) -> Subject:
    return Subject(kind, frozenset(), frozenset([value]))


@pytest.mark.parametrize(
    ("kind", "value", "text", "there"),
    [
        ("phone", "+989121234567", "3,09121234567,x", True),
        ("phone", "+989121234567", "3,0098 912 123-45 67,x", True),
        ("phone", "+989121234567", "3,۰۹۱۲۱۲۳۴۵۶۷,x", True),
        ("phone", "+989121234567", r'{"a": "{\"p\": \"\\u06f0\\u06f9\\u06f1\\u06f2۱۲۳۴۵۶۷\"}"}', True),
        ("phone", "+989121234567", r'{"phone": "0912\/123\/4567"}', True),
        ("phone", "+989121234567", r'{"a": "{\"phone\": \"0912\\t123\\t4567\"}"}', True),
        ("phone", "+989121234567", "3,0912\u00a0123\u20114567,x", True),
        ("phone", "+989121234567", r"3,0912\u2011123\u20114567,x", True),
        ("phone", "+989121234567", "3,09121234568,x", False),
        ("phone", "+1234567", "3,00 123 45 67,x", True),
        ("phone", "+1234567", "3,+1 23 45 67,x", True),
        ("phone", "+1234567", "3,91234567,x", False),
        ("phone", "118", "3,118,x", True),
        ("phone", "118", "3,1180,x", False),
        ("ip", "10.0.0.1", "at 10.0.0.1.", True),
        ("ip", "10.0.0.1", "10.0.0.1:80", True),
        ("ip", "10.0.0.1", "110.0.0.1", False),
        ("ip", "10.0.0.1", "10.0.0.12", False),
        ("ip", "10.0.0.1", "10.0.0.1.5", False),
        ("ip", "10.0.0.1", "x,::ffff:a00:1,y", True),
        ("ip", "10.0.0.1", "x,::FFFF:10.0.0.1,y", True),
        ("ip", IPV6, "x,2001:DB8::A0,y", True),
        ("ip", IPV6, f"x,{IPV6},y", True),
        ("ip", IPV6, "x,[2001:db8:0:0::a0]:443,y", True),
        ("ip", IPV6, "from 2001:db8::a0.", True),
        ("ip", IPV6, "ip:2001:db8::a0", True),
        ("ip", IPV6, '{"ip": "2001:db8::a0/64"}', True),
        ("ip", IPV6, "x,2001:db8::a1,y at 12:00:00", False),
        ("place", IPV6, "x,2001:db8::a0,y", True),
        ("device", IPV6, "x,2001:db8::a0,y", False),
        ("device", "a", "banana,b", False),
        ("device", 'say "a"', r'{"device": "say \"a\""}', True),
        ("device", "Ab-1", r"C:\temp\Ab-1", True),
        ("device", "Ab-1", "x,aB-1,y", True),
        ("place", "café", "cafe\u0301", True),
    ],
)
def test_a_value_is_found_in_a_line(kind: str, value: str, text: str, there: bool) -> None:
    assert subject(kind, value).is_in(text) is there


def test_nobody_is_in_anything() -> None:
    assert not Subject("phone", frozenset(["phone_x"]), frozenset()).is_in("phone_x 0912")


@pytest.mark.parametrize("mark", BETWEEN)
def test_a_phone_is_found_with_everything_between_its_digits_that_contracts_take(mark: str) -> None:
    assert subject("phone", "+989121234567").is_in(f"3,0912{mark}123{mark}4567,x")


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("phone", "+989121234567", "+989121234567"),
        ("phone", "+442079460958", "+442079460958"),
        ("ip", "10.0.0.1", "10.0.0.1"),
        ("ip", "2001:DB8::A0", IPV6),
        ("ip", "::ffff:10.0.0.1", "10.0.0.1"),
        ("place", "::ffff:a00:1", "10.0.0.1"),
        ("place", "Tehran, IR", "Tehran, IR"),
        ("device", "2001:DB8::A0", "2001:DB8::A0"),
    ],
)
def test_a_value_to_erase_is_taken_as_contracts_make_it(kind: str, given: str, value: str) -> None:
    assert canonical(kind, given) == value


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("phone", "09121234567"),
        ("phone", "+98 912 123 4567"),
        ("phone", "+9891212345678"),
        ("phone", "989121230000"),
        ("ip", "10.0.0.1:80"),
        ("ip", "fe80::1%eth0"),
        ("ip", "10.0.0.01"),
        ("ip", ""),
    ],
)
def test_what_no_contract_makes_is_refused_and_not_repeated(kind: str, given: str) -> None:
    with pytest.raises(ConfigError) as refused:
        canonical(kind, given)
    assert not given or given not in str(refused.value)
