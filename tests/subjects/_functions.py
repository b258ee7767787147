"""A function of uncertain values as a sentence writes it: + − × ÷ **, min, max, abs, exp, log, sqrt, names and numbers; nothing else runs."""

from __future__ import annotations

import ast
import operator

import numpy as np

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
CALLS = {
    "min": lambda *x: np.minimum.reduce(np.broadcast_arrays(*x)),
    "max": lambda *x: np.maximum.reduce(np.broadcast_arrays(*x)),
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
}


def function(text: str, names):
    """The function of a mapping name -> draws (path,) that a text says; AssertionError for anything else in it."""
    assert isinstance(text, str), f"function: write it as a text, not {str(text)[:40]}"
    try:
        tree = ast.parse(text.replace("×", "*").replace("−", "-"), mode="eval").body
    except (SyntaxError, ValueError):
        raise AssertionError(f"function: '{text[:60]}' is no formula") from None

    def of(node, values):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return float(node.value)
        if isinstance(node, ast.Name):
            assert node.id in names, f"function: unknown value '{node.id}'; known: {sorted(names)}"
            return values[node.id]
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](of(node.left, values), of(node.right, values))
        if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](of(node.operand, values))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            assert node.func.id in CALLS, (
                f"function: unknown function '{node.func.id}'; known: {sorted(CALLS)}"
            )
            return CALLS[node.func.id](*(of(one, values) for one in node.args))
        raise AssertionError(
            f"function: '{ast.unparse(node)[:40]}' does not run here; known: + - * / **, {', '.join(sorted(CALLS))}, numbers and names of values"
        )

    return lambda values: of(tree, values)
