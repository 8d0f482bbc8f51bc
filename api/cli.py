"""The command line: ``perfect-order COMMAND``.

Exit codes: 0 done; 1 problems were found; 2 wrong usage; 3 what was asked for is not possible;
4 the graph engine cannot serve; 5 the port is in use; 130 interrupted.
"""

from __future__ import annotations

import json
import math
import shlex
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from rich.console import Console

from api import engine_commands, moving_commands
from graph.errors import EngineError, PerfectOrderError, StoreLocked

DEFAULT_ENGINE = "embedded:.data/demo"

EXIT_CODES = """\b
Exit codes: 0 done; 1 problems were found; 2 wrong usage;
3 what was asked for is not possible; 4 the graph engine
cannot serve; 5 the port is in use; 130 interrupted."""

Command = TypeVar("Command", bound=Callable[..., Any])


def engine_option(command: Command) -> Command:
    """The option every command has: which graph."""
    return click.option(
        "--engine",
        "engine_url",
        metavar="URL",
        envvar="PERFECT_ORDER_ENGINE",
        default=DEFAULT_ENGINE,
        show_default=True,
        show_envvar=True,
        help="The graph: embedded:PATH keeps a store; ws:, bolt: and others name servers (docs/engines.md).",
    )(command)


def example(text: str) -> str:
    """The end of a command's help: an example and the exit codes."""
    return f"\b\nExample:\n  {text}\n\n{EXIT_CODES}"


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=EXIT_CODES
)
@click.version_option(package_name="perfect-order")
def cli() -> None:
    """Perfect Order: the supply chain as one graph."""


@cli.command(epilog=example("perfect-order demo --orders 500 --plan-iterations 2000 --json"))
@click.option(
    "--orders",
    type=click.IntRange(min=1),
    default=2000,
    show_default=True,
    help="How many orders; those of the storylines are always among them.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=1,
    show_default=True,
    help="Of the world and the search.",
)
@click.option("--plan-seconds", type=click.FloatRange(min=0.1), help="Time for the routes.  [default: 10]")
@click.option(
    "--plan-iterations", type=click.IntRange(min=1), help="Iterations instead: the same plan every time."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON; progress goes to stderr.")
@engine_option
def demo(
    orders: int,
    seed: int,
    plan_seconds: float | None,
    plan_iterations: int | None,
    as_json: bool,
    engine_url: str,
) -> None:
    """Build the demo world and run the main job on it.

    A demo world that is already in a store is replaced once the new one is whole; on a server it goes first.
    A graph that is no demo world is left alone.
    """
    from api.demo.run import DemoSettings, run_demo

    if plan_seconds is not None and plan_iterations is not None:
        raise click.UsageError("--plan-seconds and --plan-iterations exclude each other: give one")
    if plan_seconds is not None and not math.isfinite(plan_seconds):
        raise click.UsageError(f"--plan-seconds wants a number of seconds, got {plan_seconds}")
    seconds = plan_seconds if plan_seconds is not None or plan_iterations is not None else 10.0
    settings = DemoSettings(
        engine_url=engine_url, orders=orders, seed=seed, plan_seconds=seconds, plan_iterations=plan_iterations
    )
    summary = run_demo(settings, Console(stderr=True))
    if as_json:
        click.echo(json.dumps(summary.as_json(), indent=2))
    else:
        summary.print_to(Console())
        click.echo(f"\n{_what_now(engine_url)}")


@cli.command(epilog=example("perfect-order serve --port 8080 --clock 2026-03-02T19:30:00-03:00x60"))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free one."
)
@click.option(
    "--clock",
    "clock_text",
    metavar="system|START[xSPEED]",
    help="What every rule takes for now.  [default: where a demo world's clock stands, else system]",
)
@engine_option
def serve(host: str, port: int, clock_text: str | None, engine_url: str) -> None:
    """Serve GraphQL, GraphiQL and subscriptions over a graph."""
    from api.main import serve_forever

    serve_forever(engine_url=engine_url, host=host, port=port, clock_text=clock_text)


@cli.command(epilog=example("perfect-order check --engine embedded:.data/demo"))
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@engine_option
def check(as_json: bool, engine_url: str) -> None:
    """Check that the graph contradicts neither itself nor the promises made: exit code 1 if it does."""
    from api.check.run import check_graph
    from graph.engines.opening import open_engine
    from graph.schema.model import SCHEMA

    with closing(open_engine(engine_url, SCHEMA, create=False)) as engine:
        report = check_graph(engine)
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        report.print_to(Console())
    if not report.ok:
        sys.exit(1)


@cli.command(epilog=example("perfect-order backup nightly --server http://127.0.0.1:8000"))
@click.argument("target")
@click.option(
    "--server",
    metavar="URL",
    help="A running `perfect-order serve` to ask for it; TARGET is then a name in its folder of backups.",
)
@engine_option
def backup(target: str, server: str | None, engine_url: str) -> None:
    """Copy the store to TARGET, or bring the backup at TARGET up to date."""
    from api.backups import ask_for_backup
    from graph.engines.opening import open_engine
    from graph.schema.model import SCHEMA

    if server is not None:
        click.echo(f"{server} is backed up in {ask_for_backup(server, target)}")
        return
    try:
        with closing(open_engine(engine_url, SCHEMA, create=False)) as engine:
            engine.backup(Path(target))
    except StoreLocked as locked:
        raise StoreLocked(
            f"{locked}; a running `perfect-order serve` backs itself up: --server URL"
        ) from None
    click.echo(f"{engine_url} is backed up in {target}")


@cli.command(epilog=example("perfect-order restore .data/backup --engine embedded:.data/restored"))
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@engine_option
def restore(source: Path, engine_url: str) -> None:
    """Make a store from the backup SOURCE at the engine's path, which must be free."""
    from graph.engines.stores import restore_backup

    restore_backup(source, _store_on_disk(engine_url))
    click.echo(f"{source} is restored to {engine_url}")


@cli.command(epilog=example("perfect-order verify --engine embedded:.data/demo"))
@engine_option
def verify(engine_url: str) -> None:
    """Read every checksum of the store, or of a backup: exit code 1 if one is wrong."""
    from graph.engines.stores import verify_store

    problems = verify_store(_store_on_disk(engine_url))
    for problem in problems:
        click.echo(problem)
    if problems:
        click.echo("Restore a backup to a new place: perfect-order restore BACKUP --engine embedded:NEW")
        sys.exit(1)
    click.echo(f"{engine_url} is sound")


@moving_commands.imports.command(
    name="roads", epilog=example("perfect-order import roads porto.osm.pbf --engine embedded:.data/porto")
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--engine",
    "engine_url",
    metavar="URL",
    envvar="PERFECT_ORDER_ENGINE",
    show_envvar=True,
    help="The graph to import into.  [default: embedded:.data/NAME]",
)
@click.option("--name", help="Of the road network.  [default: FILE's name, up to its first dot]")
@click.option("--json", "as_json", is_flag=True, help="Print what was imported as JSON.")
def import_roads(file: Path, engine_url: str | None, name: str | None, as_json: bool) -> None:
    """Bring the streets and turn restrictions of the OpenStreetMap extract FILE into a graph.

    FILE is PBF, XML or O5M. All of it is read and checked before anything is written. After an interruption
    the same command goes on; done once more, it changes nothing.
    """  # fmt: skip
    from graph.engines.opening import open_engine
    from graph.schema.model import SCHEMA
    from seeds.openstreetmap import loading
    from seeds.openstreetmap.rows import road_network
    from seeds.openstreetmap.summary import RoadsSummary

    name = name or file.name.lstrip(".").split(".")[0]
    engine_url = engine_url or f"embedded:.data/{name}"
    with moving_commands.progress_bars() as progress:
        roads = loading.read_roads(file, progress)
        summary = RoadsSummary.of(roads, road_network(roads))
        with closing(open_engine(engine_url, SCHEMA)) as engine:
            imported = loading.import_roads(engine, SCHEMA, roads, name=name, progress=progress)
            engine.checkpoint()
            url = engine.url
    if as_json:
        click.echo(json.dumps({"engine": url, **asdict(imported), **summary.as_json()}, indent=2))
        return
    click.echo(
        f"{file} is in {url} as {imported.network_id}, version {imported.version}: "
        f"{imported.written:,} elements written, {imported.removed:,} removed"
    )
    for line in summary.lines():
        click.echo(line)


@cli.command(epilog=example("perfect-order solve X-n200-k36.vrp --best X-n200-k36.sol --picture routes.svg"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--best",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A published solution to compare with.",
)
@click.option(
    "--round",
    "rounding",
    type=click.Choice(["dimacs", "trunc", "round", "exact", "none"]),
    help="How distances become whole.  [default: as the published figures are]",
)
@click.option("--seconds", type=click.FloatRange(min=0.1), default=10.0, show_default=True)
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Of the search."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option(
    "--picture", type=click.Path(dir_okay=False, path_type=Path), help="Draw the routes as SVG here."
)
def solve(
    file: Path,
    best: Path | None,
    rounding: str | None,
    seconds: float,
    seed: int,
    as_json: bool,
    picture: Path | None,
) -> None:
    """Plan the routes of the public instance FILE: VRPLIB, Solomon or Li-Lim.

    The plan is checked by a checker that shares no code with the search: exit code 1 if it finds anything.
    """
    from seeds.instances.picture import picture as drawn
    from seeds.instances.rounding import Rounding
    from seeds.instances.solving import read_task, solve_instance

    if not math.isfinite(seconds):
        raise click.UsageError(f"--seconds wants a number of seconds, got {seconds}")
    task = read_task(file, best, None if rounding is None else Rounding(rounding))
    outcome = solve_instance(task, seconds=seconds, seed=seed)
    if picture is not None:
        title = f"{task.instance.name}: {outcome.cost:g}"
        picture.write_text(drawn(task.instance, outcome.plan.evaluation, title=title))
    click.echo(json.dumps(outcome.as_json(), indent=2) if as_json else outcome.as_text())
    if not outcome.verdict.sound:
        sys.exit(1)


for command in (*engine_commands.COMMANDS, *moving_commands.COMMANDS):
    cli.add_command(command)


def _what_now(engine_url: str) -> str:
    from graph.engines.opening import shown_url

    engine_url = shown_url(engine_url)
    if engine_url == "embedded:":
        return "The world was in memory and is gone; with --engine embedded:PATH it stays."
    option = "" if engine_url == DEFAULT_ENGINE else f" --engine {shlex.quote(engine_url)}"
    return f"The world is at {engine_url}: `perfect-order serve{option}` answers GraphQL over it."


def _store_on_disk(engine_url: str) -> Path:
    from graph.engines.opening import shown_url, store_path

    path = store_path(engine_url)
    if path is None:
        raise click.UsageError(
            f"--engine {shown_url(engine_url)} is no store on disk: name one, such as {DEFAULT_ENGINE}"
        )
    return path


def main() -> NoReturn:
    """Run the command line; every failure becomes one message and an exit code."""
    try:
        cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\ninterrupted; nothing was left half-done", err=True)
        sys.exit(130)
    except EngineError as error:
        click.echo(f"{error}", err=True)
        sys.exit(4)
    except PerfectOrderError as error:
        click.echo(f"{error}", err=True)
        sys.exit(3)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"{place}{error.strerror or error}", err=True)
        sys.exit(4)
    sys.exit(0)
