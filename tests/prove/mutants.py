"""Finds the places of a file that can be broken: one small change each, by the syntax tree, on one line of the report."""

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARED = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
RECKONED = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.BitAnd: "|", ast.BitOr: "&"}
CALLED = {
    "min": "max", "max": "min", "any": "all", "all": "any", "and_": "or_", "or_": "and_", "is_": "is_not",
    "is_not": "is_", "in_": "not_in", "not_in": "in_", "true": "false", "desc": "asc",
}  # fmt: skip
WORDS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is",
         ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in"}  # fmt: skip
Broken = ast.expr | ast.stmt
Change = tuple[Broken, str]


@dataclass(frozen=True)
class Mutant:
    """`before` becomes `after` between two offsets of a file's bytes. The report names it without its line."""

    file: str
    line: int
    statement: int
    """The first line of the statement it stands in."""
    text: str
    """Its line as it is, without its indentation."""
    where: str
    before: str
    after: str
    start: int
    end: int
    is_remembered: bool = False
    """In a function that runs once and is remembered: not only the test that ran it first may notice."""

    @property
    def change(self) -> str:
        return f"{' '.join(self.before.split())} → {self.after}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.where}: {self.change}"

    def broken(self, source: bytes) -> bytes:
        """The file with this one change; a statement of several lines keeps their number."""
        lines = b"\n" * source[self.start : self.end].count(b"\n")
        inside = f"({self.after}".encode() + lines + b")" if self.after not in ("pass", "return None") else b""
        return source[: self.start] + (inside or self.after.encode() + lines) + source[self.end :]


def of_file(root: Path, file: str) -> list[Mutant]:
    """Every mutant of a file, `file` being its path below `root`."""
    source = (root / file).read_bytes()
    lines = source.splitlines(keepends=True)
    begins = [0]
    for line in lines:
        begins.append(begins[-1] + len(line))
    found = []
    tree = ast.parse(source)
    remembered = [range(f.lineno, (f.end_lineno or f.lineno) + 1) for f in ast.walk(tree) if _is_remembered(f)]
    for where, statement, node, after in _walk(tree, "", 1):
        start = begins[node.lineno - 1] + node.col_offset
        end = begins[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        before, text = source[start:end].decode(), lines[node.lineno - 1].decode().strip()
        once = any(node.lineno in lines_of for lines_of in remembered)
        found.append(Mutant(file, node.lineno, statement, text, where, before, after, start, end, once))
    return found


def _is_remembered(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and any("cache" in ast.unparse(name) for name in node.decorator_list)


def _walk(node: ast.AST, where: str, statement: int) -> Iterator[tuple[str, int, Broken, str]]:
    statement = node.lineno if isinstance(node, ast.stmt) else statement
    yield from ((where or "the file", statement, *change) for change in _changes(node))
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        where = f"{where}.{node.name}".lstrip(".")
    for child in _parts(node):
        yield from _walk(child, where, statement)


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """What lies inside, but for what cannot be broken so that it shows."""
    if isinstance(node, ast.FunctionDef):
        yield from (*node.body, *node.args.defaults, *filter(None, node.args.kw_defaults))  # decorators and types stay
    elif isinstance(node, ast.ClassDef):
        yield from node.body
    elif isinstance(node, ast.AnnAssign):
        yield from [node.value] if node.value else []
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "limit":
        yield node.func  # one row more than are looked at
    elif not isinstance(node, ast.JoinedStr | ast.Assert | ast.Import | ast.ImportFrom):
        yield from ast.iter_child_nodes(node)  # an f-string keeps no offsets; an assert tells the type checker what is


def _changes(node: ast.AST) -> Iterator[Change]:
    """What can be broken at this very node."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield node, f"{ast.unparse(node.left)} {COMPARED[type(node.ops[0])]} {ast.unparse(node.comparators[0])}"
    elif isinstance(node, ast.Compare):
        yield from _chained(node)
    elif isinstance(node, ast.BoolOp):
        yield (
            node,
            f" {'or' if isinstance(node.op, ast.And) else 'and'} ".join(f"({ast.unparse(v)})" for v in node.values),
        )
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, ast.unparse(node.operand)
    elif isinstance(node, ast.BinOp) and type(node.op) in RECKONED and not _is_text(node):
        yield node, f"({ast.unparse(node.left)}) {RECKONED[type(node.op)]} ({ast.unparse(node.right)})"
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield node, str(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield from ((node, str(node.value + step)) for step in (1, -1))
    elif isinstance(node, ast.If | ast.IfExp | ast.While) and not isinstance(node.test, ast.Compare):
        yield node.test, f"not ({ast.unparse(node.test)})"
    else:
        yield from _calls(node)
        yield from _statements(node)


def _chained(node: ast.Compare) -> Iterator[Change]:
    words = [WORDS[type(op)] for op in node.ops]
    sides = [ast.unparse(side) for side in (node.left, *node.comparators)]
    for place, op in enumerate(node.ops):
        changed = [*words[:place], COMPARED[type(op)], *words[place + 1 :]]
        yield node, sides[0] + "".join(f" {word} {side}" for word, side in zip(changed, sides[1:], strict=True))


def _is_text(node: ast.BinOp) -> bool:
    return any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in (node.left, node.right))


def _calls(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Call):
        return
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name in CALLED and isinstance(node.func, ast.Attribute) and name not in ("any", "all"):
        inside = ", ".join(map(ast.unparse, (*node.args, *node.keywords)))
        yield node, f"{ast.unparse(node.func.value)}.{CALLED[name]}({inside})"
    elif name in CALLED and isinstance(node.func, ast.Name):
        yield node.func, CALLED[name]
    elif name in ("where", "order_by") and isinstance(node.func, ast.Attribute):
        yield node, ast.unparse(node.func.value)


def _statements(node: ast.AST) -> Iterator[Change]:
    """Left out: a call for its effect, a refusal, a stored attribute, a count; or nothing comes back."""
    called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    kept = isinstance(node, ast.Assign) and any(isinstance(t, ast.Attribute | ast.Subscript) for t in node.targets)
    if isinstance(node, ast.stmt) and (called or kept or isinstance(node, ast.Raise | ast.AugAssign | ast.Continue)):
        yield node, "pass"
    elif isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
        yield node, "return None"


def drawn(found: list[Mutant], number: int, first: set[tuple[str, int]], seed: int) -> list[Mutant]:
    """`number` of them, those of the lines in `first` before all others."""
    mixed = sorted(found, key=lambda m: (m.file, m.start, m.after))
    random.Random(seed).shuffle(mixed)
    return sorted(mixed, key=lambda m: (m.file, m.line) not in first)[:number]
