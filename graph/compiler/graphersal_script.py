"""Step tree -> Graphersal script: text with places for parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from graph.compiler import shape as shapes
from graph.compiler.literals import literal, packed, quoted
from graph.compiler.shape import Token
from graph.compiler.step_tree import Argument, MapOf, Predicate, Slot, Step, StepTree
from graph.compiler.verification import Verified

_VARIADIC_LIMIT: Final = 10
"""Graphersal takes more arguments than this only as one list."""

_NO_ID: Final = quoted("^")
"""No vertex can have it: ids are without ``^``. ``V([])`` asks for it, since it would mean all of them."""

KEYED: Final = """fn plain(v) {
  switch type_of(v) {
    "array" => { let o = []; for x in v { o.push(plain(x)); } o }
    "map" => { let o = #{}; for k in v.keys() { o[k] = plain(v[k]); } o }
    "Map" => { let o = []; for p in v { o.push([plain(p[0]), plain(p[1])]); } #{"~pairs": o} }
    _ => v
  }
}
"""
"""Maps with keys that are not text do not cross into Python: they travel as pairs."""

CREATED: Final = """fn created(g, a, on_create, rows) {
  try { return g.inject(rows).unfold().mergeV().id().toList(); }
  catch {
    let pairs = [];
    for row in rows {
      let found_by = #{"T.id": row["T.id"], "T.label": row["T.label"]};
      row.remove("T.id");
      row.remove("T.label");
      pairs.push(#{"m": found_by, "c": row});
    }
    return g.inject(pairs).unfold().as("r").mergeV(a.select("m"))
      .option(on_create, a.select("r").select("c")).id().toList();
  }
}
"""
"""Creates the vertices of rows that are not there. Most often none is, and merging whole rows, which fails
where a vertex is there with other values, takes a third of the time of merging pairs of what to match and
what to set.
"""


@dataclass(frozen=True, slots=True)
class Template:
    """A script in pieces: value ``slots[i]`` goes between ``pieces[i]`` and ``pieces[i + 1]``."""

    pieces: tuple[str, ...]
    slots: tuple[int, ...]
    composed: dict[int, bool]
    """The slots of lists and rows, and whether there are floats in them."""
    by_id: bool = False
    keyed: bool = False
    creates: bool = False
    """Whether its one value is pairs of what to match and what to set, sent as whole rows to ``created``."""

    @property
    def prelude(self) -> str:
        """The functions that a script with its expression has to start with."""
        return CREATED if self.creates else KEYED if self.keyed else ""

    def sent(self, values: list[Any]) -> list[Any]:
        """``values`` in the form in which they travel."""
        return [[{**row["m"], **row["c"]} for row in values[0]]] if self.creates else values

    def results(self, traversal: str) -> str:
        """The expression for the list of results of ``traversal``, which is of this shape."""
        if self.creates:
            return f"created({traversal}"
        results = f"{traversal}{'.id()' if self.by_id else ''}.toList()"
        return f"plain({results})" if self.keyed else results

    def expression(
        self, values: list[Any], params: dict[str, Any], prefix: str = "p", source: str = "g"
    ) -> str:
        """An expression of the script language that gives the list of results, asked of ``source``.

        The parameters it needs are added to ``params`` under names with ``prefix``. A script with an
        expression starts with its :attr:`prelude`.
        """
        return self.results(source + self.fill(values, params, prefix))

    def fill(self, values: list[Any], params: dict[str, Any], prefix: str = "p") -> str:
        """The script for ``values``; what it needs beside the text is added to ``params``."""
        names = []
        values = self.sent(values)
        for slot in self.slots:
            name = f"{prefix}{slot}"
            reals = self.composed.get(slot)
            if reals is None:
                params[name] = values[slot]
            elif (text := packed(values[slot], reals=reals)) is None:
                name = literal(values[slot])
            else:
                params[name] = text
                name = f"parse_json({name})"
            names.append(name)
        return self.woven(names)

    def fill_from_row(self, row: str) -> str:
        """The script for values that stand in an array called ``row``."""
        return self.woven([f"{row}[{slot}]" for slot in self.slots])

    def woven(self, names: list[str]) -> str:
        """The script with ``names`` in place of the values."""
        woven = [self.pieces[0]]
        for name, piece in zip(names, self.pieces[1:], strict=True):
            woven += (name, piece)
        return "".join(woven)


def template_of(tree: StepTree, verified: Verified) -> Template:
    """The script of ``tree``, from after its ``g`` on."""
    rows = _created_from(tree, verified)
    if rows is not None:
        reals = {rows.index: shapes.holds_reals(rows.shape)}
        return Template((",__,Merge.onCreate,", ")"), (rows.index,), reals, creates=True)
    writer = _Writer()
    writer.steps(tree.sources)
    writer.steps(tree.steps)
    return writer.template(verified)


def _created_from(tree: StepTree, verified: Verified) -> Slot | None:
    """The rows of a tree that creates the vertices that are missing, and gives the ids of all."""
    steps = tree.steps[:-1] if tree.steps[-1] == Step("id") else tree.steps
    if tree.sources or (steps == tree.steps and not verified.by_id):
        return None
    match steps:
        case (
            Step(
                "inject", (Slot(0, (shapes.ROWS, (shapes.MAP, (("m", _), ("c", (shapes.MAP, _)))))) as rows,)
            ),
            Step("unfold", ()),
            Step("as", (str() as row,)),
            Step("mergeV", (StepTree((Step("select", ("m",)),), ()),)),
            Step(
                "option", (Token() as when, StepTree((Step("select", (again,)), Step("select", ("c",))), ()))
            ),
        ) if row == again and str(when) == "Merge.onCreate":
            return rows
    return None


class _Writer:
    def __init__(self) -> None:
        self.pieces: list[list[str]] = [[]]
        self.slots: list[int] = []
        self.composed: dict[int, bool] = {}

    def template(self, verified: Verified) -> Template:
        pieces = tuple("".join(p) for p in self.pieces)
        return Template(pieces, tuple(self.slots), self.composed, verified.by_id, verified.keyed)

    def text(self, text: str) -> None:
        self.pieces[-1].append(text)

    def steps(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            self.step(step)

    def step(self, step: Step) -> None:
        if step.name in ("V", "hasId") and _asks_for_none(step):
            self.text(f".{step.name}([{_NO_ID}])")
            return
        self.text(f".{step.name}(")
        listed = len(step.arguments) > _VARIADIC_LIMIT
        self.text("[" if listed else "")
        self.commas(step.arguments)
        self.text("])" if listed else ")")

    def commas(self, arguments: tuple[Argument, ...]) -> None:
        for i, argument in enumerate(arguments):
            if i:
                self.text(",")
            self.argument(argument)

    def argument(self, argument: Argument) -> None:
        match argument:
            case str():
                self.text(quoted(argument))
            case Token():
                self.text(str(argument))
            case Slot():
                self.slot(argument)
            case Predicate():
                self.predicate(argument)
            case MapOf():
                self.map(argument)
            case StepTree():
                self.text("__")
                self.steps(argument.steps)

    def slot(self, slot: Slot) -> None:
        self.slots.append(slot.index)
        if isinstance(slot.shape, tuple):
            self.composed[slot.index] = shapes.holds_reals(slot.shape)
        self.pieces.append([])

    def map(self, mapping: MapOf) -> None:
        self.text("#{")
        for i, (key, value) in enumerate(mapping.entries):
            self.text(f"{',' if i else ''}{quoted(str(key))}:")
            self.argument(value)
        self.text("}")

    def predicate(self, predicate: Predicate) -> None:
        operator, operands = predicate.operator, predicate.operands
        if operator in ("and", "or"):
            self.argument(operands[0])
            self.text(f".{operator}(")
            self.argument(operands[1])
        else:
            self.text(f"P.{operator}(")
            listed = operator in ("within", "without") and not any(isinstance(o, Slot) for o in operands)
            self.text("[" if listed else "")
            self.commas(operands)
            self.text("]" if listed else "")
        self.text(")")


def _asks_for_none(step: Step) -> bool:
    match step.arguments:
        case (Slot(shape=(shapes.ITEMS, types)),):
            return not types
    return False
