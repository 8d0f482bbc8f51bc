"""``repeat``, and the paths that walks leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from graph.compiler.clauses import Clause, clauses
from graph.compiler.cypher.answers import PLAIN, Listed
from graph.compiler.cypher.branching import branch_rows
from graph.compiler.cypher.clauses import Plainly
from graph.compiler.cypher.naming import quoted
from graph.compiler.cypher.reading import by, bys
from graph.compiler.cypher.rows import (
    ENGINE,
    Condition,
    Following,
    NotInline,
    Rows,
    Stream,
    Walk,
    condition,
    unsupported,
)
from graph.compiler.cypher.traverser import PathPart, Value
from graph.compiler.holds import Holds, Vertices
from graph.compiler.shape import words
from graph.compiler.step_tree import Slot, Step, StepTree

_HOPS = {"out": ("-", "->"), "in": ("<-", "-"), "both": ("-", "-")}
MOST_ROUNDS: Final = 100
"""Every round is written out, so that more would make a statement too long to plan."""

_ALONE = words("limit range order count sum min max fold group groupCount aggregate dedup")


def repeat(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``repeat``: unrolled for a number of times, a quantified path until a condition holds."""
    stream = rows.stream()
    body = clause.step.arguments[-1]
    assert isinstance(body, StepTree)
    if clause.all("until"):
        _until(stream, clause, body, following.after)
        return None
    emits = clause.all("emit")
    if emits and (reached := _reached_once(stream, clause, body, following)):
        return reached
    hops = tuple(step for step in body.steps if step.name in _ALONE)
    times = _times(stream, clause)
    if times > MOST_ROUNDS:
        raise unsupported(f"repeat().times({times})", f"go round at most {MOST_ROUNDS} times, or until()")
    if any(step.name != "dedup" for step in hops):
        raise unsupported(f"repeat({hops[0].name}())", f"say {hops[0].name}() after it, or local() in it")
    if hops and times > 1:
        return _each_once(stream, clause, body, following)
    if not emits:
        for _ in range(times):
            stream.run(body)
        return None
    _emitted(stream, clause, body, times, following.after)
    return None


def _times(stream: Stream, clause: Clause) -> int:
    (times,) = clause.all("times")
    (slot,) = times.arguments
    assert isinstance(slot, Slot)
    around = stream.c.rounds[slot.index]
    return around if times in clause.before else max(around, 1)


def _emitted(stream: Stream, clause: Clause, body: StepTree, times: int, after: Holds) -> None:
    """Every level as a branch of its own: those that are emitted on a condition, and the last one."""
    (emit,) = clause.all("emit")
    first = emit in clause.before
    test = tuple(Step("where", (a,)) for a in emit.arguments if isinstance(a, StepTree))
    levels = [(body.steps * level, test) for level in range(0 if first else 1, times)]
    if not first and clause.all("times")[0] in clause.before:
        levels += [(body.steps * times, test)] if times else []
    levels.append((body.steps * times, ()))
    branch_rows(stream, [(StepTree((*steps, *checked)), "") for steps, checked in levels], after, local=True)


def _hop(body: StepTree) -> Step | None:
    """The hop that a body is, but for a ``dedup``."""
    steps = [step for step in body.steps if not (step.name == "dedup" and not step.arguments)]
    return steps[0] if len(steps) == 1 and steps[0].name in _HOPS else None


def _plain_emit(clause: Clause) -> bool:
    return all(not emit.arguments for emit in clause.all("emit")) and len(clause.all("emit")) == 1


def _reached_once(stream: Stream, clause: Clause, body: StepTree, following: Following) -> int | None:
    """All that is reached in some hops, each once: for that Neo4j prunes the paths it has seen."""
    hop = _hop(body)
    after = following.rest[0] if following.rest else None
    if hop is None or after is None or after.name != "dedup" or after.step.arguments or after.after:
        return None
    remembers = any(name in stream.c.wanted for name in stream.t.names)
    if not _plain_emit(clause) or stream.c.tracks_paths or stream.t.sack is not None or remembers:
        return None
    if stream.t.order:
        return None
    start, end = stream.bind(), stream.c.names.new("v")
    least = 0 if clause.all("emit")[0] in clause.before else 1
    left, right = _HOPS[hop.name]
    types = "|".join(quoted(str(label)) for label in hop.arguments)
    inner = f"[{f':{types}' if types else ''}*{least}..{_times(stream, clause)}]"
    stream.add(Plainly(f"MATCH ({start}){left}{inner}{right}({end})"), end)
    stream.t = replace(stream.t, current=Value(end, following.after), single=False)
    stream.carry(distinct=True)
    return 1


def _each_once(stream: Stream, clause: Clause, body: StepTree, following: Following) -> int | None:
    """A ``dedup`` in the body remembers over all rounds: together they give each vertex once."""
    if _hop(body) is None or not _plain_emit(clause):
        raise unsupported("repeat(... dedup())", "emit() each round, or say dedup() after it")
    plain = Step("repeat", (StepTree(tuple(s for s in body.steps if s.name != "dedup")),))
    times = clause.all("times")[0]
    reached = StepTree((plain, Step("emit"), Step("times", times.arguments), Step("dedup")))
    if clause.all("emit")[0] in clause.before:
        branch_rows(stream, [(StepTree(()), ""), (reached, "")], following.after)
    else:
        stream.run(reached)
    return None


# until


def _until(stream: Stream, clause: Clause, body: StepTree, after: Holds) -> None:
    (until,) = clause.all("until")
    (test,) = until.arguments
    assert isinstance(test, StepTree)
    emits = clause.all("emit")
    until_first = until in clause.before
    emit_first = bool(emits) and emits[0] in clause.before
    if until_first and emits and not emit_first:
        raise unsupported("until().repeat().emit()", "put emit() before repeat() as well")
    emit = next((a for e in emits for a in e.arguments if isinstance(a, StepTree)), None)
    if not until_first and not emit_first:
        _Walked(stream, body, test, emit, emits=bool(emits)).write(after)
        return
    # The start counts as well: it is a branch of its own, and the rest of the walk is the other one.
    around = Step("repeat", (body,))
    emitting = (Step("emit", tuple(a for e in emits for a in e.arguments)),) if emits else ()
    walk = StepTree((around, *emitting, Step("until", (test,))))
    ends = condition(stream, test)
    going = ends.negated() if until_first else ""
    starts = [ends.text] if until_first else []
    if emit_first:
        starts.append("true" if emit is None else condition(stream, emit).text)
    branch_rows(stream, [(StepTree(()), f"({' OR '.join(starts)})"), (walk, going)], after, local=True)


class _Walked:
    """A walk of any length along one kind of hop, that meets no vertex twice."""

    def __init__(
        self, stream: Stream, body: StepTree, test: StepTree, emit: StepTree | None, *, emits: bool
    ) -> None:
        self.stream, self.body, self.test = stream, body, test
        self.emit, self.emits, self.start = emit, emits, stream.bind()

    def write(self, after: Holds) -> None:
        """Write it as a quantified path, its last hop apart."""
        stream = self.stream
        held = stream.current.held
        passed, between, ended = self._hop(held)
        conditions = " AND ".join([*between.where, self._ends(between).negated()])
        last, final, reached = self._hop(held)
        where = [*final.where]
        if not self.emits:
            where.append(self._ends(final).text)
        elif self.emit is not None:
            where.append(f"({self._ends(final).text} OR {condition(final, self.emit).text})")
        where_text = f" WHERE {' AND '.join(where)}" if where else ""
        looped = f"(({passed}){between.source.removeprefix(f'({passed})')} WHERE {conditions}){{0,}}"
        ending = f"({last}){final.source.removeprefix(f'({last})')}"
        before = " + ".join(p.value.text if p.several else f"[{p.value.text}]" for p in stream.t.path)
        stream.add(Plainly(f"MATCH ({self.start}) {looped} {ending}{where_text}"), ended, reached)
        way = stream.c.names.new("x")
        at = Value(reached, after)
        stream.t = replace(stream.t, single=False)
        stream.carry(bindings=[(way, f"{before} + {ended} + [{reached}]"), (reached, reached)], after=at)
        stream.variables.add(reached)
        stream.t = replace(stream.t, path=(PathPart(Value(way), several=True),))
        stream.keep(_all_differ(stream, way))

    def _hop(self, held: Holds) -> tuple[str, Walk, str]:
        """One hop with its conditions, from a vertex that is new: its variable, the hop, where it ends."""
        names = self.stream.c.names
        start = names.new("v")
        walk = Walk(self.stream)
        walk.t = replace(walk.t, current=Value(start, held), path=())
        steps = tuple(step for step in self.body.steps if step.name != "simplePath")
        try:
            cut = list(clauses(steps, ENGINE))
            for at in range(len(cut)):
                walk.step(cut, at)
        except NotInline:
            raise unsupported(
                "repeat(...).until()", "its body is one hop, with has() on what it meets"
            ) from None
        if walk.tip != walk.current.text or not isinstance(walk.current.held, Vertices):
            raise unsupported("repeat(...).until()", "its body ends on the vertex that it hops to")
        return start, walk, walk.current.text

    def _ends(self, walk: Walk) -> Condition:
        return condition(_At(walk), self.test)


class _At(Walk):
    """Standing at the end of a hop."""

    def __init__(self, walk: Walk) -> None:
        super().__init__(walk.origin)
        self.t = walk.t
        self.where = []


def _all_differ(stream: Stream, way: str) -> str:
    at = stream.c.names.new("l")
    return f"all({at} IN range(0, size({way}) - 2) WHERE NOT {way}[{at}] IN {way}[{at} + 1..])"


def simple_path(rows: Rows, _clause: Clause, _following: Following) -> int | None:
    """``simplePath``: nothing on the way twice."""
    parts = rows.t.path
    if any(part.several for part in parts):
        stream = rows.stream()
        way = stream.c.names.new("x")
        stream.bind()
        stream.carry(bindings=[(way, _joined(stream.t.path))])
        stream.t = replace(stream.t, path=(PathPart(Value(way), several=True),))
        stream.keep(_all_differ(stream, way))
        return None
    texts = [part.value.text for part in parts]
    for i, one in enumerate(texts):
        for other in texts[:i]:
            rows.keep(f"{other} <> {one}")
    return None


def _joined(path: Sequence[PathPart]) -> str:
    return " + ".join(p.value.text if p.several else f"[{p.value.text}]" for p in path)


def path(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``path``: what was met on the way, each as a ``by`` gives it."""
    modulators = clause.all("by")
    parts = rows.t.path
    pieces, forms = [], set()
    for part, modulator in zip(parts, bys(rows, clause, len(parts)), strict=True):
        assert modulator is not None
        if not part.several:
            value = by(rows, modulator, part.value)
            pieces.append(f"[{value.text}]")
            forms.add(value.form)
            continue
        if len(modulators) > 1 or str(modulator.arguments[0]) not in ("T.id", "T.label"):
            raise unsupported("path() of a walk of any length", "say path().by(T.id) or by(T.label)")
        each = rows.c.names.new("x")
        token = by(rows, modulator, Value(each, Vertices(frozenset(rows.c.flow.schema.vertices))))
        pieces.append(f"[{each} IN {part.value.text} | {token.text}]")
    if len(forms - {PLAIN}) > 1:
        raise unsupported("path().by() of several kinds of maps", "say path().by(T.id)")
    form = next(iter(forms - {PLAIN}), PLAIN)
    text = f"({' + '.join(pieces)})" if pieces else "[]"
    rows.go(Value(text, following.after, form=form if form == PLAIN else Listed(form)))
    return None
