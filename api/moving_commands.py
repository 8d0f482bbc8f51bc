"""The commands that move graphs, and bring them up to date: export, import, copy, migrate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from graph.moving.manifest import FORMATS

if TYPE_CHECKING:
    from graph.moving.loading import Loaded

Command = TypeVar("Command", bound=Callable[..., Any])


class ProgressBars:
    """One bar for each phase, on stderr; nothing where that is no terminal but a line a phase."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def begin(self, phase: str, total: int | None) -> None:
        """A phase begins, of ``total`` elements where that is known."""
        self._end()
        self._task = self._bars.add_task(phase, total=total)

    def advance(self, elements: int) -> None:
        """So many more are done."""
        if self._task is not None:
            self._bars.advance(self._task, elements)

    def _end(self) -> None:
        if self._task is not None:
            done = self._bars.tasks[self._task].completed
            self._bars.update(self._task, total=done)


@contextmanager
def progress_bars() -> Iterator[ProgressBars]:
    """Progress as people see it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield ProgressBars(bars)


def engine_option(*names: str, help: str) -> Callable[[Command], Command]:
    """An option that names a graph; a command that moves one never guesses which."""
    return click.option(*names, metavar="URL", required=True, help=help)


def example(text: str) -> str:
    """The end of a command's help."""
    return f"\b\nExample:\n  {text}"


overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace the properties of elements that are there with others."
)


@click.command(
    name="export", epilog=example("perfect-order export world.graphson --engine embedded:.data/demo")
)
@click.argument("target", type=click.Path(path_type=Path))
@engine_option("--engine", "engine_url", help="The graph to export.")
@click.option(
    "--format", "format", type=click.Choice(FORMATS), default="graphson", show_default=True,
    help="A file of GraphSON 3, or a directory of Amazon Neptune's bulk-load CSV.",
)  # fmt: skip
@click.option("--gzip", "compress", is_flag=True, help="Compress what is written.")
def export_command(target: Path, engine_url: str, format: str, compress: bool) -> None:
    """Write the graph to TARGET, which must not be there yet, and a manifest beside it."""
    from graph.engines.opening import open_engine
    from graph.moving.exporting import export_graph
    from graph.schema.model import SCHEMA

    with closing(open_engine(engine_url, SCHEMA, create=False)) as engine, progress_bars() as progress:
        exported = export_graph(engine, SCHEMA, target, format=format, compress=compress, progress=progress)
    click.echo(f"{engine.url} is exported to {exported.path}: {exported.manifest.census.elements:,} elements")
    if exported.changed:
        click.echo(
            f"It changed meanwhile ({', '.join(exported.changed)}): what was exported is of no one moment. "
            "Export again when nobody writes.",
            err=True,
        )
    elif not exported.manifest.snapshot:
        click.echo("If anybody wrote meanwhile, what was exported is of no one moment.", err=True)


class Imports(click.Group):
    """What is imported by a command of its own; everything else is taken for the file of a graph."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Name the command for a graph where none is named."""
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["graph", *args]
        return super().parse_args(ctx, args)


@click.group(
    name="import",
    cls=Imports,
    epilog=example("perfect-order import world.graphson --engine bolt://localhost:7687"),
)
def imports() -> None:
    """Bring a graph, or the streets of a map, into a graph.

    `import SOURCE` is short for `import graph SOURCE`.
    """


@imports.command(
    name="graph", epilog=example("perfect-order import world.graphson --engine bolt://localhost:7687")
)
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@engine_option("--engine", "engine_url", help="The graph to import into: empty, or with a part of SOURCE.")
@click.option("--format", "format", type=click.Choice(FORMATS), help="Of SOURCE; else it is seen.")
@overwrite_option
def import_command(source: Path, engine_url: str, format: str | None, overwrite: bool) -> None:
    """Bring what `export` wrote to SOURCE, or another program, into a graph, and verify that all of it came.

    After an interruption the same command goes on.
    """
    from graph.engines.opening import open_engine
    from graph.moving.export_files import open_export
    from graph.moving.loading import load_graph
    from graph.schema.model import SCHEMA

    rows, manifest = open_export(source, SCHEMA, format=format)
    if manifest is None:
        click.echo(f"There is no manifest beside {source}: nobody can tell whether it is whole.", err=True)
    expected = None if manifest is None else manifest.census
    with closing(open_engine(engine_url, SCHEMA)) as engine, progress_bars() as progress:
        loaded = load_graph(rows, engine, SCHEMA, expected=expected, overwrite=overwrite, progress=progress)
        engine.checkpoint()
    click.echo(f"{source} is in {engine.url}: {_said(loaded)}")


@click.command(
    name="copy",
    epilog=example("perfect-order copy --from embedded:.data/demo --to ws://localhost:8182/gremlin"),
)
@engine_option("--from", "source_url", help="The graph to copy.")
@engine_option("--to", "target_url", help="The graph to copy it into: empty, or with a part of it.")
@overwrite_option
def copy_command(source_url: str, target_url: str, overwrite: bool) -> None:
    """Copy a graph into another engine, and verify that all of it came.

    After an interruption the same command goes on.
    """
    from graph.engines.opening import open_engine
    from graph.moving.copying import copy_graph
    from graph.schema.model import SCHEMA

    with (
        closing(open_engine(source_url, SCHEMA, create=False)) as source,
        closing(open_engine(target_url, SCHEMA)) as target,
        progress_bars() as progress,
    ):
        loaded = copy_graph(source, target, SCHEMA, overwrite=overwrite, progress=progress)
        target.checkpoint()
    click.echo(f"{source.url} is copied to {target.url}: {_said(loaded)}")


@click.command(name="migrate", epilog=example("perfect-order migrate --engine embedded:.data/demo"))
@engine_option("--engine", "engine_url", help="The graph to bring up to date.")
def migrate_command(engine_url: str) -> None:
    """Bring a graph of an older version of the schema up to date.

    After an interruption the same command goes on. Back the graph up before.
    """
    from graph.migrations import MIGRATIONS
    from graph.migrations.running import migrate
    from graph.schema.model import SCHEMA

    had = migrate(engine_url, SCHEMA, MIGRATIONS, tell=lambda said: click.echo(said, err=True))
    if had == SCHEMA.version:
        click.echo(f"The graph follows version {had} of the schema already: nothing to do")
    else:
        click.echo(f"The graph followed version {had} of the schema and now follows version {SCHEMA.version}")


COMMANDS = (export_command, imports, copy_command, migrate_command)


def _said(loaded: Loaded) -> str:
    elements = loaded.census.elements
    return f"{elements:,} elements, {loaded.written:,} of them written now; counts and digests agree"
