"""Rows of traversers: what a traversal's steps are written into.

A :class:`Stream` is a sequence of clauses; a :class:`Walk` is one expression (a pattern comprehension, a
list comprehension or a plain value), which Neo4j answers fastest for what is nested. Steps are written once
and work on both; a step that a walk cannot take raises :class:`NotInline`, and a subquery with a stream of
its own takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from graph.compiler import holds
from graph.compiler.clauses import Clause, clauses
from graph.compiler.cypher import clauses as cypher
from graph.compiler.cypher.answers import PLAIN, Listed
from graph.compiler.cypher.clauses import Hop, Plainly, Scan, With, order_by
from graph.compiler.cypher.naming import Names, aggregates, in_order, is_cheap, is_variable, variables_in
from graph.compiler.cypher.statement import Window
from graph.compiler.cypher.traverser import Traverser, Value
from graph.compiler.dataflow import Dataflow, Scope
from graph.compiler.holds import Column, Holds, Lists
from graph.compiler.shape import Token, words
from graph.compiler.step_meanings import MEANINGS
from graph.compiler.step_tree import Argument, MapOf, Slot, StepTree
from graph.errors import UnsupportedStep

ENGINE: Final = "neo4j"
REDUCING: Final = words("fold count sum min max group groupCount")
CREATING: Final = words("addV addE mergeV mergeE")


class NotInline(Exception):
    """A walk cannot take this step."""


@dataclass(frozen=True, slots=True)
class Following:
    """What stands around a clause: what it makes, and the clauses after it."""

    after: Holds
    rest: Sequence[Clause]


Emitter = Callable[["Rows", Clause, Following], int | None]
"""Writes a clause into rows; gives how many of the clauses after it it has written as well."""


@dataclass
class Compilation:
    """What all rows of one statement share."""

    flow: Dataflow
    emitters: Mapping[str, Emitter]
    wanted: frozenset[str]
    """The names of steps that anything speaks of."""
    tracks_paths: bool
    writes: bool
    rounds: Mapping[int, int]
    """How often each ``times`` goes round, by slot."""
    names: Names = field(default_factory=Names)
    slots: set[int] = field(default_factory=set)
    windows: dict[str, Window] = field(default_factory=dict)
    ends: list[Column] = field(default_factory=list)

    def parameter(self, slot: Slot) -> str:
        """The parameter that has the value of ``slot``."""
        if slot.shape is type(None):
            return "null"
        self.slots.add(slot.index)
        return f"$p{slot.index}"

    def given(self, argument: Argument, step: str) -> Value:
        """A value that was given with the traversal."""
        held = self.flow.given(argument, step)
        match argument:
            case Slot():
                text = self.parameter(argument)
                return Value(text, held, nulls=text == "null")
            case MapOf():
                fields = tuple((str(key), self.given(value, step)) for key, value in argument.entries)
                return map_of(fields, held)
            case str():
                return Value(text_literal(argument), held)
        raise unsupported(step, "give it a value")

    def meaning(self, clause: Clause, held: Holds, scope: Scope, rest: Sequence[Clause]) -> Holds:
        """What ``clause`` makes of ``held``."""
        if clause.name in CREATING:
            return self.flow.writing.create(clause, held, scope, following=rest)
        return MEANINGS[clause.name](self.flow, clause, held, scope)


def unsupported(step: str, instead: str) -> UnsupportedStep:
    """The refusal of what Cypher cannot say."""
    return UnsupportedStep(step, ENGINE, instead)


def text_literal(text: str) -> str:
    """A fixed word of the schema as a literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def map_of(fields: tuple[tuple[str, Value], ...], held: Holds) -> Value:
    """A map made in place."""
    from graph.compiler.cypher.answers import Mapped
    from graph.compiler.cypher.naming import quoted

    for name, value in fields:
        if value.missing and value.nulls:
            raise unsupported(f"project({name})", "let it either be null or be missing")
    text = ", ".join(f"{quoted(name)}: {value.text}" for name, value in fields)
    nulls = frozenset(name for name, value in fields if value.nulls)
    form = Mapped(tuple((name, value.form) for name, value in fields), nulls)
    return Value(f"{{{text}}}", held, form=form, fields=fields)


class Rows:
    """Where steps are written."""

    origin: Rows
    """Where it is nested, unless it is a stream."""

    def __init__(self, c: Compilation, t: Traverser, scope: Scope) -> None:
        self.c = c
        self.t = t
        self.scope = scope

    @property
    def current(self) -> Value:
        """Where the traverser is."""
        return self.t.current

    def run(self, tree: StepTree) -> None:
        """Write all of ``tree``."""
        self.run_clauses(list(clauses(tree.steps, ENGINE)))

    def run_clauses(self, cut: Sequence[Clause]) -> None:
        """Write clauses one after the other."""
        at = 0
        while at < len(cut):
            at += self.step(cut, at)

    def step(self, cut: Sequence[Clause], at: int) -> int:
        """Write one clause; how many were written with it."""
        rest = cut[at + 1 :]
        after = self.c.meaning(cut[at], self.current.held, self.scope, rest)
        more = self.c.emitters[cut[at].name](self, cut[at], Following(after, rest)) or 0
        for clause in rest[:more]:
            after = self.c.meaning(clause, after, self.scope, ())
        return 1 + more

    def go(self, value: Value) -> None:
        """Be somewhere else."""
        self.t = self.t.at(value) if self.c.tracks_paths else replace(self.t, current=value)

    def become(self, value: Value) -> None:
        """Be all there is: nothing of what was before is remembered."""
        fresh = Traverser(value, sack=None, single=True)
        self.t = fresh.at(value) if self.c.tracks_paths else fresh

    def stream(self) -> Stream:
        """This, when it is a stream."""
        raise NotInline

    def keep(self, condition: str) -> None:
        """Go on only with rows for which ``condition`` is true."""
        raise NotImplementedError

    def expand(self, hop: Hop) -> None:
        """Go on for each edge."""
        raise NotImplementedError

    def bind(self) -> str:
        """The variable of where the traverser is."""
        if not is_variable(self.current.text):
            raise NotInline
        return self.current.text

    def require(self) -> None:
        """Let go of rows without a traverser."""
        if self.current.missing:
            self.keep(self.current.exists)
            self.t = replace(self.t, current=replace(self.current, missing=False, there=""))


class Walk(Rows):
    """One expression: a value, or every end of a walk from one."""

    def __init__(self, origin: Rows) -> None:
        super().__init__(origin.c, origin.t, origin.scope.inner())
        self.origin = origin
        self._reset()

    def _reset(self) -> None:
        self.t = replace(self.origin.t, order=(), single=True)
        self.scope = self.origin.scope.inner()
        self.where: list[str] = []
        self.source = ""
        self.tip = ""
        self.types: list[frozenset[str] | None] = []
        self.items: tuple[Value, ...] = ()

    @property
    def one(self) -> bool:
        """Whether there is at most one traverser."""
        return not self.source

    def run_clauses(self, cut: Sequence[Clause]) -> None:
        """Write clauses; a part that is not inline and ends in one value comes from a subquery."""
        at = 0
        while at < len(cut):
            try:
                at += self.step(cut, at)
            except NotInline:
                end = next((i for i in range(at, len(cut)) if reduces(cut[i])), None)
                if end is None:
                    raise
                self._reset()
                value = reduced_by_subquery(self.origin, cut[: end + 1])
                self.where = []
                self.become(value)
                at = end + 1

    def keep(self, condition: str) -> None:
        """Note a condition."""
        self.where.append(condition)
        self.items = ()

    def expand(self, hop: Hop) -> None:
        """Go one edge further; no edge may be gone twice, so the labels of all hops must differ."""
        types = frozenset(hop.types.strip(":").split("|")) if hop.types else None
        if self.source and (self.tip != hop.start or self._may_repeat(types)):
            raise NotInline
        if not self.source:
            self.source = f"({hop.start})"
        self.source += hop.drawn
        self.tip = hop.end
        self.types.append(types)
        self.t = replace(self.t, single=False)

    def _may_repeat(self, types: frozenset[str] | None) -> bool:
        return types is None or any(gone is None or gone & types for gone in self.types)

    def unfold(self, source: str, item: Value, items: tuple[Value, ...] = ()) -> None:
        """Go on for each item of the list ``source``, which a comprehension calls ``item``."""
        if not self.one or self.where:
            raise NotInline
        self.source = f"{item.text} IN {source}"
        self.tip = ""
        self.items = items
        self.types.append(None)
        self.go(item)
        self.t = replace(self.t, single=False)

    # what it answers

    def exists(self) -> Condition:
        """Whether there is any."""
        where = self._where()
        if self.one:
            return all_of(where)
        conditions = f" WHERE {' AND '.join(where)}" if where else ""
        if not self.tip:
            return Condition(f"any({self.source}{conditions or ' WHERE true'})", sure=not where)
        return Condition(f"EXISTS {{ {self.source}{conditions} }}", sure=True)

    def first(self) -> Value:
        """The first one."""
        if not self.one:
            if self.current.nulls:
                raise NotInline
            every = self.every()
            text = f"head({every.text})"
            return replace(self.current, text=text, missing=True, ends=None, fields=None, there="")
        where = self._where() if self.current.there else self.where
        if not where:
            return self.current
        if self.current.nulls:
            raise unsupported("a condition on what may be null", "test it before constant(None)")
        text = f"CASE WHEN {' AND '.join(where)} THEN {self.current.text} END"
        return replace(self.current, text=text, missing=True, ends=None, fields=None, there="")

    def every(self) -> Value:
        """The list of all."""
        current, where = self.current, self._where()
        held, form = Lists(current.held), Listed(current.form)
        conditions = f" WHERE {' AND '.join(where)}" if where else ""
        if self.one:
            text = f"[{current.text}]"
            text = (
                f"CASE{conditions.replace(' WHERE', ' WHEN', 1)} THEN {text} ELSE [] END" if where else text
            )
        elif self.source.startswith(f"{current.text} IN ") and not where:
            text = self.source.removeprefix(f"{current.text} IN ")
        else:
            text = f"[{self.source}{conditions} | {current.text}]"
        return Value(text, held, form=form if form != Listed(PLAIN) else PLAIN)

    def count(self) -> str:
        """How many there are."""
        where = self._where()
        conditions = f" WHERE {' AND '.join(where)}" if where else ""
        if self.one:
            return f"CASE{conditions.replace(' WHERE', ' WHEN', 1)} THEN 1 ELSE 0 END" if where else "1"
        if not self.tip:
            return f"size({self.every().text})"
        return f"COUNT {{ {self.source}{conditions} }}"

    def _where(self) -> list[str]:
        if self.current.missing:
            condition = self.current.exists
            return self.where if condition in self.where else [*self.where, condition]
        return self.where

    def reduce_to(self, value: Value) -> None:
        """Be one value that says something of all there were."""
        self.where, self.source, self.tip, self.types, self.items = [], "", "", [], ()
        self.become(value)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition; ``sure``: it is true or false and never null."""

    text: str
    sure: bool = False

    def negated(self) -> str:
        """The condition that it is not true."""
        return f"NOT {self.text}" if self.sure else f"NOT coalesce({self.text}, false)"


def all_of(conditions: Sequence[str]) -> Condition:
    """The condition that all hold."""
    if not conditions:
        return Condition("true", sure=True)
    sure = all(c.endswith(" IS NOT NULL") and " AND " not in c for c in conditions)
    text = " AND ".join(conditions)
    return Condition(f"({text})", sure)


class Stream(Rows):
    """Clauses, one after the other."""

    def __init__(
        self, c: Compilation, t: Traverser, scope: Scope, outer: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(c, t, scope)
        self.outer = outer
        self.clauses: list[cypher.Clause] = []
        self.variables: set[str] = set()
        self.kept: dict[str, list[str]] = {}
        self.locked: set[str] = set()
        self.started = bool(t.current.text)

    def stream(self) -> Stream:
        """This."""
        return self

    def add(self, clause: cypher.Clause, *variables: str) -> None:
        """One more clause, which brings ``variables``."""
        self.clauses.append(clause)
        self.variables.update(variables)

    def keep(self, condition: str) -> None:
        """Go on only with rows for which ``condition`` is true."""
        last = self.clauses[-1] if self.clauses else None
        if isinstance(last, Plainly) or last is None or (isinstance(last, Scan | Hop) and last.optional):
            self.carry()
            last = self.clauses[-1]
        assert not isinstance(last, Plainly)
        last.where.append(condition)
        if self.c.writes and is_variable(self.current.text):
            self.kept.setdefault(self.current.text, []).append(condition)

    def expand(self, hop: Hop) -> None:
        """Go on for each edge."""
        self.add(hop, *({hop.start, hop.edge, hop.end} - self.outer - {""}))
        self.t = replace(self.t, single=self.t.single and hop.optional)

    def bind(self) -> str:
        """The variable of where the traverser is; it gets one when it has none."""
        if not is_variable(self.current.text):
            held = self.current.held
            letter = (
                "v" if isinstance(held, holds.Vertices) else "e" if isinstance(held, holds.Edges) else "x"
            )
            variable = self.c.names.new(letter)
            bound = replace(self.current, text=variable, fields=None)
            self.carry(bindings=[(variable, self.current.text)], after=bound)
            self._rename_in_path(bound)
        return self.current.text

    def _rename_in_path(self, bound: Value) -> None:
        if self.t.path:
            *before, last = self.t.path
            self.t = replace(self.t, path=(*before, replace(last, value=bound)))

    def require(self) -> None:
        """Let go of rows without a traverser."""
        if self.current.missing and not is_cheap(self.current.text):
            self.bind()
        super().require()

    def live(self, t: Traverser | None = None) -> list[str]:
        """The variables that later steps need, those from outside excepted."""
        needed: set[str] = set()
        for text in (t or self.t).texts(self.c.wanted):
            needed |= variables_in(text)
        for variable, conditions in self.kept.items():
            if variable in needed:
                for condition in conditions:
                    needed |= variables_in(condition)
        return in_order(needed & self.variables)

    def carry(
        self,
        *,
        bindings: Sequence[tuple[str, str]] = (),
        after: Value | None = None,
        distinct: bool = False,
        sort: bool = False,
        skip: str = "",
        limit: str = "",
    ) -> None:
        """A ``WITH`` of everything alive, and of new variables; the traverser is at ``after`` then."""
        if after is not None:
            self.t = replace(self.t, current=after)
        new = [name for name, _ in bindings]
        kept = [name for name in self.live() if name not in new]
        items = [*kept, *(f"{text} AS {name}" for name, text in bindings)]
        if not items:
            nothing = self.c.names.new("x")
            items, kept = [f"1 AS {nothing}"], [nothing]
        order = self.t.order if sort else ()
        self.clauses.append(With(items, distinct, order, skip, limit))
        self.variables = {*kept, *new}

    def gather(self, expressions: Sequence[tuple[str, str]], keys: Sequence[tuple[str, str]] = ()) -> None:
        """A ``WITH`` that aggregates; only what it makes is there afterwards."""
        items = [f"{text} AS {name}" if text != name else name for name, text in (*keys, *expressions)]
        self.clauses.append(With(items))
        self.variables = {name for name, _ in (*keys, *expressions)}
        self.kept = {}

    def sorted_for_gathering(self) -> None:
        """Say the order again, so that what gathers next sees it."""
        if self.t.order:
            self.carry(sort=True)

    def lines(self) -> list[str]:
        """The clauses as text."""
        return [str(clause) for clause in self.clauses]

    def answers(self, name: str = "r", *, text: str | None = None) -> str:
        """All of it, ending in ``RETURN``."""
        returned = self.current.text if text is None else text
        what = name if returned == name else f"{returned} AS {name}"
        return " ".join([*self.lines(), f"RETURN {what}{order_by(self.t.order)}"])


def inner(rows: Rows) -> Stream:
    """A stream for a subquery of ``rows``: it sees everything around it."""
    around = rows
    while not isinstance(around, Stream):
        around = around.origin
    seen = around.outer | around.variables
    for text in rows.t.texts(rows.c.wanted):
        seen |= variables_in(text)
    t = replace(rows.t, order=(), single=True)
    stream = Stream(rows.c, t, rows.scope.inner(), seen)
    if rows.current.missing:
        stream.require()
    return stream


def reduces(clause: Clause) -> bool:
    """Whether a clause makes one of all that come."""
    return clause.name in REDUCING and not any(isinstance(a, Token) for a in clause.step.arguments)


def in_subquery(rows: Rows, cut: Sequence[Clause]) -> Stream:
    """A subquery's stream with ``cut`` written into it.

    Where it goes on after it gathered, what was gathered comes from an expression: a subquery that gathers
    nothing and goes on has no row in Neo4j, and not the one it should have.
    """
    stream = inner(rows)
    gathers = max((i for i, clause in enumerate(cut[:-1]) if reduces(clause)), default=None)
    if gathers is not None:
        walk = Walk(rows)
        walk.run_clauses(cut[: gathers + 1])
        stream.become(walk.first())
        stream.clauses, stream.variables = [], set()
        stream.bind()
        stream.require()
        cut = cut[gathers + 1 :]
    stream.run_clauses(cut)
    stream.require()
    return stream


def reduced_by_subquery(rows: Rows, cut: Sequence[Clause]) -> Value:
    """What clauses that end in a reducing one give, by a subquery."""
    last = cut[-1]
    if last.name == "fold":
        stream = in_subquery(rows, cut[:-1])
        value = stream.current
        held, form = Lists(value.held), PLAIN if value.form == PLAIN else Listed(value.form)
        name = rows.c.names.new("x")
        return settled(rows, Value(f"COLLECT {{ {stream.answers(name)} }}", held, form=form))
    if last.name == "count":
        stream = in_subquery(rows, cut[:-1])
        stream.t = replace(stream.t, order=())
        name = rows.c.names.new("x")
        text = f"COUNT {{ {stream.answers(name, text='1')} }}"
        return settled(rows, Value(text, holds.INTEGER))
    stream = in_subquery(rows, cut)
    name = rows.c.names.new("x")
    value = replace(stream.current, fields=None, ends=None)
    text = f"head({settled(rows, Value(f'COLLECT {{ {stream.answers(name)} }}')).text})"
    if last.name in ("group", "groupCount"):
        # There is always a group, though Neo4j may find no row here when it gathers nothing.
        return replace(value, text=f"coalesce({text}, [])")
    return replace(value, text=text, missing=True)


def first(rows: Rows, tree: StepTree) -> Value:
    """The first answer of a nested traversal, as an expression; missing when there is none."""
    cut = list(clauses(tree.steps, ENGINE))
    try:
        walk = Walk(rows)
        walk.run_clauses(cut)
        return walk.first()
    except NotInline:
        stream = in_subquery(rows, cut)
        if stream.current.nulls:
            raise unsupported(
                "by() what may be null", "say coalesce(..., constant(None)) at its end"
            ) from None
        name = rows.c.names.new("x")
        value = replace(stream.current, fields=None, ends=None, missing=True)
        found = settled(rows, Value(f"COLLECT {{ {stream.answers(name)} LIMIT 1 }}"))
        return replace(value, text=f"head({found.text})")


def every(rows: Rows, tree: StepTree) -> Value:
    """The list of all answers of a nested traversal, as an expression."""
    cut = list(clauses(tree.steps, ENGINE))
    try:
        walk = Walk(rows)
        walk.run_clauses(cut)
        return walk.every()
    except NotInline:
        stream = in_subquery(rows, cut)
        value = stream.current
        form = PLAIN if value.form == PLAIN else Listed(value.form)
        name = rows.c.names.new("x")
        return settled(rows, Value(f"COLLECT {{ {stream.answers(name)} }}", Lists(value.held), form=form))


def condition(rows: Rows, tree: StepTree) -> Condition:
    """Whether a nested traversal has any answer."""
    cut = list(clauses(tree.steps, ENGINE))
    try:
        walk = Walk(rows)
        walk.run_clauses(cut)
        return walk.exists()
    except NotInline:
        stream = in_subquery(rows, cut)
        stream.t = replace(stream.t, order=())
        name = rows.c.names.new("x")
        text = f"EXISTS {{ {stream.answers(name, text='1')} }}"
        if not isinstance(rows, Stream):
            text = settled(rows, Value(text)).text
        return Condition(text, sure=True)


def settled(rows: Rows, value: Value) -> Value:
    """``value``, in a variable of its own if a subquery of it aggregates.

    Neo4j takes whatever has such a subquery in it, but the subquery alone, for an aggregate over the rows.
    """
    if not aggregates(value.text):
        return value
    inside: set[str] = set()
    around = rows
    while not isinstance(around, Stream):
        if isinstance(around, Walk):
            inside |= variables_in(around.source)
        around = around.origin
    if variables_in(value.text) & (inside - around.variables - around.outer):
        raise NotInline
    variable = rows.c.names.new("x")
    around.clauses.append(With([*in_order(around.variables), f"{value.text} AS {variable}"]))
    around.variables.add(variable)
    return replace(value, text=variable, fields=None, ends=None, there="")
