"""The commands about engines: which there are, what they are sent, and preparing one."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import asdict

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def engines(as_json: bool) -> None:
    """List the engines, with what each can and cannot do."""
    from graph.engines.document import facts
    from graph.engines.features import ENGINES
    from graph.engines.gaps import GAPS

    if as_json:
        known = [asdict(e) | {"gaps": [asdict(g) for g in GAPS if g.engine == e.name]} for e in ENGINES]
        click.echo(json.dumps(known, indent=2))
        return
    for engine in ENGINES:
        click.echo(click.style(engine.title, bold=True))
        for name, says in facts(engine):
            for i, line in enumerate(says):
                click.echo(f"  {'' if i else name:<28}{line}")
        for gap in GAPS:
            if gap.engine == engine.name:
                click.echo(f"  {'Differs in':<28}{gap.test}: {gap.reason}")
        click.echo()


@click.command(name="compile")
@click.argument("traversal")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def compile_traversal(traversal: str, as_json: bool) -> None:
    """Show what each engine would be sent for TRAVERSAL, such as "g.V().has('Order', 'status', 'ready')"."""
    from graph.compiler.gremlin_text import traversal_of
    from graph.compiler.languages import in_every_language
    from graph.schema.model import SCHEMA

    said = in_every_language(traversal_of(traversal), SCHEMA)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in said], indent=2))
    for each in [] if as_json else said:
        click.echo(f"# {each.engine}: {each.language}")
        click.echo(f"refused: {each.refuses}" if each.refuses else each.text)
        for name, value in each.parameters.items():
            click.echo(f"  {name} = {json.dumps(value)}")
        click.echo()
    if all(each.refuses for each in said):
        sys.exit(3)


@click.group()
def engine() -> None:
    """Look after one engine."""


@engine.command()
@click.argument("url")
def prepare(url: str) -> None:
    """Create the indexes and constraints of the schema at URL; repeating it changes nothing."""
    from graph.engines.opening import open_engine
    from graph.schema.model import SCHEMA

    with closing(open_engine(url, SCHEMA)) as opened:
        opened.prepare()
        click.echo(f"{opened.url} is prepared for version {SCHEMA.version} of the schema")


COMMANDS = (engines, compile_traversal, engine)
