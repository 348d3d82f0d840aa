"""Settings come from the environment, and a wrong one is named."""

from pathlib import Path

import pytest

from loanstream.runtime.settings import BadSetting, Settings, describe, unknown_variables


def test_without_variables_it_is_the_embedded_run_on_loopback() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.partitions) == ("127.0.0.1", 8600, 6)
    assert settings.is_loopback
    assert settings.local_issuer


def test_every_setting_can_be_given_and_is_documented() -> None:
    for setting in describe():
        assert setting.meaning.endswith((".", "..")), setting
        assert setting.variable.startswith("LOANSTREAM_")
        assert Settings.from_environment({setting.variable: setting.default}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("PARTITIONS", "0"),
        ("AUTH", "none"),
        ("BUSINESS_DAY", "sometimes"),
        ("ZONE", "Mars/Olympus"),
        ("OIDC_ISSUER", "ftp://issuer"),
        ("WAIT_SECONDS", "nan"),
        ("WAIT_SECONDS", "0"),
        ("LOG_LEVEL", "loud"),
        ("INITIAL_PASSWORD", "short"),
        ("METRICS_TOKEN", "guess-me"),
    ],
)
def test_a_wrong_value_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"LOANSTREAM_{variable}: .* expected"):
        Settings.from_environment({f"LOANSTREAM_{variable}": value})


def test_a_secret_comes_from_a_file_and_is_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "smtp"
    secret.write_text("smtp://user:hunter2@mail\n")
    settings = Settings.from_environment({"LOANSTREAM_SMTP_URL_FILE": str(secret)})
    assert settings.smtp_url == "smtp://user:hunter2@mail"
    assert "hunter2" not in repr(settings)


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"LOANSTREAM_SMTP_URL_FILE=.*cannot be read"):
        Settings.from_environment({"LOANSTREAM_SMTP_URL_FILE": str(tmp_path / "none")})


def test_value_and_file_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="both set"):
        Settings.from_environment({"LOANSTREAM_SMTP_URL": "", "LOANSTREAM_SMTP_URL_FILE": str(tmp_path)})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "loans.example"])
def test_listening_beyond_the_machine_needs_explicit_authentication(host: str) -> None:
    with pytest.raises(BadSetting, match="LOANSTREAM_AUTH"):
        Settings.from_environment({"LOANSTREAM_HOST": host})
    assert Settings.from_environment({"LOANSTREAM_HOST": host, "LOANSTREAM_AUTH": "local"}).host == host


def test_oidc_needs_an_issuer() -> None:
    with pytest.raises(BadSetting, match="LOANSTREAM_OIDC_ISSUER"):
        Settings.from_environment({"LOANSTREAM_AUTH": "oidc"})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_needs_nothing(host: str) -> None:
    assert Settings.from_environment({"LOANSTREAM_HOST": host}).is_loopback


def test_misspelt_variables_are_found() -> None:
    given = {"LOANSTREAM_PROT": "1", "LOANSTREAM_PORT": "1", "LOANSTREAM_SMTP_URL_FILE": "x", "HOME": "/"}
    assert unknown_variables(given) == ["LOANSTREAM_PROT"]
