"""Templates whose own sentences and addresses are put in when they are compiled, not each time a page is made."""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

Known = Mapping[str, Callable[[str], str]]
"""Functions that give the same for the same text, by the names that templates call them by."""


class Compiling(FileSystemLoader):
    """`known` functions of a constant text are called while compiling; keyword arguments are filled in afterwards.

    A page calls about fifty of them, and to call a function from a template costs as much as to write ten lines.
    """

    def __init__(self, folder: str, known: Known) -> None:
        super().__init__(folder)
        self.known = known

    def load(self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:
        source, filename, is_fresh = self.get_source(environment, name)
        tree = _CallKnown(self.known).visit(environment.parse(source, name, filename))
        code = environment.compile(tree, name, filename)
        return environment.template_class.from_code(environment, code, dict(globals or {}), is_fresh)


class _CallKnown(NodeTransformer):
    def __init__(self, known: Known) -> None:
        self.known = known

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:  # noqa: N802 - Jinja looks for this name
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.node.name not in self.known:
            return node
        if len(node.args) != 1 or not isinstance(node.args[0], nodes.Const) or node.dyn_args or node.dyn_kwargs:
            return node
        text = nodes.Const(Markup(self.known[node.node.name](node.args[0].value)), lineno=node.lineno)  # noqa: S704 - our own
        if not node.kwargs:
            return text
        pairs = [nodes.Pair(nodes.Const(word.key), word.value, lineno=node.lineno) for word in node.kwargs]
        return nodes.Mod(text, nodes.Dict(pairs, lineno=node.lineno), lineno=node.lineno)
