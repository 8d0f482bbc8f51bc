"""Draws traversals of the portable profile that mean something on the small schema.

While a traversal is drawn it is known what its traversers hold, so that nearly everything drawn passes the
compiler; and nothing is drawn whose answer is left to the engine: what is cut was put in a total order, what
is folded is compared as a bag, and what a ``by`` takes is at most one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.translator import Translator
from gremlin_python.process.traversal import (
    Column,
    Operator,
    Order,
    P,
    Pick,
    Scope,
    T,
    TextP,
    TraversalStrategies,
)
from gremlin_python.structure.graph import Graph
from hypothesis import strategies as st

from tests.engines.random_graphs import GRADES, NAMES

Option = TypeVar("Option")


@dataclass(frozen=True)
class Vertex:
    """A vertex of one of ``labels``."""

    labels: frozenset[str]


@dataclass(frozen=True)
class Edge:
    """An edge of ``label``."""

    label: str


@dataclass(frozen=True)
class Value:
    """A scalar; ``exact`` unless rounding depends on the order of computing."""

    type: str
    exact: bool = True


@dataclass(frozen=True)
class ListOf:
    """A list; without ``ordered`` its order is nobody's promise."""

    item: Kind
    ordered: bool = False


@dataclass(frozen=True)
class Fields:
    """A map of known names; those not in ``sure`` may be missing."""

    fields: tuple[tuple[str, Kind], ...]
    sure: frozenset[str]


@dataclass(frozen=True)
class Groups:
    """A map from keys to values."""

    key: Kind
    value: Kind


@dataclass(frozen=True)
class Mixed:
    """Things of several kinds; ``elements`` among them, perhaps."""

    elements: bool = False


Kind = Vertex | Edge | Value | ListOf | Fields | Groups | Mixed

INTEGER, REAL, TEXT, FLAG = Value("integer"), Value("real"), Value("text"), Value("flag")
ROUNDED = Value("real", exact=False)
LABELS = ("Item", "Stock", "Depot")
PROPERTIES: dict[str, dict[str, Value]] = {
    "Item": {
        "name": TEXT,
        "weight_g": INTEGER,
        "price": REAL,
        "fragile": FLAG,
        "grade": TEXT,
        "note": TEXT,
    },
    "Stock": {"available": INTEGER},
    "Depot": {"name": TEXT},
    "PART_OF": {"quantity": INTEGER},
    "LEG": {"number": INTEGER, "cost": REAL},
    "STOCK_OF": {},
    "HOLDS": {},
}
OPTIONAL = frozenset({"price", "fragile", "grade", "note"})
ENDS = {
    "STOCK_OF": ("Stock", "Item"),
    "HOLDS": ("Depot", "Stock"),
    "PART_OF": ("Item", "Item"),
    "LEG": ("Depot", "Depot"),
}
IDS = (*(f"item/{n}" for n in range(5)), "depot/0", "depot/1", "stock/0/1", "stock/1/0", "item/none")


@dataclass(frozen=True)
class State:
    """A traversal as far as it is drawn: what is held, what is named, gathered and carried along."""

    traversal: GraphTraversal
    held: Kind
    names: dict[str, Kind] = field(default_factory=dict)
    gathered: dict[str, Kind] = field(default_factory=dict)
    carried: Value | None = None
    path: tuple[str, ...] | None = ()
    ordered: bool = False
    counted: bool = False
    repeated: bool = False
    used: int = 0

    def then(self, traversal: GraphTraversal, held: Kind, *, path: str | None = None) -> State:
        """After a step that maps each traverser to what it comes to."""
        walked = self.path if path is None or self.path is None else (*self.path, path)
        return replace(
            self, traversal=traversal, held=held, path=walked, ordered=False, counted=False, repeated=False
        )

    def kept(self, traversal: GraphTraversal, *, ordered: bool = False) -> State:
        """After a step that drops traversers or puts them in order."""
        return replace(self, traversal=traversal, ordered=ordered, counted=False, repeated=False)

    def forgetful(self, traversal: GraphTraversal, held: Kind, *, ordered: bool = False) -> State:
        """After a step that leaves open by which way what it holds was reached."""
        return replace(
            self,
            traversal=traversal,
            held=held,
            names={},
            carried=None,
            path=None,
            ordered=ordered,
            counted=False,
            repeated=False,
        )


@dataclass(frozen=True)
class Asked:
    """A drawn traversal, the kind of its answers, and whether their order is told."""

    traversal: GraphTraversal
    kind: Kind
    ordered: bool

    def __repr__(self) -> str:
        return str(Translator("g").translate(self.traversal.bytecode))

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """A traversal takes every attribute that it is asked for as a step; so do not let it be printed."""
        printer.text(repr(self))


@st.composite
def traversals(draw: st.DrawFn) -> Asked:
    """Any traversal of up to 8 steps, with others nested in them."""
    drawing = _Drawing(draw)
    state = drawing.started()
    for _ in range(drawing.number(0, 7)):
        state = drawing.step(state)
    return drawing.ended(state)


class _Drawing:
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.depth = 0

    # choosing

    def of(self, options: Sequence[Option]) -> Option:
        return self.draw(st.sampled_from(options))

    def chance(self) -> bool:
        return bool(self.draw(st.booleans()))

    def number(self, least: int, most: int) -> int:
        return self.draw(st.integers(least, most))

    def value(self, kind: Value) -> Any:
        """One that the graph may have."""
        match kind.type:
            case "integer":
                return self.number(-1, 6)
            case "real":
                return self.number(-4, 8) / 4
            case "flag":
                return self.chance()
        return self.of(NAMES)

    def predicate(self, kind: Value) -> P:
        if kind.type == "flag":
            return self.of((P.eq, P.neq))(self.value(kind))
        one, other = self.value(kind), self.value(kind)
        simple = [P.eq, P.neq, P.lt, P.lte, P.gt, P.gte]
        made = [
            lambda: self.of(simple)(one),
            lambda: P.within([one, other]),
            lambda: P.without([one, other]),
            lambda: P.within([]),
            lambda: P.lt(one).or_(P.gt(other)),
            lambda: P.gte(one).and_(P.neq(other)),
            lambda: P.not_(P.gt(one)),
        ]
        if kind.type == "text":
            made += [lambda: TextP.containing("b"), lambda: TextP.not_starting_with("b")]
        else:
            made += [lambda: P.between(*sorted((one, other))), lambda: P.outside(*sorted((one, other)))]
        return self.of(made)()

    # the whole

    def started(self) -> State:
        g = GraphTraversalSource(Graph(), TraversalStrategies())
        match self.of(("label", "label", "label", "ids", "all", "sack", "edges", "values")):
            case "ids":
                ids = self.draw(st.lists(st.sampled_from(IDS), max_size=4, unique=True))
                return State(g.V(ids), Vertex(frozenset(LABELS)), path=("v",))
            case "all":
                return State(g.V().has_label(*LABELS), Vertex(frozenset(LABELS)), path=("v",))
            case "sack":
                label = self.of(LABELS)
                first = self.number(0, 2)
                held = Vertex(frozenset({label}))
                return State(g.with_sack(first).V().has_label(label), held, carried=INTEGER, path=("v",))
            case "edges":
                label = self.of(sorted(ENDS))
                return State(g.E().has_label(label), Edge(label), path=("e",))
            case "values":
                numbers = self.draw(st.lists(st.integers(-2, 4), max_size=5))
                return State(g.inject(numbers).unfold(), INTEGER, path=None)
        label = self.of(LABELS)
        return State(g.V().has_label(label), Vertex(frozenset({label})), path=("v",))

    def ended(self, state: State) -> Asked:
        """End on something that travels."""
        made, held = state.traversal, state.held
        if isinstance(held, Edge):
            return Asked(made.value_map().by(__.unfold()), Groups(TEXT, Mixed()), False)
        if isinstance(held, Vertex) and self.number(0, 3) == 0:
            return Asked(made.element_map(), Groups(TEXT, Mixed()), state.ordered)
        if isinstance(held, ListOf) and _has_elements(held):
            return Asked(made.count(Scope.local), INTEGER, False)
        if isinstance(held, Mixed) and held.elements:
            return Asked(made.count(), INTEGER, True)
        return Asked(made, held, state.ordered)

    def step(self, state: State) -> State:
        """One more step, or a few that belong together."""
        families: list[Callable[[State], State]]
        match state.held:
            case Vertex():
                families = [
                    self.hop, self.hop, self.to_edges, self.values, self.filter, self.condition, self.named,
                    self.branch, self.branch, self.repeated, self.window, self.dedup, self.projected,
                    self.grouped, self.gathered, self.reduced, self.within_names, self.walked,
                    self.identified, self.computed, self.locally,
                ]  # fmt: skip
            case Edge():
                families = [self.end, self.end, self.values, self.filter, self.condition, self.projected,
                            self.grouped, self.reduced, self.branch, self.dedup]  # fmt: skip
            case Value():
                families = [self.tested, self.computed, self.reduced, self.reduced, self.dedup, self.window,
                            self.branch, self.grouped, self.gathered]  # fmt: skip
            case ListOf():
                families = [self.of_list, self.of_list, self.unfolded]
            case Fields():
                families = [self.of_fields, self.of_fields, self.sorted_fields, self.reduced]
            case Groups():
                families = [self.of_groups]
            case _:
                families = [self.reduced]
        if state.carried is not None and isinstance(state.held, Vertex | Edge):
            families += [self.sack, self.sack]
        if state.names and not isinstance(state.held, Mixed):
            families += [self.selected, self.selected]
        if state.gathered:
            families += [self.all_gathered]
        return self.of(families)(state)

    def chain(self, state: State, most: int) -> State:
        """A nested traversal of up to ``most`` steps."""
        self.depth += 1
        for _ in range(self.number(1, most if self.depth < 3 else 1)):
            state = self.step(state)
        if not state.traversal.bytecode.step_instructions:
            state = self.reduced(state)
        self.depth -= 1
        return state

    def inner(self, state: State) -> State:
        """Where a nested traversal starts."""
        return replace(state, traversal=__.start(), gathered={}, path=None, ordered=False)

    # elements

    def hop(self, state: State) -> State:
        assert isinstance(state.held, Vertex)
        ways = [
            (way, label, ends[1] if way == "out" else ends[0])
            for label, ends in sorted(ENDS.items())
            for way in ("out", "in_")
            if (ends[0] if way == "out" else ends[1]) in state.held.labels
        ]
        way, label, end = self.of(ways)
        made = getattr(state.traversal, way)(label)
        if ENDS[label][0] == ENDS[label][1] and self.number(0, 3) == 0:
            made = self.undo(state, "both", label)
        return state.then(made, Vertex(frozenset({end})), path="v")

    def undo(self, state: State, way: str, label: str) -> GraphTraversal:
        """The step just added, in both directions instead."""
        state.traversal.bytecode.step_instructions[-1] = [way, label]
        return state.traversal

    def to_edges(self, state: State) -> State:
        assert isinstance(state.held, Vertex)
        ways = [
            (way, label)
            for label, ends in sorted(ENDS.items())
            for way, end in (("out_e", ends[0]), ("in_e", ends[1]))
            if end in state.held.labels
        ]
        way, label = self.of(ways)
        return state.then(getattr(state.traversal, way)(label), Edge(label), path="e")

    def end(self, state: State) -> State:
        assert isinstance(state.held, Edge)
        start, end = ENDS[state.held.label]
        way, label = self.of((("out_v", start), ("in_v", end)))
        return state.then(getattr(state.traversal, way)(), Vertex(frozenset({label})), path="v")

    def properties(self, held: Kind) -> dict[str, Value]:
        """Those that what is held may have."""
        if isinstance(held, Edge):
            return PROPERTIES[held.label]
        assert isinstance(held, Vertex)
        return {n: k for label in sorted(held.labels) for n, k in PROPERTIES[label].items()}

    def sure(self, held: Kind) -> dict[str, Value]:
        """Those that it has for sure."""
        labels = held.labels if isinstance(held, Vertex) else frozenset()
        return {
            name: kind
            for name, kind in self.properties(held).items()
            if name not in OPTIONAL and all(name in PROPERTIES[label] for label in labels)
        }

    def values(self, state: State) -> State:
        known = self.properties(state.held)
        if not known:
            return state.then(state.traversal.label(), TEXT, path="x")
        name = self.of(sorted(known))
        if self.number(0, 4) == 0:
            other = self.of([n for n in sorted(known) if known[n] == known[name]])
            if other != name:
                return state.then(state.traversal.values(name, other), known[name], path="x")
        return state.then(state.traversal.values(name), known[name], path="x")

    def filter(self, state: State) -> State:
        known = self.properties(state.held)
        made = state.traversal
        if isinstance(state.held, Vertex):
            match self.of(("property", "property", "id", "label", "text id")):
                case "id":
                    ids = self.draw(st.lists(st.sampled_from(IDS), max_size=3, unique=True))
                    return state.kept(made.has_id(ids))
                case "label":
                    label = self.of(sorted(state.held.labels))
                    return replace(state.kept(made.has_label(label)), held=Vertex(frozenset({label})))
                case "text id":
                    return state.kept(made.has(T.id, P.gt(self.of(IDS))))
        if not known:
            return state
        name = self.of(sorted(known))
        if name in ("grade",):
            return state.kept(made.has(name, self.of((P.eq, P.neq))(self.of(GRADES))))
        match self.of(("predicate", "predicate", "value", "presence")):
            case "value":
                made = made.has(name, self.value(known[name]))
            case "presence":
                made = made.has(name)
            case _:
                made = made.has(name, self.predicate(known[name]))
        if isinstance(state.held, Vertex):
            labels = frozenset(label for label in state.held.labels if name in PROPERTIES[label])
            return replace(state.kept(made), held=Vertex(labels))
        return state.kept(made)

    def tested(self, state: State) -> State:
        assert isinstance(state.held, Value)
        if state.counted:
            return self.reduced(state)
        if not state.held.exact:
            return state.kept(state.traversal.is_(P.gt(self.number(0, 4) + 0.123)))
        return state.kept(state.traversal.is_(self.predicate(state.held)))

    def condition(self, state: State) -> State:
        """where, not, and, or with nested traversals."""

        def nested() -> GraphTraversal:
            return self.chain(self.inner(state), 2).traversal

        match self.of(("where", "where", "not", "and", "or")):
            case "where":
                return state.kept(state.traversal.where(nested()))
            case "not":
                return state.kept(state.traversal.not_(nested()))
            case "and":
                return state.kept(state.traversal.and_(nested(), nested()))
        return state.kept(state.traversal.or_(nested(), nested()))

    def identified(self, state: State) -> State:
        made = state.traversal
        return state.then(made.id_() if self.chance() else made.label(), TEXT, path="x")

    # branches

    def branch(self, state: State) -> State:
        made = state.traversal
        if isinstance(state.held, Vertex | Edge) or not isinstance(state.held, Value):
            tests = [lambda: self.chain(self.inner(state), 1).traversal]
        else:
            held = state.held
            tests = [lambda: __.is_(self.predicate(held if held.exact else REAL))]
        way = self.of(("union", "coalesce", "choose", "choose one", "optional", "constant", "options"))
        each = self.chained if way in ("coalesce", "constant") else self.tried
        one, other = each(self.inner(state)), each(self.inner(state))
        both = _joined(one.held, other.held)
        match way:
            case "union":
                return self.after(state, made.union(one.traversal, other.traversal), both)
            case "coalesce":
                return self.after(state, made.coalesce(one.traversal, other.traversal), both)
            case "choose":
                return self.after(state, made.choose(self.of(tests)(), one.traversal, other.traversal), both)
            case "choose one":
                some = _joined(one.held, state.held)
                return self.after(state, made.choose(self.of(tests)(), one.traversal), some)
            case "optional":
                return self.after(state, made.optional(one.traversal), _joined(one.held, state.held))
            case "options":
                by, kind, sure = self.one(state)
                if isinstance(by, str):
                    by = __.values(by)
                if isinstance(by, GraphTraversal) and isinstance(kind, Value) and kind.exact and sure:
                    made = made.choose(by).option(self.value(kind), one.traversal)
                    return self.after(state, made.option(Pick.none, other.traversal), both)
                return state
        if isinstance(one.held, Value) and one.held.exact:
            made = made.coalesce(one.traversal, __.constant(self.value(one.held)))
            return self.after(state, made, one.held)
        return state

    def chained(self, state: State) -> State:
        return self.chain(state, 2)

    def tried(self, state: State) -> State:
        """Steps that look at each alone: many go through a branch, and engines differ in who meets."""
        self.depth += 1
        state = replace(state, counted=False)
        for _ in range(self.number(1, 2)):
            match state.held:
                case Vertex():
                    state = self.of((self.hop, self.hop, self.values, self.filter, self.condition))(state)
                case Edge():
                    state = self.of((self.end, self.end, self.values, self.condition))(state)
                case Value():
                    state = self.of((self.tested, self.computed))(state)
        self.depth -= 1
        if state.traversal.bytecode.step_instructions:
            return state
        return replace(state, traversal=state.traversal.constant(1), held=INTEGER)

    def after(self, state: State, made: GraphTraversal, held: Kind) -> State:
        """After branches: what was named and seen in them stays there."""
        return replace(state, traversal=made, held=held, path=None, ordered=False)

    def locally(self, state: State) -> State:
        """The first of what each comes to, in a total order."""
        nested = self.hop(self.inner(state))
        way = self.of((Order.asc, Order.desc))
        made = nested.traversal.order().by(T.id, way).limit(self.number(0, 2))
        return replace(self.after(state, state.traversal.local(made), nested.held), names={}, carried=None)

    def repeated(self, state: State) -> State:
        assert isinstance(state.held, Vertex)
        if len(state.held.labels) != 1 or "Stock" in state.held.labels:
            return self.hop(state)
        edge = "PART_OF" if "Item" in state.held.labels else "LEG"
        body = getattr(__.start(), self.of(("out", "in_", "both")))(edge)
        made = state.traversal
        kind = self.of(("times", "times", "emit", "emit first", "until", "emit some", "reached"))
        if kind == "reached" and not state.repeated:
            made = made.emit().repeat(body.dedup()).times(8).dedup()
            return replace(state.forgetful(made, state.held), repeated=False)
        if kind in ("until", "emit first") or self.chance():
            body = body.simple_path() if state.path is not None else body
        if kind == "until":
            if state.path is None:
                return state
            stop = self.chain(replace(self.inner(state), names={}), 1).traversal
            if self.chance():
                made = made.repeat(body).until(__.or_(stop, __.not_(__.out(edge))))
            else:
                made = made.repeat(body).until(stop)
        else:
            times = self.number(1, 3)
            if kind == "emit first" and not state.repeated:
                made = made.emit().repeat(body).times(times)
            elif kind == "emit":
                made = made.repeat(body).emit().times(times)
            elif kind == "emit some":
                made = made.repeat(body).emit(self.chain(replace(self.inner(state), names={}), 1).traversal)
                made = made.times(times)
            else:
                made = made.repeat(body).times(times)
        return replace(state.then(made, state.held, path="v"), repeated=True)

    # names

    def named(self, state: State) -> State:
        if self.depth:
            return state
        name = f"n{state.used}"
        made = state.traversal.as_(name)
        return replace(state, traversal=made, names={**state.names, name: state.held}, used=state.used + 1)

    def selected(self, state: State) -> State:
        names = sorted(state.names)
        if len(names) > 1 and self.chance():
            made = state.traversal.select(*names)
            fields: list[tuple[str, Kind]] = []
            for name in names:
                by, kind, _ = self.one(replace(state, held=state.names[name], names={}))
                made = made.by(by) if by is not None else made.by()
                fields.append((name, kind))
            return state.then(made, Fields(tuple(fields), frozenset(names)), path="x")
        name = self.of(names)
        return replace(
            state, traversal=state.traversal.select(name), held=state.names[name], path=None, ordered=False
        )

    def within_names(self, state: State) -> State:
        """Compared with what was named or gathered before."""
        alike = [n for n, kind in sorted(state.names.items()) if isinstance(kind, Vertex)]
        gathered = [n for n, kind in sorted(state.gathered.items()) if isinstance(kind, Vertex)]
        made = state.traversal
        if gathered and self.chance():
            return state.kept(made.where(self.of((P.within, P.without))(self.of(gathered))))
        if not alike:
            return self.condition(state)
        name = self.of(alike)
        shared = [p for p in self.sure(state.held) if p in self.sure(state.names[name])]
        if shared and self.chance():
            return state.kept(made.where(self.of((P.lt, P.gte, P.eq))(name)).by(self.of(shared)))
        return state.kept(made.where(self.of((P.eq, P.neq))(name)))

    def gathered(self, state: State) -> State:
        if self.depth or not isinstance(state.held, Vertex | Value):
            return state
        name = f"x{state.used}"
        made = state.traversal.aggregate(name)
        kind = state.held
        if isinstance(kind, Vertex) and self.chance():
            known = self.sure(kind)
            if known:
                by = self.of(sorted(known))
                made, kind = made.by(by), known[by]
        return replace(state, traversal=made, gathered={**state.gathered, name: kind}, used=state.used + 1)

    def all_gathered(self, state: State) -> State:
        name = self.of(sorted(state.gathered))
        made = state.traversal.select(name)
        return replace(state, traversal=made, held=ListOf(state.gathered[name]), path=None, ordered=False)

    def walked(self, state: State) -> State:
        """The path, or only those who never came twice to the same."""
        if state.path is None or not set(state.path) <= {"v", "e"}:
            return self.hop(state)
        if self.chance():
            return state.kept(state.traversal.simple_path())
        by = T.id if set(state.path) == {"v"} else T.label
        return state.forgetful(state.traversal.path().by(by), ListOf(TEXT, ordered=True))

    def sack(self, state: State) -> State:
        numbers = [n for n, kind in self.sure(state.held).items() if kind == INTEGER]
        made = state.traversal
        if not numbers or self.number(0, 2) == 0:
            return state.then(made.sack(), INTEGER, path="x")
        change = self.of((Operator.sum_, Operator.mult, Operator.minus, Operator.min_, Operator.assign))
        return state.kept(made.sack(change).by(self.of(sorted(numbers))))

    # one of each

    def one(self, state: State) -> tuple[Any, Kind, bool]:
        """What a ``by`` may take of what is held: at most one, its kind, and whether there is always one."""
        held = state.held
        inner = replace(self.inner(state), held=held)
        if isinstance(held, Value):
            if held.type in ("integer", "real") and self.chance():
                return __.math("_ * 2 + 1"), ROUNDED, True
            return None, held, True
        if isinstance(held, ListOf):
            return __.count(Scope.local), INTEGER, True
        if not isinstance(held, Vertex | Edge):
            return __.constant(1), INTEGER, True
        known, sure = self.properties(held), self.sure(held)
        ways = ["constant", "count", "count", "folded", "summed", "label", "otherwise", "math"]
        if known:
            ways += ["property", "property", "property"]
        if isinstance(held, Vertex):
            ways += ["id"]
        if isinstance(held, Edge) or held.labels == {"Stock"}:
            ways += ["to one", "to one"]
        match self.of(ways):
            case "property":
                name = self.of(sorted(known))
                return name, known[name], name in sure
            case "id":
                return T.id, TEXT, True
            case "label":
                return T.label, TEXT, True
            case "to one":
                if isinstance(held, Edge):
                    way, end = self.of((("out_v", 0), ("in_v", 1)))
                    there = Vertex(frozenset({ENDS[held.label][end]}))
                    walk = getattr(__, way)()
                else:
                    there, walk = Vertex(frozenset({"Item"})), __.out("STOCK_OF")
                found = self.sure(there)
                name = self.of(sorted(found))
                return walk.values(name), found[name], True
            case "count":
                nested = self.chain(inner, 2)
                return nested.traversal if nested.counted else nested.traversal.count(), INTEGER, True
            case "folded":
                nested = self.chain(inner, 1)
                if isinstance(nested.held, Vertex):
                    return nested.traversal.id_().fold(), ListOf(TEXT), True
                if isinstance(nested.held, Value):
                    return nested.traversal.fold(), ListOf(nested.held), True
            case "summed":
                nested = self.chain(inner, 1)
                if isinstance(nested.held, Value) and nested.held.type in ("integer", "real"):
                    if not nested.held.exact:
                        return nested.traversal.max_(), nested.held, False
                    return nested.traversal.sum_(), nested.held, False
            case "otherwise":
                optional = sorted(set(known) & OPTIONAL)
                if optional:
                    name = self.of(optional)
                    default = self.of(GRADES) if name == "grade" else self.value(known[name])
                    return __.coalesce(__.values(name), __.constant(default)), known[name], True
            case "math":
                numbers = [n for n, kind in sorted(sure.items()) if kind.type in ("integer", "real")]
                if numbers:
                    return __.values(self.of(numbers)).math("_ / 4"), ROUNDED, True
        return __.constant(self.number(0, 2)), INTEGER, True

    def projected(self, state: State) -> State:
        names = ("p", "q", "r")[: self.number(1, 3)]
        made = state.traversal.project(*names)
        fields: list[tuple[str, Kind]] = []
        sure: set[str] = set()
        for name in names:
            by, kind, certain = self.one(state)
            made = made.by(by) if by is not None else made.by()
            fields.append((name, kind))
            if certain:
                sure.add(name)
        return state.then(made, Fields(tuple(fields), frozenset(sure)), path="x")

    def grouped(self, state: State) -> State:
        by, key, _ = self.one(state)
        while isinstance(key, ListOf) or key == ROUNDED:
            by, key = (T.label, TEXT) if isinstance(state.held, Vertex | Edge) else (__.constant(1), INTEGER)
        if by is None and isinstance(state.held, Value) and not state.held.exact:
            by, key = __.constant(1), INTEGER
        state = replace(state, gathered={})
        made = state.traversal
        if self.chance():
            made = made.group_count()
            return state.forgetful(made.by(by) if by is not None else made, Groups(key, INTEGER))
        made = made.group().by(by) if by is not None else made.group().by()
        inner = replace(self.inner(state), names={}, carried=None, path=None)
        match self.of(("count", "fold", "sum", "ids")):
            case "count":
                return state.forgetful(made.by(__.count()), Groups(key, INTEGER))
            case "sum":
                numbers = [(n, k) for n, k in self.numbers(state.held) if k.exact]
                if numbers:
                    name, kind = self.of(numbers)
                    total = __.sum_() if name is None else __.values(name).sum_()
                    return state.forgetful(made.by(total), Groups(key, kind))
            case "ids" if isinstance(state.held, Vertex):
                return state.forgetful(made.by(T.id), Groups(key, ListOf(TEXT)))
        if isinstance(state.held, Value):
            return state.forgetful(made.by(__.fold()), Groups(key, ListOf(state.held)))
        nested = self.tried(inner)
        if isinstance(nested.held, Value):
            return state.forgetful(made.by(nested.traversal.fold()), Groups(key, ListOf(nested.held)))
        return state.forgetful(made.by(nested.traversal.count()), Groups(key, INTEGER))

    def numbers(self, held: Kind) -> list[tuple[str | None, Value]]:
        if isinstance(held, Value):
            return [(None, held)] if held.type in ("integer", "real") else []
        known = self.sure(held) if isinstance(held, Vertex | Edge) else {}
        return [(n, k) for n, k in sorted(known.items()) if k.type in ("integer", "real")]

    # many to one, and back

    def reduced(self, state: State) -> State:
        state = replace(state, gathered={})
        made, held = state.traversal, state.held
        ways = ["fold"] if state.counted else ["count", "fold"]
        if isinstance(held, Value) and held.type in ("integer", "real"):
            ways += ["max", "min"]
            if held.exact:
                ways += ["sum", "sum"]
        match self.of(ways):
            case "count":
                return replace(state.forgetful(made.count(), INTEGER, ordered=True), counted=True)
            case "fold":
                return state.forgetful(made.fold(), ListOf(held, ordered=state.ordered), ordered=True)
            case "max":
                return state.forgetful(made.max_(), held, ordered=True)
            case "min":
                return state.forgetful(made.min_(), held, ordered=True)
        return state.forgetful(made.sum_(), held, ordered=True)

    def window(self, state: State) -> State:
        """In a total order, and perhaps a part of it."""
        made, held = state.traversal.order(), state.held
        way = self.of((Order.asc, Order.desc))
        if isinstance(held, Vertex):
            sure = self.sure(held)
            if sure and self.chance():
                made = made.by(self.of(sorted(sure)), self.of((Order.asc, Order.desc)))
            made = made.by(T.id, way)
        else:
            made = made.by(way) if self.chance() else made
        match self.of(("all", "limit", "range", "rest")):
            case "limit":
                made = made.limit(self.number(0, 4))
            case "range":
                start = self.number(0, 3)
                made = made.range_(start, start + self.number(0, 3))
            case "rest":
                made = made.range_(self.number(0, 3), -1)
            case _:
                return state.kept(made, ordered=True)
        return state.forgetful(made, held, ordered=True)

    def dedup(self, state: State) -> State:
        made, held = state.traversal, state.held
        if isinstance(held, Value) and not held.exact:
            return state
        if isinstance(held, Vertex | Edge) and self.sure(held) and self.number(0, 2) == 0:
            name = self.of(sorted(self.sure(held)))
            return state.forgetful(made.dedup().by(name).values(name), self.sure(held)[name])
        return state.forgetful(made.dedup(), held)

    def computed(self, state: State) -> State:
        made, held = state.traversal, state.held
        if isinstance(held, Value) and held.type in ("integer", "real"):
            sign = self.of(("_ + 1", "_ * _", "_ / 4", "abs(_) - 2", "floor(_ / 2)", "ceil(_ * 1.5)"))
            return state.then(made.math(sign), ROUNDED, path="x")
        if not isinstance(held, Vertex):
            return state.then(made.constant(self.number(0, 3)), INTEGER, path="x")
        numbers = self.numbers(held)
        names = [n for n, kind in sorted(state.names.items()) if isinstance(kind, Vertex)]
        both = [n for n in names if dict(self.numbers(state.names[n])).keys() & dict(numbers).keys()]
        if both and numbers and self.chance():
            shared = sorted(
                {str(p) for p, _ in numbers} & {str(p) for p, _ in self.numbers(state.names[both[0]])}
            )
            return state.then(made.math(f"_ - {both[0]}").by(self.of(shared)), ROUNDED, path="x")
        if not numbers:
            return state.then(made.constant("k"), TEXT, path="x")
        name, _ = self.of(numbers)
        return state.then(made.math("_ * 2 + 1").by(str(name)), ROUNDED, path="x")

    # lists and maps

    def of_list(self, state: State) -> State:
        assert isinstance(state.held, ListOf)
        made, item, held = state.traversal, state.held.item, state.held
        ways = ["count"]
        if isinstance(item, Value):
            ways += ["order"] if item.type != "flag" else []
            ways += ["max"] if item.type in ("integer", "real") else []
            ways += ["sum"] if item.type in ("integer", "real") and item.exact else []
            ways += ["limit"] if held.ordered else []
        match self.of(ways):
            case "order":
                return state.then(made.order(Scope.local), ListOf(item, ordered=True), path="x")
            case "max":
                return state.then(made.max_(Scope.local), item, path="x")
            case "sum":
                return state.then(made.sum_(Scope.local), item, path="x")
            case "limit":
                # A list of one may come as the one.
                return state.then(made.limit(Scope.local, 2).count(Scope.local), INTEGER, path="x")
        return state.then(made.count(Scope.local), INTEGER, path="x")

    def unfolded(self, state: State) -> State:
        assert isinstance(state.held, ListOf)
        return state.then(state.traversal.unfold(), state.held.item, path="x")

    def of_fields(self, state: State) -> State:
        assert isinstance(state.held, Fields)
        name, kind = self.of(state.held.fields)
        others = [n for n, _ in state.held.fields if n != name]
        if others and self.chance() and {name, others[0]} <= state.held.sure:
            known = dict(state.held.fields)
            fields = ((name, kind), (others[0], known[others[0]]))
            made = state.traversal.select(name, others[0])
            return state.then(made, Fields(fields, frozenset((name, others[0]))), path="x")
        return replace(state.then(state.traversal.select(name), kind, path="x"), names={})

    def sorted_fields(self, state: State) -> State:
        """By a field that is there; those that are equal in it come in any order."""
        assert isinstance(state.held, Fields)
        sortable = [n for n, k in state.held.fields if n in state.held.sure and isinstance(k, Value)]
        if not sortable:
            return state
        name = self.of(sortable)
        made = state.traversal.order().by(__.select(name), self.of((Order.asc, Order.desc)))
        if self.chance():
            return state.kept(made)
        kind = dict(state.held.fields)[name]
        assert isinstance(kind, Value)
        made = made.select(name)
        return state.forgetful(made.limit(self.number(0, 3)), kind, ordered=True)

    def of_groups(self, state: State) -> State:
        assert isinstance(state.held, Groups)
        side, kind = self.of(((Column.keys, state.held.key), (Column.values, state.held.value)))
        return state.then(state.traversal.select(side), ListOf(kind), path="x")


def _joined(one: Kind, other: Kind) -> Kind:
    """What is held that comes from either side."""
    if one == other:
        return one
    if isinstance(one, Vertex) and isinstance(other, Vertex):
        return Vertex(one.labels | other.labels)
    return Mixed(_has_elements(one) or _has_elements(other))


def _has_elements(kind: Kind) -> bool:
    match kind:
        case ListOf():
            return _has_elements(kind.item)
        case Mixed():
            return kind.elements
    return isinstance(kind, Vertex | Edge)


def canonical(answer: Any, kind: Kind) -> Any:
    """An answer as it compares: lists without an order as bags, reals without their last digits."""
    match answer:
        case bool() | None:
            return (type(answer).__name__, answer)
        case float():
            return ("real", float(f"{answer:.9g}") + 0.0)
        case int():
            return ("integer", answer)
        case list():
            item = kind.item if isinstance(kind, ListOf) else Mixed()
            items = [canonical(each, item) for each in answer]
            ordered = isinstance(kind, ListOf) and kind.ordered
            return ("list", tuple(items if ordered else sorted(items, key=repr)))
        case dict():
            inner = dict(kind.fields) if isinstance(kind, Fields) else {}
            value = kind.value if isinstance(kind, Groups) else Mixed()
            pairs = [(repr(k), canonical(v, inner.get(k, value))) for k, v in answer.items()]
            return ("map", tuple(sorted(pairs)))
    return answer


def canonical_answers(answers: list[Any], asked: Asked) -> list[Any]:
    """All answers as they compare: in their order where that is told."""
    made = [canonical(answer, asked.kind) for answer in answers]
    return made if asked.ordered else sorted(made, key=repr)
