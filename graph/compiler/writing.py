"""What a traversal writes, held against the schema: whole elements, known names, fitting types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from graph.compiler import holds
from graph.compiler.clauses import Clause
from graph.compiler.holds import Edges, Holds, Maps, Unknown, Values, Vertices
from graph.compiler.shape import Token
from graph.compiler.step_tree import Argument, MapOf, Slot, Step, StepTree
from graph.compiler.value_checks import IdCheck, PropertyCheck, SelfLoopCheck
from graph.errors import InvalidInput, SchemaViolation, UnsupportedStep
from graph.schema.elements import EdgeKind, Property, VertexKind

if TYPE_CHECKING:
    from graph.compiler.dataflow import Dataflow, Scope

_OUT, _IN, _ID, _LABEL = "Direction.OUT", "Direction.IN", "T.id", "T.label"


class Writing:
    """The steps that write, for one traversal."""

    def __init__(self, flow: Dataflow) -> None:
        self.flow = flow

    def create(self, clause: Clause, held: Holds, scope: Scope, following: Sequence[Clause]) -> Holds:
        """What is held after addV, addE, mergeV or mergeE."""
        match clause.name:
            case "addV":
                return self._add_vertex(clause, following)
            case "addE":
                return self._add_edge(clause, held, scope, following)
        match = self._match_map(clause, held, scope)
        if clause.name == "mergeV":
            return self._merge_vertex(clause, match, scope)
        return self._merge_edge(clause, match, scope)

    # vertices

    def _add_vertex(self, clause: Clause, following: Sequence[Clause]) -> Holds:
        if len(clause.step.arguments) != 1 or not isinstance(clause.step.arguments[0], str):
            raise InvalidInput("addV", "takes one label")
        kind = self.flow.schema.vertex(clause.step.arguments[0])
        given = _properties_after(following)
        if _ID not in given:
            raise SchemaViolation(kind.label, "wants an id: property(T.id, id) right after addV()")
        self._whole(kind, given)
        return Vertices(frozenset({kind.label}), frozenset(given))

    def _merge_vertex(self, clause: Clause, match: Maps, scope: Scope) -> Holds:
        kind = self.flow.schema.vertex(_constant(match, _LABEL, "mergeV"))
        if {name for name, _ in match.fields or ()} != {_ID, _LABEL}:
            raise UnsupportedStep(
                "mergeV",
                self.flow.engine,
                "it matches on T.id and T.label alone; properties go to option(Merge.on_create, ...)",
            )
        id = match.get(_ID)
        if isinstance(id, Values) and id.column is not None:
            self.flow.checks.append(IdCheck(id.column, kind.label, kind.prefix))
        result = Vertices(frozenset({kind.label}))
        self._options(clause, kind, result, scope, given=set())
        return result

    # edges

    def _add_edge(self, clause: Clause, held: Holds, scope: Scope, following: Sequence[Clause]) -> Holds:
        if len(clause.step.arguments) != 1 or not isinstance(clause.step.arguments[0], str):
            raise InvalidInput("addE", "takes one label")
        kind = self.flow.schema.edge(clause.step.arguments[0])
        start = self._end(clause, "from", held, scope)
        end = self._end(clause, "to", held, scope)
        if {m.name for m in clause.after} == set() or self._same_end(clause):
            raise SchemaViolation(kind.label, "would lead from a vertex to itself: say from_() or to()")
        ends = [(s, e) for s, e in kind.ends if s in start and e in end]
        if not ends:
            raise SchemaViolation(
                kind.label, f"leads {_drawn(kind)}, not {'/'.join(sorted(start))} to {'/'.join(sorted(end))}"
            )
        self._whole(kind, _properties_after(following))
        return Edges(frozenset((kind.label, s, e) for s, e in ends))

    def _end(self, clause: Clause, which: str, held: Holds, scope: Scope) -> frozenset[str]:
        for modulator in clause.all(which):
            (end,) = modulator.arguments
            if isinstance(end, str):
                held = self.flow.named(end, holds.NOTHING, scope, f"addE().{which}")
            elif isinstance(end, StepTree):
                held = self.flow.condition(end, held, scope)
        if isinstance(held, Vertices):
            return held.labels
        if isinstance(held, Unknown):
            return frozenset(self.flow.schema.vertices)
        raise InvalidInput(f"addE().{which}", "wants a vertex: the name of a step, or __.V(id)")

    def _same_end(self, clause: Clause) -> bool:
        given = [m.arguments[0] for m in clause.after]
        return len(given) == 2 and isinstance(given[0], str) and given[0] == given[1]

    def _merge_edge(self, clause: Clause, match: Maps, scope: Scope) -> Holds:
        kind = self.flow.schema.edge(_constant(match, _LABEL, "mergeE"))
        given = {name for name, _ in match.fields or ()}
        wanted = {_LABEL, _OUT, _IN} | ({kind.told_apart_by} if kind.told_apart_by else set())
        if given != wanted:
            raise UnsupportedStep(
                f"mergeE of {kind.label}",
                self.flow.engine,
                f"it matches on {', '.join(sorted(wanted))}; properties go to option(Merge.on_create, ...)",
            )
        start, end = match.get(_OUT), match.get(_IN)
        if isinstance(start, Values) and isinstance(end, Values) and start.column and end.column:
            self.flow.checks.append(SelfLoopCheck(start.column, end.column, kind.label))
        if kind.told_apart_by:
            self._value(kind, kind.told_apart_by, match.get(kind.told_apart_by) or holds.UNKNOWN)
        result = Edges(holds.edges_of([kind]).kinds)
        self._options(
            clause, kind, result, scope, given={kind.told_apart_by} if kind.told_apart_by else set()
        )
        return result

    # merging

    def _match_map(self, clause: Clause, held: Holds, scope: Scope) -> Maps:
        match clause.step.arguments:
            case ():
                found = held
            case (MapOf() as given,):
                found = self.flow.given(given, clause.name)
            case (StepTree() as nested,):
                found = self.flow.condition(nested, held, scope)
            case _:
                raise InvalidInput(clause.name, "takes one map")
        if isinstance(found, Maps) and found.fields is not None:
            return found
        raise InvalidInput(clause.name, "wants a map whose keys are known: given here, or in injected rows")

    def _options(
        self, clause: Clause, kind: VertexKind | EdgeKind, matched: Holds, scope: Scope, given: set[str]
    ) -> None:
        for option in clause.all("option"):
            match option.arguments:
                case (Token(name="onCreate"), what):
                    written = self._option_map(what, holds.UNKNOWN, scope, clause.name)
                    self._whole(kind, given | {name for name, _ in written})
                case (Token(name="onMatch"), what):
                    written = self._option_map(what, matched, scope, clause.name)
                case _:
                    raise InvalidInput(
                        clause.name, "takes option(Merge.on_create, ...) and option(Merge.on_match, ...)"
                    )
            for name, value in written:
                self._value(kind, name, value)

    def _option_map(
        self, what: Argument, held: Holds, scope: Scope, step: str
    ) -> tuple[tuple[str, Holds], ...]:
        if isinstance(what, MapOf):
            found = self.flow.given(what, step)
        elif isinstance(what, StepTree):
            found = self.flow.condition(what, held, scope)
        else:
            raise InvalidInput(f"{step}().option", "takes a map, or a traversal that selects one")
        if not isinstance(found, Maps) or found.fields is None:
            raise InvalidInput(
                f"{step}().option",
                "selects no map that is known: name the row with as_('r') and select('r').select('c')",
            )
        return found.fields

    # properties

    def set_property(self, clause: Clause, held: Holds, scope: Scope) -> Holds:
        """What is held after ``property``, which is what was held before."""
        arguments = clause.step.arguments
        match arguments:
            case (Token() as token, value) if str(token) == _ID:
                self._new_id(held, value)
                return held
            case (Token() as single, str() as name, value) if single.group == "Cardinality":
                if isinstance(held, Edges):
                    raise UnsupportedStep(
                        "property(single) of an edge", self.flow.engine, "leave the cardinality out"
                    )
            case (str() as name, value):
                if isinstance(held, Vertices):
                    raise UnsupportedStep(
                        f"property({name})",
                        self.flow.engine,
                        "on a vertex say property(Cardinality.single, name, value)",
                    )
            case _:
                raise InvalidInput("property", "takes a cardinality, a name and a value; one property each")
        written = self._written(value, held, scope)
        narrowed, _ = self.flow.narrow(held, name, "property")
        if isinstance(narrowed, Vertices | Edges):
            self._of_any(narrowed, name, written)
        return held

    def _new_id(self, held: Holds, value: Argument) -> None:
        if not isinstance(held, Vertices) or len(held.labels) != 1 or _ID not in held.present:
            raise UnsupportedStep(
                "property(T.id)", self.flow.engine, "it comes right after addV(), on vertices only"
            )
        kind = self.flow.schema.vertex(next(iter(held.labels)))
        given = self.flow.given(value, "property(T.id)")
        if not isinstance(given, Values) or given.column is None or given.type is not holds.TEXT.type:
            raise SchemaViolation(f"{kind.label}.id", "is text")
        self.flow.checks.append(IdCheck(given.column, kind.label, kind.prefix))

    def _written(self, value: Argument, held: Holds, scope: Scope) -> Holds:
        if isinstance(value, StepTree):
            return self.flow.condition(value, held, scope)
        if isinstance(value, Slot):
            return self.flow.given(value, "property")
        raise InvalidInput("property", "takes a value or a traversal that yields one")

    def _of_any(self, held: Vertices | Edges, name: str, value: Holds) -> None:
        """The element is of one of several kinds: the value must fit one of them."""
        refusals: list[SchemaViolation] = []
        kinds = holds.kinds_of(held, self.flow.schema)
        for kind in kinds:
            before = len(self.flow.checks)
            try:
                self._value(kind, name, value)
            except SchemaViolation as refusal:
                refusals.append(refusal)
            if len(kinds) > 1:
                del self.flow.checks[before:]
        if len(refusals) == len(kinds):
            raise refusals[0]
        if len(kinds) > 1:
            self._value_of_several(kinds, name, value)

    def _value_of_several(self, kinds: Iterable[VertexKind | EdgeKind], name: str, value: Holds) -> None:
        properties = [kind.by_name[name] for kind in kinds]
        one_of: tuple[str, ...] = ()
        if all(p.one_of for p in properties):
            one_of = tuple(dict.fromkeys(choice for p in properties for choice in p.one_of))
        fitting = next(p for p in properties if _type_fits(value, p))
        if isinstance(value, Values) and value.column is not None:
            owner = "/".join(kind.label for kind in kinds)
            self.flow.checks.append(
                PropertyCheck(value.column, owner, Property(name, fitting.type, one_of=one_of))
            )

    def _value(self, kind: VertexKind | EdgeKind, name: str, value: Holds) -> None:
        prop = kind.by_name.get(name)
        if prop is None:
            raise SchemaViolation(f"{kind.label}.{name}", "is not a property of this kind")
        if not _type_fits(value, prop):
            got = _described(value)
            hint = "; math() gives a real, say union(values, constant).sum_()" if got == "real" else ""
            raise SchemaViolation(f"{kind.label}.{name}", f"wants {prop.type.value}, got {got}{hint}")
        if isinstance(value, Values) and value.column is not None:
            self.flow.checks.append(PropertyCheck(value.column, kind.label, prop))

    def _whole(self, kind: VertexKind | EdgeKind, given: Iterable[str]) -> None:
        missing = sorted({p.name for p in kind.properties if p.required} - set(given))
        if missing:
            raise SchemaViolation(kind.label, f"lacks {', '.join(missing)}")


def _type_fits(value: Holds, prop: Property) -> bool:
    if isinstance(value, Values):
        # A given null has a column but no type; what is computed may have a type that is not known.
        return value.type is prop.type or (value.type is None and value.column is None)
    return isinstance(value, Unknown)


def _described(value: Holds) -> str:
    match value:
        case Values(type=None):
            return "null; leave the property out"
        case Values():
            return value.type.value if value.type else ""
        case holds.Lists():
            return "a list"
    return "an element or a map"


def _properties_after(following: Sequence[Clause]) -> set[str]:
    """The names that the property() steps right after a creating step set."""
    names = set()
    for clause in following:
        if clause.name != "property":
            break
        names.add(_property_name(clause.step))
    return names


def _property_name(step: Step) -> str:
    names = [a for a in step.arguments if isinstance(a, str)]
    return names[0] if names else _ID


def _constant(match: Maps, key: str, step: str) -> str:
    held = match.get(key)
    if isinstance(held, Values) and held.constant is not None:
        return held.constant
    raise InvalidInput(step, f"wants {key} in its map, the same in all rows")


def _drawn(kind: EdgeKind) -> str:
    return " or ".join(f"{start} to {end}" for start, end in kind.ends)
