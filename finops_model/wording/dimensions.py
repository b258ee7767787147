"""Names of dimensions in words (docs/method §13.65)."""

from __future__ import annotations


def spoken(name: str) -> str:
    """A dimension as a sentence calls it.

    >>> spoken("customer_tier")
    'customer tier'
    """
    return name.replace("_", " ")


def titled(name: str) -> str:
    """The same at the head of a column.

    >>> titled("customer_tier")
    'Customer tier'
    """
    return spoken(name)[:1].upper() + spoken(name)[1:]


def value(name: str, text: str) -> str:
    """A value of it; cost that has none is called so.

    >>> value("customer_tier", ""), value("customer_tier", "gold")
    ('no customer tier', 'gold')
    """
    return text or f"no {spoken(name)}"
