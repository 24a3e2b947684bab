"""`landscape forget`, also after an interruption: neither store holds the address afterwards."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.models.project import Contact
from chalicelib.models.technology import Move
from chalicelib.settings import Settings
from chalicelib.stores.port import Receipt, Store
from ops.console import Console
from ops.forget import Forgetting, carry_out
from tests.contract.samples import LATER, NOW, change, everything, project, technology, there, uses
from tests.support.api import ROOT
from tests.support.commands import invoke, program_of
from tests.support.emulator import Emulator
from tests.support.faults import Faulty, Killed, Recording, after, emulated_tables, killed
from tests.support.persons import CARL, EVE, KINDS, RITA, Place, fill, place_of

KEY = RITA.lower()
NEWER = {"newer": ["kept"]}
# More rows than one transaction holds, so a write of the record takes several steps.
WORDS, OTHER_WORDS = (" ".join(f"{n}{sign}xx" for n in range(10, 80)) for sign in "wv")
PATIENCE_SECONDS = 60.0


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with place_of(request.param, tmp_path, lambda: request.getfixturevalue("emulator")) as found:
        yield found


@pytest.fixture
def full(place: Place, settings: Settings) -> Place:
    fill(place.open(), settings)
    return place


def forget(store: Store, successor: str = "", *, looks_only: bool = False) -> int:
    """Runs the command with a stopped clock, so that equal results are equal texts."""
    from datetime import datetime

    forgetting = Forgetting(store, KEY, successor, lambda: datetime.fromisoformat(LATER))
    return carry_out(forgetting, Console("forget"), looks_only=looks_only)


def landscape(place: Place, *arguments: str, code: int = 0, **more: str) -> str:
    environment = {"LANDSCAPE_STORE_URL": place.url, "COLUMNS": "200", **more}
    done = invoke("forget", *arguments, "--stage", "local", cwd=ROOT, environment=environment)
    assert done.returncode == code, done.stdout + done.stderr
    assert "persons.example" not in done.stdout + done.stderr
    return done.stderr if code == 1 else done.stdout


def history(store: Store, id_: str) -> list[Move]:
    def find(after: Any, limit: int) -> Any:
        return store.technologies.moves(id_, after, limit)

    return everything(find)


def test_nothing_holds_the_address_afterwards_and_all_else_stays(full: Place) -> None:
    before, store = full.open(), full.open()
    moves = {id_: history(before, id_) for id_ in ("go", "rust")}
    shared = {id_: there(before.projects, id_) for id_ in ("shared-one", "shared-two")}
    others = {each: full.everything().lower().count(each) for each in (CARL, EVE)}
    assert KEY in full.everything().lower()
    assert forget(store, EVE) == 0
    text = full.everything().lower()
    assert KEY not in text
    assert text.count(CARL) == others[CARL]
    assert text.count(EVE) > others[EVE]
    for id_, earlier in moves.items():
        now = [replace(m, author=None if m.author == RITA else m.author) for m in earlier]
        assert history(store, id_) == now
        assert len(earlier) > 60 or id_ == "rust"
    for id_, was in shared.items():
        kept = tuple(each for each in was.contacts if each.key != KEY)
        wanted = {"contacts": kept, "version": was.version + 1, "updated_by": None}
        assert there(store.projects, id_) == replace(was, **wanted, updated_at=LATER)
    assert there(store.projects, "alone").contacts == (Contact(EVE, ("Editor",)),)
    assert [each["id"] for each in listed(store, EVE)] == ["alone"]
    assert listed(store, KEY) == []


def listed(store: Store, key: str) -> list[Any]:
    return [json.loads(text) for text in store.projects.of_contact(key, None, 50).items]


def test_a_project_is_never_left_without_a_contact(full: Place) -> None:
    told = landscape(full, RITA.upper(), code=1)
    cure = "has no other contact: add one, or name one with --replace-with"
    assert told == f"forget: the project alone {cure}\n"
    store = full.open()
    assert [contact.email for contact in there(store.projects, "alone").contacts] == [RITA.upper()]
    assert all(move.author != RITA for move in history(store, "go"))
    assert landscape(full, RITA, code=1) == told
    assert "done: the register no longer contains the address" in landscape(
        full, RITA, "--replace-with", EVE
    )
    assert KEY not in full.everything().lower()
    text = full.everything()
    assert "the register does not contain the address" in landscape(full, RITA)
    assert full.everything() == text


def test_a_dry_run_says_what_is_due_and_changes_nothing(full: Place) -> None:
    text = full.everything()
    told = landscape(full, RITA, "--dry-run")
    assert "~ projects: 2 as contact, 2 as last writer → none" in told
    assert "~ technologies: 45 as author of moves, 2 as last writer → none" in told
    assert "~ stored answers (Idempotency-Key): 4 → none" in told
    assert "unfinished writes" not in told
    assert "the project alone has no other contact" in told
    assert "point-in-time recovery" in told
    answer = json.loads(landscape(full, RITA, "--status", "--json", code=3))
    assert (answer["is_due"], answer["done"]) == (True, [])
    assert full.everything() == text
    assert json.loads(landscape(full, "nobody@persons.example", "--json"))["is_due"] is False
    assert full.everything() == text


def test_what_is_no_address_is_misuse(full: Place) -> None:
    for arguments in (
        (" ",),
        (RITA, "--replace-with", "eve"),
        (RITA, "--replace-with", RITA.upper()),
    ):
        landscape(full, *arguments, code=2)


def test_without_a_register_nothing_is_made(tmp_path: Path) -> None:
    place = Place(f"sqlite:///{tmp_path / 'none.db'}", lambda: None, str)  # type: ignore[arg-type, return-value]
    assert "there is no register" in landscape(place, RITA, code=1)
    assert list(tmp_path.iterdir()) == []


def small(store: Store) -> None:
    """A register with an address in each possible place. Every record has newer members."""
    author = Move("adopt", NOW, RITA, rest=NEWER)
    moves = (*(Move("hold", NOW, (RITA, CARL)[n % 2], rest=NEWER) for n in range(52)), author)
    named = {"updated_by": RITA, "rest": NEWER, "moves": moves, "aliases": ("Golang",)}
    store.technologies.add(technology("go", name="Go", **named))
    both = (Contact(RITA, rest=NEWER), Contact(CARL, rest=NEWER))
    used = {"technologies": uses("go"), "rest": NEWER}
    wide = project("wide", name=WORDS, contacts=both, updated_by=RITA, **used)
    answer = json.dumps({"body": json.dumps({"moves": [{"author": RITA}]})})
    store.projects.add(wide, Receipt("k", "f", answer, LATER))
    store.projects.add(project("alone", contacts=both[:1]))


def require_forgotten(place: Place) -> list[Any]:
    """Asserts: the address is gone, no write is unfinished, a newer release's members are kept."""
    text, store = place.everything().lower(), place.open()
    assert KEY not in text
    assert "counterpart" not in text
    wide, alone = (there(store.projects, id_) for id_ in ("wide", "alone"))
    go = there(store.technologies, "go")
    moves = history(store, "go")
    assert [move.author for move in moves] == [None, *([CARL, None] * 26)]
    assert [each.rest for each in (wide, go, *wide.contacts, *moves)] == [NEWER] * 56
    assert alone.contacts == (Contact(EVE),)
    return [wide, alone, go, moves]


def test_killed_after_any_call_and_repeated_it_comes_to_the_same_end(emulator: Emulator) -> None:
    with emulated_tables(emulator) as tables:
        name = tables.new()
        small(tables.open(name))
        recording = Recording(tables.transport)
        forget(tables.open(name, recording), EVE)
        wanted = require_forgotten(table_place(tables, name))
        writes = [
            n
            for n, operation in enumerate(recording.operations)
            if operation in ("TransactWriteItems", "BatchWriteItem")
        ]
        assert len(writes) == 6
        for n in writes:
            name = tables.new()
            small(tables.open(name))
            with pytest.raises(Killed):
                forget(tables.open(name, Faulty(tables.transport, {n: killed})), EVE)
            forget(tables.open(name), EVE)
            assert (n, require_forgotten(table_place(tables, name))) == (n, wanted)


def test_what_another_writer_left_half_done_holds_nothing_either(emulator: Emulator) -> None:
    """The other writer is killed at any call, while its new or old text holds the address."""
    with emulated_tables(emulator) as tables:
        recording = Recording(tables.transport)
        for n in range(100):
            name = tables.new()
            small(tables.open(name))
            faulty = Faulty(recording, {n: killed})
            recording.forget()
            with suppress(Killed):
                change(tables.open(name, faulty).projects, "wide", name=OTHER_WORDS)
                break
            forget(tables.open(name), EVE)
            require_forgotten(table_place(tables, name))
        assert recording.operations.count("TransactWriteItems") > 3


def table_place(tables: Any, name: str) -> Place:
    return Place("", lambda: tables.open(name), lambda: str(tables.items(name)))


@pytest.mark.parametrize("moment", [0, 1, 20, 120])
def test_a_killed_command_is_completed_by_another(
    tmp_path: Path, settings: Settings, moment: int
) -> None:
    with place_of("sqlite", tmp_path, lambda: pytest.fail("needs no AWS")) as place:
        fill(place.open(), settings)
        store = place.open()
        for n in range(200):
            store.technologies.add(technology(f"t{n}", moves=(Move("hold", NOW, RITA),)))
        wanted = [*program_of("forget"), RITA, "--stage", "local", "--replace-with", EVE]
        environment = os.environ | {"LANDSCAPE_STORE_URL": place.url}
        end = time.monotonic() + PATIENCE_SECONDS
        with subprocess.Popen(wanted, env=environment, stdout=subprocess.DEVNULL) as process:
            while forgotten(store) < moment:
                assert time.monotonic() < end
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        assert forgotten(store) >= moment
        landscape(place, RITA, "--replace-with", EVE)
        assert KEY not in place.everything().lower()
        assert {there(store.technologies, f"t{n}").version for n in range(200)} == {2}


def forgotten(store: Store) -> int:
    return 200 - sum(
        each.moves[0].author == RITA for each in store.technologies.on_radar() if each.id[0] == "t"
    )


def test_a_write_that_comes_in_between_is_kept(emulator: Emulator) -> None:
    """The other write comes between the command's read and write. Its address is forgotten too."""
    with emulated_tables(emulator) as tables:
        name = tables.new()
        other = tables.open(name)
        small(other)

        def move() -> None:
            found = there(other.technologies, "go")
            moves = (*found.moves, Move("trial", LATER, RITA))
            change(other.technologies, "go", moves=moves, updated_by=RITA)

        def edit() -> None:
            change(other.projects, "wide", description="New", updated_by=RITA)

        pending: list[Callable[[], None]] = [edit, move]

        def meanwhile(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
            return after(pending.pop())(call) if pending else call()

        def transport(operation: str, parameters: Any, /) -> dict[str, Any]:
            def call() -> dict[str, Any]:
                return tables.transport(operation, parameters)

            return meanwhile(call) if operation == "TransactWriteItems" else call()

        forget(tables.open(name, transport), EVE)
        place = table_place(tables, name)
        assert KEY not in place.everything().lower()
        assert there(other.projects, "wide").description == "New"
        assert there(other.technologies, "go").ring == "trial"
        assert len(history(other, "go")) == 54


def test_an_address_in_a_text_is_told_and_left(place: Place) -> None:
    store = place.open()
    small(store)
    store.projects.add(project("said", description=f"Ask {RITA}, or jo{RITA}"))
    store.projects.add(project("other", description=f"Ask jo{RITA}"))
    told = landscape(place, RITA, "--replace-with", EVE)
    assert "project said: a text contains the address" in told
    assert "project other" not in told
    assert RITA in there(store.projects, "said").description


def test_what_is_larger_than_an_answer_of_a_scan_is_found(emulator: Emulator) -> None:
    """A Scan returns at most 1 MB."""
    with emulated_tables(emulator) as tables:
        store = tables.open(name := tables.new())
        for n in range(30):
            author = RITA if n in (0, 14, 29) else CARL
            moves = (Move("hold", NOW, author),)
            store.technologies.add(technology(f"t{n}", description="x" * 40_000, moves=moves))
        recording = Recording(tables.transport)
        forget(tables.open(name, recording))
        assert recording.operations.count("Scan") > 2
        assert KEY not in str(tables.items(name)).lower()
