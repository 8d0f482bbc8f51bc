"""Steps that go several ways: unions, choices, what comes first of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graph.compiler import holds
from graph.compiler.clauses import Clause, clauses
from graph.compiler.cypher.answers import PLAIN, Form, Listed, OneOf, joined
from graph.compiler.cypher.clauses import Plainly, With, order_by
from graph.compiler.cypher.filtering import condition_of_choice
from graph.compiler.cypher.gathering import is_local
from graph.compiler.cypher.naming import in_order, is_cheap, variables_in
from graph.compiler.cypher.reading import id_of, label_of
from graph.compiler.cypher.rows import (
    ENGINE,
    Condition,
    Following,
    NotInline,
    Rows,
    Stream,
    Walk,
    condition,
    every,
    first,
    settled,
    unsupported,
)
from graph.compiler.cypher.traverser import PathPart, Value
from graph.compiler.holds import Edges, Holds, Lists, Values, Vertices
from graph.compiler.shape import Token, words
from graph.compiler.step_tree import Argument, Slot, StepTree
from graph.errors import UnsupportedStep

_BARRIERS = words("fold count sum min max group groupCount limit range order dedup aggregate")
Branch = tuple[StepTree, str]
"""What is done, and on which condition."""


def _trees(clause: Clause) -> list[StepTree]:
    return [a for a in clause.step.arguments if isinstance(a, StepTree)]


def _has_barrier(tree: StepTree) -> bool:
    return any(c.name in _BARRIERS and not is_local(c) for c in clauses(tree.steps, ENGINE))


def _gathers(tree: StepTree) -> bool:
    """Whether there is a barrier in it or in one of its branches."""
    branching = [
        c for c in clauses(tree.steps, ENGINE) if c.name in ("union", "choose", "optional", "repeat")
    ]
    inner = [a for c in branching for s in (c.step, *c.after) for a in s.arguments if isinstance(a, StepTree)]
    return _has_barrier(tree) or any(map(_gathers, inner))


def _letter(held: Holds) -> str:
    return "v" if isinstance(held, Vertices) else "e" if isinstance(held, Edges) else "x"


def union(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``union``: every branch, one after the other."""
    trees = _trees(clause)
    rows.require()
    if isinstance(rows, Walk):
        _union_in_walk(rows, trees, following)
        return None
    branch_rows(rows.stream(), [(tree, "") for tree in trees], following.after)
    return None


def _union_in_walk(walk: Walk, trees: Sequence[StepTree], following: Following) -> None:
    if not walk.one or walk.where or walk.c.tracks_paths:
        raise NotInline
    singles = [_single(walk, tree) for tree in trees]
    values = [single for single in singles if single is not None]
    if len(values) == len(trees) and not any(value.nulls for value in values):
        form = _form(values)
        item = Value(walk.c.names.new("x"), following.after, any(v.missing for v in values), form=form)
        walk.unfold(f"[{', '.join(value.text for value in values)}]", item, tuple(values))
        return
    lists = [every(walk, tree) for tree in trees]
    items = [_item_of(each) for each in lists]
    item = Value(walk.c.names.new(_letter(following.after)), following.after, form=_form(items))
    walk.unfold(f"({' + '.join(each.text for each in lists)})", item)


def _item_of(listed: Value) -> Value:
    held = listed.held.item if isinstance(listed.held, Lists) else holds.UNKNOWN
    return Value("", held, form=listed.form.item if isinstance(listed.form, Listed) else PLAIN)


def _single(rows: Rows, tree: StepTree) -> Value | None:
    """The one answer of a branch that has at most one, or None."""
    walk = Walk(rows)
    try:
        walk.run(tree)
    except NotInline:
        return None
    if not walk.one or walk.c.tracks_paths:
        return None
    return walk.first()


def _form(values: Sequence[Value]) -> Form:
    """The form of what comes from either; a scalar is told from anything else when it is there."""
    forms = [value.form for value in values if not isinstance(value.held, Values)] or [PLAIN]
    whole = forms[0]
    for form in forms[1:]:
        both = joined(whole, form)
        if both is None:
            raise unsupported("branches that give groups and something else", "give the same in each")
        whole = both
    return whole


def coalesce(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``coalesce``: the answers of the first branch that has any."""
    trees = _trees(clause)
    rows.require()
    if _written_as_values(rows, trees, following):
        return None
    stream = rows.stream()
    stream.bind()
    branches: list[Branch] = []
    before: list[str] = []
    for i, tree in enumerate(trees):
        branches.append((tree, " AND ".join(before)))
        if i + 1 < len(trees):
            before.append(condition(stream, tree).negated())
    branch_rows(stream, branches, following.after, local=True)
    return None


def _written_as_values(rows: Rows, trees: Sequence[StepTree], following: Following) -> bool:
    if isinstance(rows, Walk) and following.rest == [] and rows.one:
        # Of the last step of a by() only the first answer counts.
        values: list[Value | None] = [first(rows, tree) for tree in trees]
    else:
        values = [_single(rows, tree) for tree in trees]
    if any(value is None for value in values) or rows.c.tracks_paths:
        return False
    found = [value for value in values if value is not None]
    if any(value.nulls for value in found[:-1]):
        return False
    text = f"coalesce({', '.join(value.text for value in found)})"
    form = _form(found)
    rows.go(Value(text, following.after, found[-1].missing, found[-1].nulls, form))
    return True


def optional(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``optional``: what the branch gives, or the traverser itself."""
    (tree,) = _trees(clause)
    rows.require()
    if isinstance(rows, Walk):
        single = _single(rows, tree)
        if single is None or single.nulls:
            raise NotInline
        form = _form([single, rows.current])
        text = f"coalesce({single.text}, {rows.current.text})"
        rows.go(Value(text, following.after, form=form))
        return None
    stream = rows.stream()
    stream.bind()
    nothing = condition(stream, tree).negated()
    branch_rows(stream, [(tree, ""), (StepTree(()), nothing)], following.after, local=True)
    return None


def local(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``local``: for each traverser alone."""
    (tree,) = _trees(clause)
    if not _gathers(tree):
        rows.run(tree)
        return None
    rows.require()
    if isinstance(rows, Walk):
        if not rows.one:
            raise NotInline
        rows.run(tree)
        return None
    branch_rows(rows.stream(), [(tree, "")], following.after, local=True)
    return None


def choose(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``choose``: one of two branches by a condition, or one of several by a value."""
    rows.require()
    if isinstance(rows, Stream) and not is_cheap(rows.current.text):
        rows.bind()
    branches = _choices(rows, clause)
    if _chosen_value(rows, branches, following):
        return None
    branch_rows(rows.stream(), branches, following.after)
    return None


def _choices(rows: Rows, clause: Clause) -> list[Branch]:
    decisive, *ways = clause.step.arguments
    identity = StepTree(())
    options = clause.all("option")
    if not options:
        test = _settled_test(rows, condition_of_choice(rows, decisive))
        otherwise = ways[1] if len(ways) > 1 else identity
        return [(_tree(ways[0]), test.text), (_tree(otherwise), test.negated())]
    value = _decisive_value(rows, decisive)
    branches: list[Branch] = []
    matched: list[str] = []
    default: StepTree | None = None
    for option in options:
        key, way = option.arguments
        if isinstance(key, Token):
            default = _tree(way)
            continue
        test_text = _option_matches(rows, value, key)
        branches.append((_tree(way), " AND ".join([test_text, *(f"NOT {m}" for m in matched)])))
        matched.append(f"coalesce({test_text}, false)")
    unmatched = [f"NOT {m}" for m in matched]
    if default is None:
        return [*branches, (identity, " AND ".join(unmatched) or "true")]
    there = f"{value.text} IS NOT NULL"
    branches.append((default, " AND ".join([there, *unmatched])))
    if value.missing:
        branches.append((identity, f"{value.text} IS NULL"))
    return branches


def _settled_test(rows: Rows, test: Condition) -> Condition:
    return replace(test, text=settled(rows, Value(test.text)).text)


def _decisive_value(rows: Rows, decisive: Argument) -> Value:
    if isinstance(decisive, Token):
        return id_of(rows.current) if decisive.name == "id" else label_of(rows.c, rows.current)
    if isinstance(decisive, StepTree):
        return first(rows, decisive)
    raise unsupported("choose", "choose by a traversal, T.id or T.label")


def _option_matches(rows: Rows, value: Value, key: Argument) -> str:
    from graph.compiler.cypher.filtering import compared
    from graph.compiler.step_tree import Predicate

    if isinstance(key, Predicate):
        return compared(value.text, key, lambda a: rows.c.given(a, "option").text)
    if isinstance(key, Slot):
        return f"{value.text} = {rows.c.given(key, 'option').text}"
    raise unsupported("option", "name a value, or Pick.none")


def _tree(argument: Argument) -> StepTree:
    if isinstance(argument, StepTree):
        return argument
    raise unsupported("choose", "its branches are traversals")


def _chosen_value(rows: Rows, branches: Sequence[Branch], following: Following) -> bool:
    if rows.c.writes or rows.c.tracks_paths:
        return False
    if isinstance(rows, Walk) and following.rest == [] and rows.one:
        values: list[Value | None] = [first(rows, tree) for tree, _ in branches]
    elif any(_has_barrier(tree) for tree, _ in branches):
        values = [None]
    else:
        values = [_single(rows, tree) for tree, _ in branches]
    found = [value for value in values if value is not None]
    if len(found) < len(branches) or any(value.nulls for value in found):
        return False
    cases = " ".join(f"WHEN {test} THEN {v.text}" for (_, test), v in zip(branches, found, strict=True))
    missing = any(value.missing for value in found)
    rows.go(Value(f"CASE {cases} END", following.after, missing, form=_form(found)))
    return True


def branch_rows(stream: Stream, branches: Sequence[Branch], after: Holds, *, local: bool = False) -> None:
    """Go all the ways of which the conditions hold; ``local``: for each traverser alone."""
    if not is_cheap(stream.current.text):
        stream.bind()
    together = not local and not stream.t.single and any(_has_barrier(tree) for tree, _ in branches)
    conditions = stream.kept
    packed = _pack(stream) if together else None
    before = set(stream.t.names)
    written = [_branch(stream, tree, test, packed, conditions) for tree, test in branches]
    made = stream.c.names.new(_letter(after))
    if not _alike([way.current for way in written]):
        _number(written)
    results = [way.current for way in written]
    extra = _assigned(stream, written, before)
    paths = stream.c.names.new("x") if stream.c.tracks_paths else ""
    sack = stream.c.names.new("x") if any(w.t.sack != stream.t.sack for w in written) else ""
    texts = []
    for way in written:
        columns = [f"{way.current.text} AS {made}"]
        columns += [f"{way.t.names[n].text if n in way.t.names else 'null'} AS {v}" for n, v in extra]
        columns += [f"{_path_list(way.t.path)} AS {paths}"] if paths else []
        columns += [f"{way.t.sack.text if way.t.sack else 'null'} AS {sack}"] if sack else []
        returned = f"RETURN {', '.join(columns)}{order_by(way.t.order)}"
        texts.append(" ".join([*way.lines(), returned]))
    body = " UNION ALL ".join(texts)
    imported = in_order(variables_in(body) & (stream.variables | stream.outer) - _declared(written))
    stream.add(Plainly(f"CALL ({', '.join(imported)}) {{ {body} }}"), made, *(v for _, v in extra))
    stream.variables |= {name for name in (paths, sack) if name}
    missing, nulls = any(r.missing for r in results), any(r.nulls for r in results)
    if missing and nulls:
        raise unsupported("branches of which one may be null and another missing", "filter them first")
    value = Value(made, after, missing, nulls, _form(results))
    names = dict(stream.t.names)
    names.update(
        {name: Value(variable, stream.scope.names.get(name, holds.UNKNOWN)) for name, variable in extra}
    )
    stream.t = replace(stream.t, current=value, names=names, single=False)
    if paths:
        stream.t = replace(stream.t, path=(PathPart(Value(paths, Lists(holds.UNKNOWN)), several=True),))
    if sack:
        held = next((w.t.sack.held for w in written if w.t.sack), holds.UNKNOWN)
        stream.t = replace(stream.t, sack=Value(sack, held))


def _alike(values: Sequence[Value]) -> bool:
    try:
        _form(values)
    except UnsupportedStep:
        return False
    return True


def _number(written: Sequence[Stream]) -> None:
    """Say with each answer which branch it is from, since its form is not to be seen."""
    forms = OneOf(tuple(way.current.form for way in written))
    for number, way in enumerate(written):
        way.require()
        numbered = Value(f"[{number}, {way.current.text}]", holds.UNKNOWN, form=forms)
        way.t = replace(way.t, current=numbered)


def _declared(written: Sequence[Stream]) -> set[str]:
    return {name for way in written for name in getattr(way, "unpacked", ())}


def _branch(
    stream: Stream,
    tree: StepTree,
    test: str,
    packed: tuple[str, list[str]] | None,
    conditions: Mapping[str, list[str]],
) -> Stream:
    outer = stream.outer | stream.variables
    way = Stream(stream.c, replace(stream.t, order=()), stream.scope, frozenset(outer))
    way.locked = set(stream.locked)
    way.kept = {variable: list(kept) for variable, kept in conditions.items()}
    if test and stream.c.writes:
        way.kept.setdefault(stream.current.text, []).append(test)
    if packed is None:
        way.t = replace(way.t, single=True)
        if stream.started:
            way.clauses.append(With([f"1 AS {stream.c.names.new('x')}"]))
    else:
        rows, variables = packed
        row = stream.c.names.new("x")
        way.add(Plainly(f"UNWIND {rows} AS {row}"), row)
        way.clauses.append(With([f"{row}[{i}] AS {v}" for i, v in enumerate(variables)] or [row]))
        way.variables = set(variables)
        way.unpacked = set(variables)  # type: ignore[attr-defined]
    if test:
        last = way.clauses[-1]
        assert isinstance(last, With)
        last.where.append(test)
    way.run(tree)
    if test and packed is None and _has_barrier(tree):
        # Of no row there is still a count: the condition is looked at again.
        way.carry()
        again = way.clauses[-1]
        assert isinstance(again, With)
        again.where.append(test)
    first_clause = way.clauses[0] if way.clauses else None
    if packed is None and isinstance(first_clause, With) and not first_clause.where and len(way.clauses) > 1:
        following = way.clauses[1]
        if not isinstance(following, With) and not first_clause.limit:
            way.clauses.pop(0)
    return way


def _pack(stream: Stream) -> tuple[str, list[str]]:
    """All rows as one list, so that each branch sees all of them."""
    stream.bind()
    stream.sorted_for_gathering()
    live = stream.live()
    rows = stream.c.names.new("x")
    stream.gather([(rows, f"collect([{', '.join(live)}])")])
    return rows, live


def _assigned(stream: Stream, written: Sequence[Stream], before: set[str]) -> list[tuple[str, str]]:
    names: dict[str, None] = {}
    for way in written:
        for name, value in way.t.names.items():
            if name in stream.c.wanted and (name not in before or value != stream.t.names[name]):
                names[name] = None
    return [(name, stream.c.names.new("x")) for name in names]


def _path_list(path: Sequence[PathPart]) -> str:
    parts = [part.value.text if part.several else f"[{part.value.text}]" for part in path]
    return f"({' + '.join(parts)})" if parts else "[]"
