"""The ``loanstream`` command."""

import asyncio
from collections.abc import Callable, Coroutine
from json import dumps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from loanstream.cli.failing import explained
from loanstream.cli.forms import Form
from loanstream.cli.role import Role
from loanstream.runtime.definitions import EffectStatus
from loanstream.runtime.settings import Settings
from loanstream.runtime.telemetry import configure_logging
from loanstream.simulation.planting import Planted
from schemas.topics import CONTEXTS


class Commands(TyperGroup):
    """All commands. Ctrl-C ends each with a word and exit code 130, also while its modules are still being loaded."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was called."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            again = "; call it again with the same seed to go on" if ctx.invoked_subcommand == "demo" else ""
            errors.print(f"stopped{again}", style="dim")
            raise typer.Exit(130) from None


app = typer.Typer(
    cls=Commands,
    help="Event-sourced loan-lifecycle services: run them, watch them, audit them.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)
console = Console()
errors = Console(stderr=True)
topics = typer.Typer(help="The topics of the event log.", no_args_is_help=True)
events = typer.Typer(help="The streams.", no_args_is_help=True)
loan = typer.Typer(help="One loan.", no_args_is_help=True)
deadletters = typer.Typer(help="What could not be decided or handled.", no_args_is_help=True)
effects = typer.Typer(help="What is sent to the outside: mail, webhooks, payouts.", no_args_is_help=True)
schemas = typer.Typer(help="The public contract: schemas of events and commands.", no_args_is_help=True)
projections = typer.Typer(help="The read models.", no_args_is_help=True)
audit = typer.Typer(help="Proof that nothing was altered.", no_args_is_help=True)
for name, group in (
    ("topics", topics),
    ("events", events),
    ("loan", loan),
    ("deadletters", deadletters),
    ("effects", effects),
    ("schemas", schemas),
    ("projections", projections),
    ("audit", audit),
):
    app.add_typer(group, name=name)


def known_services(names: list[str] | None) -> list[str] | None:
    """The services that a command line names. Raises :class:`typer.BadParameter` for one that there is not."""
    for name in names or ():
        known_service(name)
    return names


def known_service(name: str) -> str:
    """As :func:`known_services`, for one."""
    if name not in CONTEXTS:
        raise typer.BadParameter(f"no service {name!r}; there are {', '.join(CONTEXTS)}")
    return name


def not_blank(text: str) -> str:
    """A text that says something. Raises :class:`typer.BadParameter` otherwise."""
    if not text.strip():
        raise typer.BadParameter("it must say something")
    return text


ServicesOption = Annotated[list[str] | None, typer.Option(help="Only these services.", callback=known_services)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
DataDir = Annotated[
    Path | None, typer.Option("--data", help="Data folder (default: LOANSTREAM_DATA_DIR or .loanstream).")
]


Port = Annotated[
    int | None,
    typer.Option(min=0, max=65535, help="TCP port; 0 takes a free one (default: LOANSTREAM_PORT or 8600)."),
]


def settings_for(data: Path | None = None, **changes: Any) -> Settings:
    """Settings of the environment, with what the command line says on top."""
    from dataclasses import replace

    with explained(errors):
        settings = Settings.from_environment()
    if data is not None:
        changes["data_dir"] = data
    return replace(settings, **changes) if changes else settings


def installed(data: Path | None) -> Settings:
    """As :func:`settings_for`, for a command that looks at an installation and makes none."""
    from loanstream.cli.installation import existing

    settings = settings_for(data)
    with explained(errors):
        return existing(settings)


@app.command()
def up(data: DataDir = None, port: Port = None) -> None:
    """Start every service in one process on loopback, and go on with its data."""
    from loanstream.cli import up as command

    with explained(errors):
        command.up(settings_for(data, **_at(port)), console)


@app.command()
def serve(
    services: Annotated[list[str], typer.Argument(help="Services to run, e.g. servicing.", callback=known_services)],
    role: Annotated[Role, typer.Option(help="What this process does for them.")] = Role.ALL,
    data: DataDir = None,
    port: Port = None,
) -> None:
    """Run one service, or some, as a process of their own beside others on the same data folder."""
    from loanstream.cli import up as command

    with explained(errors):
        command.serve(settings_for(data, **_at(port)), services, role)


def _at(port: int | None) -> dict[str, int]:
    return {} if port is None else {"port": port}


@app.command()
def demo(
    loans: Annotated[int, typer.Option(help="How many of the 1,000 applications are sent.")] = 1000,
    until: Annotated[
        str | None,
        typer.Option(
            help="Last business day, or +12m, +90d, +2y counted from the start date, 2026-01-05; default: until all is"
            " closed."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides everything that the data leaves open.")] = 1,
    api: Annotated[
        str | None, typer.Option(help="Address of a running system, whose data folder --data names.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Data folder to start a system on; with --api, that system's, whose key signs the demo's tokens"
            " (default: LOANSTREAM_DATA_DIR or .loanstream).",
        ),
    ] = None,
) -> None:
    """Send real applications through the public API and live the loans day by day; goes on where it stopped."""
    from loanstream.cli import demo as command
    from loanstream.demo.options import DemoOptions, until_of

    with explained(errors):
        options = DemoOptions(loans=loans, until=until_of(until), seed=seed, api=api, json=json)
        report = command.demo(settings_for(data), options, None if json else console)
        if json:
            print(dumps(report.as_json(), ensure_ascii=False, indent=2))
        else:
            report.show(console)


@app.command("quote")
def quote_command(
    principal: Annotated[str | None, typer.Option(help="Amount, e.g. 120000.00.")] = None,
    rate: Annotated[str | None, typer.Option(help="Contract rate in percent a year, e.g. 7.2.")] = None,
    months: Annotated[str | None, typer.Option(help="Number of monthly instalments.")] = None,
    start: Annotated[str | None, typer.Option(help="Day of the disbursement, YYYY-MM-DD.")] = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="equal-instalment (default), equal-principal, interest-only, bullet or flat; others in JSON.",
            show_default=False,
        ),
    ] = None,
    day_count: Annotated[
        str | None, typer.Option(help="by-period (default), 30/360, 30/365, actual/360 or actual/365.")
    ] = None,
    first_due: Annotated[str | None, typer.Option(help="Agreed first due date.")] = None,
    fee: Annotated[str | None, typer.Option(help="Fee at the disbursement: an amount, or e.g. 1%.")] = None,
    instalment_fee: Annotated[
        str | None, typer.Option(help="Fee with every instalment: an amount, or e.g. 1% of its principal.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="ISO 4217 code (default: CNY).")] = None,
    lender_type: Annotated[
        str | None, typer.Option(help="bank, consumer-finance, small-loan-company or private: tests the caps.")
    ] = None,
    signed: Annotated[str | None, typer.Option(help="Day of the contract, which decides the cap.")] = None,
    headline: Annotated[str | None, typer.Option(help="nominal (default) or effective.")] = None,
    format: Annotated[Form, typer.Option(help="How it is written.")] = Form.TABLE,
    chart: Annotated[Path | None, typer.Option(help="Draw the schedule into this file, .svg or .png.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the terms and end.")] = False,
) -> None:
    """Compute a loan's schedule and what it costs, from JSON on standard input or from options; needs no system."""
    from loanstream.cli import quoting

    options = {
        "principal": principal,
        "rate": rate,
        "months": months,
        "start": start,
        "method": method,
        "day_count": day_count,
        "first_due": first_due,
        "fee": fee,
        "instalment_fee": instalment_fee,
        "currency": currency,
        "lender_type": lender_type,
        "signed": signed,
        "headline": headline,
    }
    answered(quoting.quote_schema if schema else lambda: quoting.quote_of(options, format, chart))


@app.command("simulate")
def simulate_command(
    file: Annotated[
        Path | None, typer.Argument(help="JSON file of terms and transactions; - is standard input.")
    ] = None,
    format: Annotated[Form, typer.Option(help="How it is written.")] = Form.TABLE,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the file and end.")] = False,
) -> None:
    """Show a loan's state after each transaction of a file; needs no system."""
    from loanstream.cli import quoting

    if file is None and not schema:
        raise typer.BadParameter("name a file of terms and transactions, or - for standard input")
    answered(quoting.simulation_schema if file is None or schema else lambda: quoting.simulation_of(file, format))


def answered(answer: Callable[[], str]) -> None:
    """Print an answer; what a document gets wrong is a line each on standard error, with the field, and exit code 2."""
    from services.servicing.quoting.documents import Unfit

    try:
        text = answer()
    except Unfit as unfit:
        for fault in unfit.faults:
            errors.print(f"[bold red]✗[/] {escape(str(fault))}", soft_wrap=True)
        raise typer.Exit(2) from None
    except OSError as error:
        errors.print(f"[bold red]✗[/] {escape(f'{error.filename}: {error.strerror}')}", soft_wrap=True)
        raise typer.Exit(1) from None
    typer.echo(text, nl=False)


@app.command("simulate-system")
def simulate_system(
    seed: Annotated[int, typer.Option(help="Seed of the first history.")] = 1,
    histories: Annotated[int, typer.Option(min=1, help="How many histories, of consecutive seeds.")] = 100,
    plant: Annotated[Planted, typer.Option(help="Plant a fault: the simulation must find it.")] = Planted.NOTHING,
) -> None:
    """Run whole lives of loans on the memory log with a virtual clock, faults and checks."""
    from loanstream.cli import simulate as command

    with explained(errors):
        raise typer.Exit(command.simulate(seed, histories, plant, console))


@app.command()
def rebuild(
    services: Annotated[
        list[str] | None, typer.Argument(help="Services; default: all.", callback=known_services)
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare digests before and after, of tables and of folds.")
    ] = False,
    data: DataDir = None,
) -> None:
    """Compute read models anew from the streams beside the live ones, and swap them in."""
    from loanstream.cli import streams

    run(streams.rebuild_read_models(installed(data), services or (), check, console))


@app.command()
def token(
    user: Annotated[str, typer.Argument(help="A user of the data folder, e.g. auditor or operations-officer.")],
    data: DataDir = None,
) -> None:
    """Print a bearer token for the API, signed with the data folder's key."""
    from loanstream.cli import token as command

    with explained(errors):
        command.token(settings_for(data), user)


@app.command()
def issuer(data: DataDir = None, port: Port = None) -> None:
    """Run the local issuer as a process of its own: it alone holds key and users, the others know its LOANSTREAM_ISSUER_URL."""
    from loanstream.cli import issuing as command

    with explained(errors):
        command.issue(settings_for(data, **_at(port)))


@app.command()
def keys(
    folder: Annotated[Path, typer.Argument(help="Where they are made; those that are there stay.")],
    local_issuer: Annotated[
        bool, typer.Option("--local-issuer", help="Key and users of the local issuer, too.")
    ] = False,
) -> None:
    """Make the keys of an installation whose processes share no folder: each is given them by LOANSTREAM_KEYS_DIR."""
    from loanstream.cli import keys as command

    with explained(errors):
        command.make_keys(folder, local_issuer, console)


@app.command()
def migrate(data: DataDir = None) -> None:
    """Make the tables of every service, or bring them up to date; every process does so too when it starts."""
    from loanstream.cli import migrating as command

    run(command.migrate(settings_for(data), console))


@app.command()
def health(
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="TCP port that the process listens on (default: LOANSTREAM_PORT)."),
    ] = None,
) -> None:
    """Ask the process on this machine whether it is ready; exit code 1 when it is not, for a container's health check."""
    from loanstream.cli import health as command

    raise typer.Exit(command.health(port))


@app.command()
def doctor(data: DataDir = None) -> None:
    """Say what is wrong with the installation and what to do."""
    from loanstream.cli import doctor as command

    run(command.doctor(settings_for(data), console))


@app.command()
def reset(
    data: DataDir = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete all data of an installation. Asks first."""
    from loanstream.cli import reset as command

    with explained(errors):
        command.reset(settings_for(data), yes, console)


@topics.command("apply")
def topics_apply(data: DataDir = None) -> None:
    """Create the topics that are missing and check those that are there."""
    from loanstream.cli import streams

    run(streams.apply_topics(settings_for(data), console))


@topics.command("acls")
def topics_acls(
    principal_prefix: Annotated[str, typer.Option(help="What the names of all users of the cluster begin with.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the rights as data instead of a script.")] = False,
    strimzi: Annotated[
        str, typer.Option(help="Print KafkaUser resources for the Strimzi cluster of this name instead of a script.")
    ] = "",
    data: DataDir = None,
) -> None:
    """Print what each service may do on a Kafka cluster, as a script of kafka-acls commands."""
    from loanstream.cli import streams

    if json and strimzi:
        raise typer.BadParameter("either --json or --strimzi")
    with explained(errors):
        print(streams.access_rights(settings_for(data), principal_prefix, as_data=json, strimzi=strimzi), end="")


@topics.command("position")
def topics_position(
    service: Annotated[str, typer.Argument(callback=known_service)],
    partition: Annotated[int, typer.Argument(min=0)],
    at: Annotated[int, typer.Option(min=0, help="Offset of the command that is decided next.")],
    reason: Annotated[str, typer.Option(help="Why: kept with the position, for the audit.", callback=not_blank)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: DataDir = None,
) -> None:
    """Say from where a decider goes on, after it stopped because its commands topic was remade or truncated. Asks first."""
    from loanstream.cli import streams

    settings = installed(data)
    if not yes:
        run(streams.show_position(settings, service, partition, at, console))
        if not typer.confirm("Let it go on there?"):
            console.print("Nothing was written.")
            return
    run(streams.state_position(settings, service, partition, at, reason, console))


@events.command("tail")
def events_tail(
    service: ServicesOption = None,
    type: Annotated[list[str] | None, typer.Option(help="Only these event types, e.g. PaymentReceived.")] = None,
    loan: Annotated[str | None, typer.Option(help="Only this loan.")] = None,
    count: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many of the newest.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with those that come.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print each event whole, as one line of JSON.")] = False,
    data: DataDir = None,
) -> None:
    """Show the newest events, by loan, type and service."""
    from loanstream.cli import looking

    run(looking.tail_events(installed(data), console, service or (), type or (), loan, count, follow, json))


@loan.command("show")
def loan_show(loan_id: str, json: JsonOption = False, data: DataDir = None) -> None:
    """Show a loan as it stands, with its schedule."""
    from loanstream.cli import looking

    run(looking.show_loan(installed(data), loan_id, json, console))


@loan.command("timeline")
def loan_timeline(loan_id: str, json: JsonOption = False, data: DataDir = None) -> None:
    """Show every event of a loan's life, over all services."""
    from loanstream.cli import looking

    run(looking.show_timeline(installed(data), loan_id, json, console))


@deadletters.command("list")
def deadletters_list(
    service: ServicesOption = None,
    json: JsonOption = False,
    data: DataDir = None,
) -> None:
    """List what could not be decided or handled, and why."""
    from loanstream.cli import looking

    run(looking.list_dead_letters(installed(data), service or (), json, console))


@deadletters.command("replay")
def deadletters_replay(
    service: Annotated[str, typer.Argument(callback=known_service)], error_id: str, data: DataDir = None
) -> None:
    """Have a failed command decided, or an event handled, anew, after its cause was mended."""
    from loanstream.cli import looking

    run(looking.replay_dead_letter(installed(data), service, error_id, console))


@effects.command("list")
def effects_list(
    service: ServicesOption = None,
    status: Annotated[EffectStatus | None, typer.Option(help="Only those in this state, e.g. suppressed.")] = None,
    json: JsonOption = False,
    data: DataDir = None,
) -> None:
    """Count what was sent to the outside by state, and list the newest."""
    from loanstream.cli import looking

    run(looking.list_effects(installed(data), service or (), status, json, console))


@projections.command("skip")
def projections_skip(
    service: Annotated[str, typer.Argument(callback=known_service)],
    topic: Annotated[str, typer.Argument(help="As the lag names it.")],
    partition: Annotated[int, typer.Argument(min=0)],
    position: Annotated[int, typer.Argument(min=0, help="Offset of the record that stopped the read models.")],
    reason: Annotated[str, typer.Option(help="Why: kept with the skip.")],
    data: DataDir = None,
) -> None:
    """Let stopped read models pass over one record."""
    from loanstream.cli import looking

    run(looking.skip_record(installed(data), service, topic, partition, position, reason, console))


@effects.command("release")
def effects_release(
    service: Annotated[str, typer.Argument(help="Whose: notify or origination.", callback=known_service)],
    data: DataDir = None,
) -> None:
    """Send the effects that were suppressed because their record was lost; look first which they are."""
    from loanstream.cli import effects as command

    run(command.release_effects(installed(data), service, console))


@schemas.command("check")
def schemas_check(
    against: Annotated[
        Path | None, typer.Option("--against", help="A contract.json to compare with; default: the last release's.")
    ] = None,
) -> None:
    """Compare the contract of this code with the last release's: ends with 1 and a sentence for each break."""
    from loanstream.cli.contract import check

    raise typer.Exit(check(against, console, errors))


@schemas.command("generate")
def schemas_generate(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; end with 1 when something is stale.")] = False,
) -> None:
    """Write JSON Schemas, AsyncAPI, OpenAPI and the event catalogue of this checkout anew."""
    from loanstream.cli.contract import generate

    raise typer.Exit(generate(console, errors, only_check=check))


@schemas.command("release")
def schemas_release(
    version: Annotated[str, typer.Argument(help="Version of the release, e.g. 0.2.0.", callback=not_blank)],
) -> None:
    """Keep the contract of this code as released: from now on it may only be added to.

    Refuses while there is a break, and a version that is not pyproject.toml's or not above the one released last.
    """
    from loanstream.cli.contract import release

    raise typer.Exit(release(version, console, errors))


@schemas.command("reworded")
def schemas_reworded(
    name: Annotated[str, typer.Argument(help="Type or shared definition, as `schemas check` names it.")],
    field: Annotated[str, typer.Argument(help="Path of the field; none for the type itself.")] = "",
) -> None:
    """Say that a description has other words than the released one and means the same: kept until the next release."""
    from loanstream.cli.contract import reworded

    raise typer.Exit(reworded(name, field, console, errors))


@schemas.command("show")
def schemas_show(
    ce_type: Annotated[str, typer.Argument(help="Type string, e.g. loanstream.servicing.Overdue.v1.")],
) -> None:
    """Print the JSON Schema of an event or command type."""
    from loanstream.cli.contract import show

    raise typer.Exit(show(ce_type, console, errors))


@audit.command("verify")
def audit_verify(service: ServicesOption = None, data: DataDir = None) -> None:
    """Verify hash chains, sequences and decisions of the stored streams."""
    from loanstream.cli import streams

    run(streams.audit_verify(installed(data), service or (), console))


def run(coroutine: Coroutine[Any, Any, int]) -> None:
    """Drive a command's coroutine; its result is the exit code."""
    configure_logging("console", "warning")
    with explained(errors):
        code = asyncio.run(coroutine)
        if code:
            raise typer.Exit(code)
