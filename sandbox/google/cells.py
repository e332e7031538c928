"""Cells: what is put in, and how it is shown.

Sources: Sheets API, ValueInputOption, ValueRenderOption and Cell limits. Of what a person's typing
becomes, numbers, percentages, truth values, apostrophes and arithmetic are known here; a formula
that asks for more shows #NAME?, as an unknown function does.
"""

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

from sandbox.google.errors import invalid

Cell = str | float | bool
MOST_CELL = 50_000
_NUMBER = re.compile(r"[+-]?(?:\d+(?:,\d{3})*(?:\.\d*)?|\.\d+)")
_OPERATORS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def entered(value: Any, option: str) -> Cell | None:
    """A cell's content for a value of a request; None leaves the cell as it is.

    Raises GoogleRefusal.
    """
    if value is None:
        return None
    if isinstance(value, list | dict):
        raise invalid(f"Invalid values: a cell can't hold {str(value)[:40]}")
    if len(str(value)) > MOST_CELL:
        raise invalid(
            f"Your input contains more than the maximum of {MOST_CELL} characters in a single cell."
        )
    if option == "USER_ENTERED" and isinstance(value, str):
        return _typed(value)
    return value if isinstance(value, str | int | float) else str(value)


def _typed(text: str) -> Cell:
    """A text as if a person had typed it; a formula stays one and begins with =."""
    if text.startswith("'"):
        return text[1:]
    if text.upper() in {"TRUE", "FALSE"}:
        return text.upper() == "TRUE"
    if text.endswith("%") and _NUMBER.fullmatch(text[:-1]):
        return float(text[:-1].replace(",", "")) / 100
    if _NUMBER.fullmatch(text):
        return _whole(float(text.replace(",", "")))
    return FORMULA + text if text.startswith("=") else text


#: Marks a formula in the store, so that a RAW text that begins with = is none.
FORMULA = "\u0000"


def shown(cell: Cell, option: str) -> Cell:
    """A cell's content as the render option asks for it."""
    if isinstance(cell, str) and cell.startswith(FORMULA):
        if option == "FORMULA":
            return cell[1:]
        cell = _computed(cell[2:])
    if option != "FORMATTED_VALUE" or isinstance(cell, str):
        return cell
    return str(cell).upper() if isinstance(cell, bool) else str(_whole(cell))


def _whole(number: float) -> float:
    return int(number) if number == int(number) else number


def _computed(formula: str) -> Cell:
    try:
        return _whole(_value(ast.parse(formula.replace("^", "**"), mode="eval").body))
    except ZeroDivisionError:
        return "#DIV/0!"
    except (SyntaxError, ValueError, OverflowError):
        return "#NAME?"


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return float(_OPERATORS[type(node.op)](_value(node.left), _value(node.right)))
    raise ValueError(ast.dump(node))
