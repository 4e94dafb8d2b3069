"""Settings: what may be written, what wins, and that every fault is told in plain words, and no secret."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from bot.settings import (
    ClinicSettings,
    ConfigError,
    DatabaseSettings,
    Fault,
    QuietHours,
    ScheduleSettings,
    SecretsSettings,
    Settings,
    SmsSettings,
    TelegramSettings,
    load,
)
from bot.settings.faults import explain, is_secret, settings_of
from bot.settings.lines import KeyPath

CASES = Path(__file__).with_name("settings_faults.txt")
SECRET = "hunter2"
SECRETS = tuple(path for path, field in settings_of(Settings) if is_secret(field) and 0 not in path)
SCHEDULE = '[[schedules]]\nname = "weekly"\nmeasures = ["ors"]\nday = "mon"\nat = "10:00"\n'
CALENDAR = '[[calendars]]\nname = "kt"\ntherapist = "T1"\n'
WORDING = """
[licence]
ors = "mine"
[wording.ors.en]
low = "a"
high = "b"
items = { individual = "c", interpersonal = "d", social = "e", overall = "f" }
"""


def at(when: str) -> str:
    """Write the schedule with a time of another kind."""
    return SCHEDULE.replace('day = "mon"\nat = "10:00"', f"when = {{ {when} }}")


@dataclass(frozen=True, slots=True)
class Case:
    """One case of settings_faults.txt."""

    title: str
    environ: Mapping[str, str]
    secrets: Mapping[str, str]
    written: str
    told: tuple[str, ...]


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a config.toml of this machine out of it."""
    monkeypatch.chdir(tmp_path)


def cases() -> Iterator[Case]:
    """Read settings_faults.txt as its head says."""
    intro, *rows = CASES.read_text(encoding="utf-8").split("\n== ", 1)
    assert intro
    case: list[str] = []
    for row in [*f"== {rows[0]}".splitlines(), ""]:
        if row == "" and case and case[-1].startswith("-> "):
            yield parsed(case)
            case = []
        else:
            case.append(row)


def parsed(rows: list[str]) -> Case:
    """Tell the lines of one case apart by how they begin."""
    told = tuple(row.removeprefix("-> ") for row in rows if row.startswith("-> "))
    titles = [row.removeprefix("== ") for row in rows if row.startswith("== ")]
    named = [row.removeprefix("$ ").partition("=") for row in rows if row.startswith("$ ")]
    files = [row.removeprefix("@ ").partition(" ") for row in rows if row.startswith("@ ")]
    return Case(
        title=titles[0] if titles else told[0].partition(":")[0],
        environ={name: value for name, _, value in named},
        secrets={name: content for name, _, content in files},
        written="\n".join(row for row in rows if not row.startswith(("-> ", "== ", "$ ", "@ "))),
        told=told,
    )


def faults(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """Load a config text that can't be used; give what is told, line by line."""
    config = folder / "config.toml"
    config.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(config, environ or {})
    assert str(caught.value).splitlines() == [str(fault) for fault in caught.value.faults]
    return [str(fault).replace(f"{folder}/", "") for fault in caught.value.faults]


def with_secrets(folder: Path, environ: Mapping[str, str], secrets: Mapping[str, str]) -> Mapping[str, str]:
    """Add secret files to an environment, if there are any."""
    if not secrets:
        return environ
    directory = folder / "secrets"
    directory.mkdir()
    for name, content in secrets.items():
        (directory / name).write_text(content, encoding="utf-8")
    return {"ATTUNE_SECRETS_DIR": str(directory), **environ}


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.title)
def test_every_fault_is_told_with_its_place_and_what_to_write(tmp_path: Path, case: Case) -> None:
    environ = with_secrets(tmp_path, case.environ, case.secrets)
    assert tuple(faults(tmp_path, case.written, environ)) == case.told


def test_an_invisible_mark_before_the_file_is_told(tmp_path: Path) -> None:
    told = "config.toml (line 1): has an invisible mark (BOM) before it; save the file as UTF-8 without BOM"
    assert faults(tmp_path, "\ufeffa = 1") == [told]


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(SCHEDULE.replace("10:00", "08:00"), id="at the first waking minute"),
        pytest.param(SCHEDULE.replace("10:00", "20:59"), id="at the last waking minute"),
        pytest.param(SCHEDULE.replace('"10:00"', "10:00:00"), id="a time as TOML has it"),
        pytest.param(SCHEDULE + "reminder_after = 47.9", id="a reminder just before the end"),
        pytest.param(SCHEDULE + 'reminder_after = "never"\nexpires_after = 1', id="no reminder"),
        pytest.param(SCHEDULE.replace('day = "mon"', "every = 14"), id="every 14 days"),
        pytest.param(at('weekly = ["mon 08:00", "Thu 20:59"]'), id="twice a week, at both edges"),
        pytest.param(at('every = "2 weeks mon 10:00"'), id="every two weeks"),
        pytest.param(at('cron = "0 8-20 * * mon-fri"'), id="by cron, every waking hour"),
        pytest.param(at('before_session = "2 hours"'), id="before a session, at whatever hour it is"),
        pytest.param(at('after_session = "1 day 08:00"'), id="the morning after"),
        pytest.param(at('after_enrolment = ["3 days 10:00", "90 days 10:00"]'), id="after the enrolment"),
        pytest.param(SCHEDULE + "reminder_after = [4, 24, 47.9]", id="reminders up to the end"),
        pytest.param(SCHEDULE + "late_answers = 0\nlate_by = 0.5", id="nothing late"),
        pytest.param(SCHEDULE + 'start = 2026-09-01\nend = "2026-09-01"', id="on one day only"),
        pytest.param(SCHEDULE + 'skip = [2026-12-24, "2026-12-25/2026-12-25"]', id="days left out"),
        pytest.param(SCHEDULE + 'holidays = "de-by"', id="a region in small letters"),
        pytest.param(SCHEDULE + '[programmes.pilot]\nschedules = ["weekly"]', id="a programme"),
        pytest.param("[check_ins]\nmost_a_day = 50\npause_after = 1", id="a lot of check-ins"),
        pytest.param('[sessions]\nconfirm_hours_before = "never"\nminutes = 90', id="no confirmation"),
        pytest.param(CALENDAR + 'file = "a.ics"\nevery_minutes = 5', id="a calendar in a file"),
        pytest.param(WORDING, id="licensed wording"),
        pytest.param('[server]\npublic_url = "http://127.0.0.1:8080"', id="http to this machine"),
        pytest.param('[clinic]\ncountry = "de"', id="a country in small letters"),
        pytest.param("[rules.numbers]\nsrs_item = 10\nsrs_total = 7.2", id="numbers at their edge"),
    ],
)
def test_what_is_just_right_is_taken(tmp_path: Path, written: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(written)
    load(config, {})


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no such file; copy config\.example\.toml to it$"):
        load(tmp_path / "none.toml", {})
    with pytest.raises(ConfigError, match=r"can't be read .*; let Attune's user read it$"):
        load(tmp_path, {})
    (tmp_path / "latin.toml").write_bytes('name = "Zürich"'.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"is not UTF-8 text; save it as UTF-8$"):
        load(tmp_path / "latin.toml", {})


def test_what_an_unreadable_file_may_say_is_not_called_missing(tmp_path: Path) -> None:
    told = faults(tmp_path, "[server]\npublic_url = ", {"ATTUNE_SMS__FROM_NUMBER": "+12025550142"})
    assert [fault.partition(":")[0] for fault in told] == ["config.toml (line 2)"]


def test_a_secret_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    directory = tmp_path / "secrets"
    directory.mkdir()
    (directory / "telegram__token").write_bytes(b"\xff")
    assert faults(tmp_path, f'[secrets]\ndir = "{directory}"') == [
        "secrets.dir (line 2): has a file that is not UTF-8 text; save it as UTF-8, or move it out of secrets"
    ]


def test_a_directory_that_is_no_directory_of_secrets_is_told(tmp_path: Path) -> None:
    directory = tmp_path / "secrets"
    directory.mkdir()
    with (directory / "large").open("wb") as file:
        file.truncate(17 * 2**20)
    assert faults(tmp_path, "", {"ATTUNE_SECRETS_DIR": str(directory)}) == [
        "secrets.dir (ATTUNE_SECRETS_DIR): holds too much to be secret files; name a directory of their own"
    ]


def test_a_secret_that_could_not_be_read_is_not_called_missing(tmp_path: Path) -> None:
    environ = {"ATTUNE_SECRETS_DIR": "/nowhere", "ATTUNE_SERVER__PUBLIC_URL": "https://attune.example.org"}
    told = faults(tmp_path, '[telegram]\nmode = "webhook"', environ)
    assert [fault.partition(":")[0] for fault in told] == ["secrets.dir (ATTUNE_SECRETS_DIR)"]


def test_another_programs_secret_file_is_left_alone(tmp_path: Path) -> None:
    environ = with_secrets(tmp_path, {}, {"postgres_password": SECRET})
    assert load(None, environ) == Settings(secrets=SecretsSettings(dir=tmp_path / "secrets"))


def test_secret_files_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[clinic]\nname = "file"\nzone = "Europe/Berlin"\ncontact = "file"\n' + SCHEDULE)
    environ = {
        "ATTUNE_CLINIC__NAME": "environment",
        "ATTUNE_CLINIC__CONTACT": "environment",
        "ATTUNE_CLINIC__COUNTRY": "",
        "ATTUNE_RULES__OFF": "drop,alliance_low",
        "ATTUNE_RULES__NUMBERS__RELIABLE_CHANGE": "6",
        "ATTUNE_OPERATORS__TELEGRAM": "123456789",
        "attune_telegram__token": "1:environment",
        "PATH": "/bin",
    }
    loaded = load(
        config, with_secrets(tmp_path, environ, {"telegram__token": "2:file\n", "clinic__contact": "us"})
    )
    assert loaded.clinic == ClinicSettings(
        name="environment", zone="Europe/Berlin", contact="us", country="US"
    )
    assert loaded.rules.off == ("drop", "alliance_low")
    assert loaded.rules.numbers.given() == {"reliable_change": 60}
    assert loaded.operators.telegram == ("123456789",)
    assert loaded.telegram.token == SecretStr("2:file")
    assert [schedule.name for schedule in loaded.schedules] == ["weekly"]


@pytest.mark.parametrize(
    ("flat", "when"),
    [
        pytest.param('day = "mon"\nat = "9:05"', 'weekly = "mon 09:05"', id="a week where nothing is said"),
        pytest.param('every = "week"\nday = "sun"\nat = "20:00"', 'weekly = "sun 20:00"', id="weekly"),
        pytest.param('every = 14\nat = "10:00"', 'every = "14 days 10:00"', id="days"),
    ],
)
def test_the_older_spelling_says_the_same(tmp_path: Path, flat: str, when: str) -> None:
    config = tmp_path / "config.toml"
    rules = []
    for written in (SCHEDULE.replace('day = "mon"\nat = "10:00"', flat), at(when)):
        config.write_text(written)
        rules.append(load(config, {}).schedules[0].rule)
    assert rules[0] == rules[1]


def test_the_address_of_a_calendar_is_a_secret(tmp_path: Path) -> None:
    address = f"webcal://calendar.example.org/{SECRET}/basic.ics?token=1"
    config = tmp_path / "config.toml"
    config.write_text(CALENDAR + 'url_secret = "kt-calendar"')
    loaded = load(config, with_secrets(tmp_path, {}, {"kt-calendar": f"{address}\n"}))
    whole = f'[{{"name": "kt", "therapist": "T1", "url": "{address}"}}]'
    for one in (loaded, load(None, {"ATTUNE_CALENDARS": whole})):
        assert one.calendars[0].url == SecretStr(address.replace("webcal", "https"))
        for said in (repr(one), str(one.model_dump()), one.model_dump_json()):
            assert SECRET not in said


@pytest.mark.parametrize(
    "address",
    [f"http://example.org/{SECRET}", f"ftp://h/{SECRET}", SECRET, f"https://[{SECRET}", f"//{SECRET}"],
)
def test_an_address_that_is_not_safe_is_told_and_never_repeated(tmp_path: Path, address: str) -> None:
    told = faults(
        tmp_path,
        CALENDAR + 'url_secret = "kt-calendar"',
        with_secrets(tmp_path, {}, {"kt-calendar": address}),
    )
    advice = "give the https address at which the calendar can be read"
    assert told == [f"calendars[0].url (line 1): is not a safe web address; {advice}"]


def test_a_secret_file_of_a_calendar_is_one_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("https://example.org")
    environ = with_secrets(tmp_path, {}, {"another": "x", "empty": " "})
    for name in ("kt-calendar", "empty", "../elsewhere"):
        (told,) = faults(tmp_path, CALENDAR + f'url_secret = "{name}"', environ)
        assert told.startswith(
            "calendars[0].url_secret (line 4): names no secret file that can be read; write"
        )


def test_schedules_from_the_environment_take_the_place_of_the_files(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(SCHEDULE)
    json = '[{"name": "often", "measures": ["srs"], "every": 3, "at": "9:30", "reminder_after": "never"}]'
    assert load(config, {"ATTUNE_SCHEDULES": json}).schedules == (
        ScheduleSettings(name="often", measures=("srs",), every=3, at=time(9, 30), reminder_after=()),
    )


@pytest.mark.parametrize(
    ("environ", "password"),
    [
        ({"ATTUNE_DATABASE__URL": "postgresql://u:p%40ss@h/n?sslmode=require"}, "p@ss"),
        ({"ATTUNE_DATABASE__URL": "postgresql://u@h/n?sslmode=require&password=asked"}, "asked"),
        (
            {
                "ATTUNE_DATABASE__URL": "postgresql://u:one@h/n?sslmode=require",
                "ATTUNE_DATABASE__PASSWORD": "two",
            },
            "two",
        ),
    ],
)
def test_a_password_leaves_the_database_address(environ: Mapping[str, str], password: str) -> None:
    assert load(None, environ).database == DatabaseSettings(
        url="postgresql://u@h/n?sslmode=require", password=SecretStr(password)
    )


def test_it_leaves_the_direct_address_too() -> None:
    environ = {
        "ATTUNE_DATABASE__URL": "postgresql://u@h/n",
        "ATTUNE_DATABASE__DIRECT_URL": "postgresql://u:p@d/n",
    }
    assert load(None, environ).database == DatabaseSettings(
        url="postgresql://u@h/n", direct_url="postgresql://u@d/n", password=SecretStr("p")
    )


@pytest.mark.parametrize("path", SECRETS, ids=".".join)
def test_no_secret_is_ever_shown(tmp_path: Path, path: tuple[str, str]) -> None:
    """Wherever it stands, also with faults around it: not in a message, a repr or a traceback."""
    section, key = path
    variable = f"ATTUNE_{section}__{key}".upper()
    (tmp_path / "config.toml").write_text(
        f'[{section}]\n{key} = "{SECRET}"\n{key}s = ["{SECRET}"]\nx = {{ a = "{SECRET}" }}\n'
        f'[logs]\nlevel = ["{SECRET}"]\n[[schedules]]\nname = ["{SECRET}"]\nday = {{ a = "{SECRET}" }}\n'
    )
    for environ in (
        {},
        {variable: f"{SECRET} {SECRET}"},
        {variable: f'{{"a": "{SECRET}"}}', variable + "X": SECRET},
    ):
        with pytest.raises(ConfigError) as caught:
            load(tmp_path / "config.toml", environ)
        error = caught.value
        assert error.__cause__ is error.__context__ is None
        shown = "\n".join((*traceback.format_exception(error), repr(error), str(error), repr(error.faults)))
        assert key in shown
        assert SECRET not in shown


def test_settings_with_secrets_do_not_show_them() -> None:
    environ = {f"ATTUNE_{'__'.join(map(str, path)).upper()}": f"1{SECRET}" for path in SECRETS}
    environ |= {
        "ATTUNE_TELEGRAM__TOKEN": f"1:{SECRET}",
        "ATTUNE_SMS__ACCOUNT_SID": "AC0",
        "ATTUNE_SMS__FROM_NUMBER": "+12025550142",
        "ATTUNE_SERVER__PUBLIC_URL": "https://attune.example.org",
    }
    loaded = load(None, environ)
    assert loaded.telegram.token == SecretStr(f"1:{SECRET}")
    for shown in (repr(loaded), str(loaded), str(loaded.model_dump()), loaded.model_dump_json()):
        assert SECRET not in shown


def test_settings_made_directly_read_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.toml").write_text('[clinic]\nname = "file"')
    monkeypatch.setenv("ATTUNE_CLINIC__NAME", "environment")
    assert Settings().clinic.name == "your clinic"
    assert Settings(clinic=ClinicSettings(name="here")).clinic == ClinicSettings(name="here")


def test_settings_made_directly_must_go_together_too() -> None:
    schedule = ScheduleSettings(name="a", measures=("ors",), day="mon", at=time(22))
    with pytest.raises(ValidationError, match="would always wait"):
        Settings(schedules=(schedule,))
    Settings(schedules=(schedule,), quiet_hours=QuietHours(start=time(23)))
    with pytest.raises(ValidationError, match="needs it"):
        Settings(telegram=TelegramSettings(mode="webhook"))


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().clinic.name = "another"  # type: ignore[misc]


def test_the_file_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(environ={}) == Settings()
    Path("config.toml").write_text('[clinic]\nname = "by its name"')
    Path("other.toml").write_text('[clinic]\nname = "by the variable"')
    assert load(environ={}).clinic.name == "by its name"
    assert load(environ={"ATTUNE_CONFIG": "other.toml"}).clinic.name == "by the variable"
    assert load(Path("config.toml"), {"ATTUNE_CONFIG": "other.toml"}).clinic.name == "by its name"
    monkeypatch.setenv("ATTUNE_CLINIC__NAME", "by this process")
    assert load().clinic.name == "by this process"


def test_values_are_brought_into_one_form(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[clinic]\ncountry = "gb"\n[server]\npublic_url = "https://attune.example.org/"\n'
        '[sms]\naccount_sid = "AC0"\nmessaging_service_sid = "MG0"\nwhatsapp_from = "+12025550142"\n'
        'api_base = "http://127.0.0.1:9/"\n[operators]\ntelegram = [5]\n[rules.numbers]\nsrs_total = 7.2\n'
    )
    loaded = load(tmp_path / "config.toml", {"ATTUNE_SMS__AUTH_TOKEN": SECRET})
    assert loaded.clinic.country == "GB"
    assert loaded.server.public_url == "https://attune.example.org"
    assert loaded.operators.telegram == ("5",)
    assert loaded.rules.numbers.srs_total == Decimal("7.2")
    assert loaded.rules.numbers.given() == {"srs_total": 72}
    assert loaded.sms == SmsSettings(
        account_sid="AC0",
        auth_token=SecretStr(SECRET),
        messaging_service_sid="MG0",
        whatsapp_from="whatsapp:+12025550142",
        api_base="http://127.0.0.1:9",
    )


@given(st.integers(0, 400))
def test_every_number_of_points_is_kept_to_the_tenth(points: int) -> None:
    environ = {"ATTUNE_RULES__NUMBERS__RELIABLE_CHANGE": f"{points / 10}"}
    assert load(None, environ).rules.numbers.given() == {"reliable_change": points}


def test_a_fault_reads_as_one_line() -> None:
    assert str(Fault("a.b", 3, "is wrong", "write c")) == "a.b (line 3): is wrong; write c"
    assert str(Fault("a.b", None, "is wrong", "write c")) == "a.b: is wrong; write c"
    assert str(Fault("a.b", None, "is wrong", "write c", "A__B")) == "a.b (A__B): is wrong; write c"


JUNK: st.SearchStrategy[object] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.just(date(2026, 1, 1))
    | st.times(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)


@given(st.sampled_from([path for path, _ in settings_of(Settings)]), JUNK)
def test_whatever_is_written_the_fault_is_in_our_own_words(path: KeyPath, junk: object) -> None:
    values: object = junk
    for part in reversed(path):
        values = [values] if isinstance(part, int) else {part: values}
    try:
        Settings.model_validate(values)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            clash = explain(one, Settings, in_file=True)
            assert clash.problem != "can't be used here", one["type"]
            assert "nput" not in clash.problem + clash.instead
