"""Every setting of an installation, from environment variables ``LOANSTREAM_*`` 配置.

Each variable ``NAME`` can also be given as ``NAME_FILE``, the path of a file that holds the value: for secrets. A wrong value
raises :class:`BadSetting`, which names the variable and says what it accepts. ``describe()`` lists them all for the manual.
"""

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

from loanstream.eventlog.kafka.cluster_settings import (
    MECHANISMS,
    PROTOCOLS,
    ClusterSettings,
    ClusterSettingsRefused,
)
from loanstream.vault.secretfile import secret_file

PREFIX = "LOANSTREAM_"

_SHORTEST_SECRET = 16
"""Characters of a token that we are given."""
_SHORTEST_PASSWORD = 12
_LONGEST_PASSWORD = 200

_SHORTEST_PASSWORD = 12
_LONGEST_PASSWORD = 200

_INSTALLED = ("installation", "postgres")
"""What the first start makes in a data folder."""

T = TypeVar("T")


class BadSetting(ValueError):
    """A variable has a value that cannot be used; the text names the variable and what it accepts."""


@dataclass(frozen=True, slots=True)
class SettingDescription:
    """One setting, for the manual and for ``doctor``."""

    variable: str
    kind: str
    default: str
    meaning: str


def _text(raw: str) -> str:
    return raw


def _path(raw: str) -> Path:
    return Path(raw).expanduser()


def _between(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        value = int(raw)
        if not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return parse


def _seconds(raw: str) -> float:
    value = float(raw)
    if not 0 < value <= 3600:
        raise ValueError("a number of seconds above 0, at most 3600")
    return value


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in allowed:
            raise ValueError(f"one of {', '.join(filter(None, allowed))}")
        return raw

    return parse


def _zone(raw: str) -> str:
    try:
        ZoneInfo(raw)
    except Exception:
        raise ValueError("a time zone of the IANA database, e.g. Asia/Shanghai") from None
    return raw


def _secret(raw: str) -> str:
    if raw and len(raw) < _SHORTEST_SECRET:
        raise ValueError(f"at least {_SHORTEST_SECRET} characters, so that nobody guesses it")
    return raw


def _password(raw: str) -> str:
    if raw and not _SHORTEST_PASSWORD <= len(raw) <= _LONGEST_PASSWORD:
        raise ValueError(f"{_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters")
    return raw


def _http_url(raw: str) -> str:
    if not raw.startswith(("https://", "http://")):
        raise ValueError("an address that begins with https:// or http://")
    return raw.rstrip("/")


def _setting(meaning: str, default: T, parse: Callable[[str], T], kind: str) -> T:
    """A field with its documentation and parser; the declared type of the field is the default's."""
    metadata = {"meaning": meaning, "parse": parse, "kind": kind}
    made: Any = field(default=default, repr="secret" not in kind, metadata=metadata)
    result: T = made
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings; ``Settings()`` is the embedded run on loopback, :meth:`from_environment` reads the variables."""

    data_dir: Path = _setting(  # noqa: RUF009 - a field, as for the others
        "Folder of keys, users, the embedded database and sandbox mail; made on first start, readable by its owner only.",
        Path(".loanstream"),
        _path,
        "path",
    )
    keys_dir: str = _setting(
        "Folder of `vault/master.json`, and of `issuer.json` and `users.json` for the local issuer, where others keep them, e.g. a"
        " mounted secret: nothing is ever made there; empty: the data folder.",
        "",
        _text,
        "path",
    )
    host: str = _setting(
        "Address to listen on. Anything but loopback is refused unless LOANSTREAM_AUTH is set.",
        "127.0.0.1",
        _text,
        "text",
    )
    port: int = _setting("TCP port of the HTTP interface; 0 takes a free one.", 8600, _between(0, 65535), "integer")
    database_url: str = _setting(
        "PostgreSQL to use instead of the embedded one, e.g. postgresql://user@host/loanstream.",
        "",
        _text,
        "text, secret",
    )
    installation: str = _setting(
        "Name of the installation, in every topic's identity; empty: one made in the data folder on first use.",
        "",
        _text,
        "text",
    )
    kafka_servers: str = _setting(
        "Bootstrap addresses of a Kafka cluster, host:port separated by commas; empty: the log is in PostgreSQL.",
        "",
        _text,
        "addresses",
    )
    kafka_protocol: str = _setting(
        "How clients talk to the cluster.", "PLAINTEXT", _one_of(*PROTOCOLS), "one of " + ", ".join(PROTOCOLS)
    )
    kafka_mechanism: str = _setting(
        "How clients sign in, for the SASL protocols.",
        "SCRAM-SHA-512",
        _one_of(*MECHANISMS),
        "one of " + ", ".join(MECHANISMS),
    )
    kafka_user: str = _setting("User that clients sign in as.", "", _text, "text")
    kafka_password: str = _setting("Its password.", "", _text, "text, secret")
    kafka_ca_file: str = _setting(
        "PEM file of the authorities that may have signed the brokers' certificates; empty: the system's.",
        "",
        _text,
        "path",
    )
    kafka_certificate_file: str = _setting("PEM file of the clients' certificate.", "", _text, "path")
    kafka_key_file: str = _setting("PEM file of its key.", "", _text, "path")
    kafka_replication: int = _setting(
        "Copies of each topic that `loanstream topics apply` makes; all but one must be in sync.",
        1,
        _between(1, 9),
        "integer",
    )
    partitions: int = _setting(
        "Partitions of every topic, fixed when an installation is first started.", 6, _between(1, 512), "integer"
    )
    auth: str = _setting(
        "Who signs tokens: `local` (keys and users of the data folder) or `oidc`. Empty: local, on loopback only.",
        "",
        _one_of("", "local", "oidc"),
        "local or oidc",
    )
    oidc_issuer: str = _setting("Issuer address of the identity provider, for `oidc`.", "", _http_url, "URL")
    oidc_jwks_url: str = _setting(
        "Address of its key set; empty: found through <issuer>/.well-known/openid-configuration.", "", _http_url, "URL"
    )
    oidc_audience: str = _setting("Audience that tokens must be made for.", "loanstream", _text, "text")
    oidc_roles_claim: str = _setting(
        "Claim that holds the roles; dots descend, e.g. realm_access.roles.", "roles", _text, "text"
    )
    issuer_url: str = _setting(
        "Address of the local issuer where it is a process of its own, `loanstream issuer`: then only that one holds key and"
        " users; empty: every process signs with those of the data folder.",
        "",
        _http_url,
        "URL",
    )
    token_minutes: int = _setting(
        "Life of tokens and console sessions of the local issuer.", 480, _between(1, 10_080), "minutes"
    )
    initial_password: str = _setting(
        "Password that the users of the local issuer are made with; empty: a random one, kept in the data folder.",
        "",
        _password,
        "text, secret",
    )
    business_day: str = _setting(
        "`manual`: a permitted person moves the day; `clock`: it opens when the calendar's day begins.",
        "manual",
        _one_of("manual", "clock"),
        "manual or clock",
    )
    zone: str = _setting("Time zone in which business days begin.", "Asia/Shanghai", _zone, "time zone")
    calendar: str = _setting("Version of the business-day calendar.", "every-day/1", _text, "text")
    bank_url: str = _setting(
        "Payment gateway that pays loans out; empty: a sandbox bank in the data folder that pays nobody.",
        "",
        _http_url,
        "URL",
    )
    bank_token: str = _setting("Bearer token of the payment gateway.", "", _text, "text, secret")
    smtp_url: str = _setting(
        "Mail server, e.g. smtp://user:password@host:587; empty writes mails into the data folder.",
        "",
        _text,
        "text, secret",
    )
    smtp_sender: str = _setting("From address of mails.", "loanstream@localhost", _text, "text")
    webhooks: Path = _setting(  # noqa: RUF009 - a field, as for the others
        "JSON file of webhook subscribers, in the data folder unless absolute; nothing is sent when it does not exist.",
        Path("webhooks.json"),
        _path,
        "path",
    )
    max_body_bytes: int = _setting(
        "Largest request body that is read.", 1_048_576, _between(1024, 1_073_741_824), "bytes"
    )
    wait_seconds: float = _setting(
        "How long a request waits for its decision before 202, when it does not say `Prefer: wait=`.",
        5.0,
        _seconds,
        "seconds",
    )
    key_lease_seconds: float = _setting(
        "After how long an unfinished request with the same Idempotency-Key counts as dead.", 60.0, _seconds, "seconds"
    )
    effect_lease_seconds: float = _setting(
        "After how long a payout, mail or webhook whose sender died is asked about; half of it is what a provider may take.",
        60.0,
        _seconds,
        "seconds",
    )
    max_connections: int = _setting(
        "Requests served at once; more are answered 503.", 512, _between(1, 100_000), "integer"
    )
    database_pool: int = _setting("Connections to PostgreSQL for queries, per service.", 4, _between(1, 100), "integer")
    log_format: str = _setting("Format of log lines.", "json", _one_of("json", "console"), "json or console")
    log_level: str = _setting(
        "Least severe log lines written.", "info", _one_of("debug", "info", "warning", "error"), "level"
    )
    metrics_token: str = _setting(
        "Bearer token with which a scraper may read /metrics, and nothing else; empty: a user's with platform:read-lag.",
        "",
        _secret,
        "text, secret",
    )
    otlp_endpoint: str = _setting(
        "OpenTelemetry collector that traces are sent to by OTLP over HTTP, e.g. http://collector:4318; empty: no traces.",
        "",
        _http_url,
        "URL",
    )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Settings from ``environ`` (default: the process's). Raises :class:`BadSetting`."""
        source = os.environ if environ is None else environ
        given = {
            f.name: _parsed(f.name, f.metadata, raw) for f in fields(cls) if (raw := _raw(source, f.name)) is not None
        }
        settings = cls(**given)
        settings.check()
        return settings

    def check(self) -> None:
        """What single values cannot show. Raises :class:`BadSetting`."""
        if not self.is_loopback and not self.auth:
            raise BadSetting(
                f"{PREFIX}HOST={self.host} would listen beyond this machine: set {PREFIX}AUTH to `oidc` with"
                f" {PREFIX}OIDC_ISSUER, or to `local` to accept the users of the data folder there"
            )
        if self.auth == "oidc" and not self.oidc_issuer:
            raise BadSetting(f"{PREFIX}OIDC_ISSUER is empty: {PREFIX}AUTH=oidc needs the issuer's address")
        if self.auth == "oidc" and self.issuer_url:
            raise BadSetting(
                f"{PREFIX}ISSUER_URL is that of the local issuer, and {PREFIX}AUTH=oidc has another: leave it empty"
            )
        _ = self.kafka

    @property
    def kafka(self) -> ClusterSettings | None:
        """The cluster that holds the log; ``None`` when PostgreSQL does. Raises :class:`BadSetting`."""
        if not self.kafka_servers:
            return None
        try:
            return ClusterSettings(
                servers=self.kafka_servers,
                protocol=self.kafka_protocol,
                mechanism=self.kafka_mechanism,
                user=self.kafka_user,
                password=self.kafka_password,
                ca_file=_file(self.kafka_ca_file),
                certificate_file=_file(self.kafka_certificate_file),
                key_file=_file(self.kafka_key_file),
                replication=self.kafka_replication,
            )
        except ClusterSettingsRefused as error:
            raise BadSetting(f"{PREFIX}KAFKA_*: {error}") from None

    @property
    def installation_name(self) -> str:
        """What every topic's identity names."""
        return self.installation or installation_id(self.data_dir)

    @property
    def keys_path(self) -> Path:
        """Folder of the keys; :func:`loanstream.runtime.keys.keys_folder` says whether they are there."""
        return _file(self.keys_dir) or self.data_dir

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def local_issuer(self) -> bool:
        """Whether the local issuer's users can sign in."""
        return self.auth in ("", "local")

    @property
    def signs_here(self) -> bool:
        """Whether this process holds the key of the local issuer."""
        return self.local_issuer and not self.issuer_url

    @property
    def webhooks_path(self) -> Path:
        """The webhook subscribers' file; a relative one stands in the data folder."""
        return self.data_dir / self.webhooks


def _file(name: str) -> Path | None:
    return Path(name).expanduser() if name else None


def made_folder(data_dir: Path) -> Path:
    """The data folder, made when missing. Raises :class:`BadSetting` when it cannot be made or used."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise _unusable(data_dir, "is a file, not a folder") from None
    except OSError as error:
        raise _unusable(data_dir, f"cannot be made ({error.strerror})") from None
    return usable_folder(data_dir)


def usable_folder(data_dir: Path) -> Path:
    """The data folder, which need not exist; nothing is left behind. Raises :class:`BadSetting` when it could not be used."""
    if not os.path.lexists(data_dir):
        above = next(path for path in data_dir.absolute().parents if os.path.lexists(path))
        try:
            tempfile.TemporaryDirectory(dir=above).cleanup()
        except OSError as error:
            raise _unusable(data_dir, f"cannot be made ({error.strerror})") from None
        return data_dir
    if not os.path.isdir(data_dir):
        raise _unusable(data_dir, "is a file, not a folder")
    if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise _unusable(data_dir, "cannot be read and written by this user")
    return data_dir


def is_installed(data_dir: Path) -> bool:
    """Whether an installation was ever made in the folder."""
    return any((data_dir / name).exists() for name in _INSTALLED)


def _unusable(data_dir: Path, why: str) -> BadSetting:
    return BadSetting(f"data folder {data_dir} {why}: choose another with --data or {PREFIX}DATA_DIR")


def installation_id(data_dir: Path) -> str:
    """Name of the installation that a data folder belongs to, made on first use: it stands in every topic's identity."""
    return secret_file(data_dir / "installation", lambda: f"{uuid4()}\n".encode()).decode().strip()


def describe() -> tuple[SettingDescription, ...]:
    """Every setting with variable, kind, default and meaning."""
    return tuple(
        SettingDescription(_variable(f.name), f.metadata["kind"], _shown(f.default), f.metadata["meaning"])
        for f in fields(Settings)
    )


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Variables with our prefix that no setting has: most often misspelt, so that a default is silently in force."""
    known = {_variable(f.name) for f in fields(Settings)}
    return sorted(
        name
        for name in environ
        if name.startswith(PREFIX) and name not in known and name.removesuffix("_FILE") not in known
    )


def _shown(default: object) -> str:
    return "" if default is MISSING else str(default)


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _raw(source: Mapping[str, str], name: str) -> str | None:
    """The value as text: the variable, or the content of the file that ``_FILE`` names."""
    variable = _variable(name)
    file = source.get(variable + "_FILE")
    if file is None:
        return source.get(variable)
    if variable in source:
        raise BadSetting(f"{variable} and {variable}_FILE are both set: keep one of them")
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\n")
    except OSError as error:
        raise BadSetting(f"{variable}_FILE={file}: cannot be read ({error.strerror})") from None


def _parsed(name: str, metadata: Mapping[str, Any], raw: str) -> Any:
    if not raw and metadata["parse"] in (_text, _http_url):
        return ""
    try:
        return metadata["parse"](raw)
    except ValueError as error:
        shown = "the value" if "secret" in metadata["kind"] else repr(raw)
        raise BadSetting(f"{_variable(name)}: {shown} is not usable; expected {metadata['kind']}: {error}") from None
