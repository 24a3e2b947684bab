"""waf/allowlist.py as an operator runs it, with a table in an emulated AWS and a fake WAF."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from socket import AF_INET
from typing import Any

import pytest

from chalicelib.services.clock import utc_now
from tests.support.allowlisting import Stage, at_a_terminal, entry, lasting, stage_of
from tests.support.emulator import Emulator
from tests.unit.test_my_address import server

ME = "arn:aws:iam::000000000000:root"


@pytest.fixture
def stage(emulator: Emulator, tmp_path: Path) -> Iterator[Stage]:
    with stage_of(emulator, tmp_path) as stage:
        yield stage


@pytest.fixture
def complete(stage: Stage) -> Stage:
    """A stage whose IP sets exist and are empty."""
    stage.make_sets()
    return stage


def test_who_is_added_is_in_the_set_for_twelve_hours(complete: Stage) -> None:
    said = complete.said("add", "8.8.8.8", "2A00:1450::/32", "--note", "the [café]")
    assert "8.8.8.8/32 allowed until" in said
    assert "(in 12 h)" in said
    assert complete.sets() == {"allow": {"8.8.8.8/32", "2a00:1450::/32"}, "deny": set()}
    first = complete.json("list")["entries"][0]
    assert {"owner": ME, "note": "the [café]", "state": "in force"}.items() <= first.items()
    assert "the [café]" in complete.said("list")


def test_who_is_added_again_is_told_until_when_it_was(complete: Stage) -> None:
    complete.said("add", "8.8.8.8", "--for", "30m", "--owner", "somebody")
    again = complete.said("add", "8.8.8.8", "--permanent", "--owner", "somebody")
    assert "8.8.8.8/32 allowed for ever; before: until" in again
    assert "(in 30 min)" in again
    assert "IP set x-dev-servers-ipv4: 1 added (8.8.8.8/32)" in again
    assert complete.json("list")["entries"][0]["expires_at"] is None


@pytest.mark.parametrize("command", ["add", "deny"])
def test_who_is_renewed_keeps_owner_and_note_until_others_are_given(
    complete: Stage, command: str
) -> None:
    complete.said(command, "8.8.8.8", "--for", "1h", "--owner", "rita", "--note", "the office")

    def renewed(*options: str) -> tuple[str, str]:
        (entry,) = complete.json(command, "8.8.8.8", "--for", "2h", *options)["entries"]
        assert complete.json("list")["entries"][0]["note"] == entry["note"]
        return entry["owner"], entry["note"]

    assert renewed() == ("rita", "the office")
    assert renewed("--owner", "carl") == ("carl", "the office")
    assert renewed("--note", "") == ("carl", "")
    assert renewed("--note", "the café", "--owner", "") == (ME, "the café")
    (new,) = complete.json(command, "8.8.4.4", "--for", "2h")["entries"]
    assert (new["owner"], new["note"]) == (ME, "")


def test_a_permanent_entry_stays_so_until_a_time_is_given_and_is_a_server_until_then(
    complete: Stage,
) -> None:
    complete.said("add", "8.8.8.8", "2a00:1450::1", "--permanent", "--note", "the NAT gateway")
    assert "allowed for ever; before: for ever" in complete.said("add", "8.8.8.8")
    assert complete.set_of("servers") == {"8.8.8.8/32", "2a00:1450::1/128"}
    said = complete.said("add", "8.8.8.8", "--for", "1h")
    assert "(in 60 min); before: for ever" in said
    assert complete.set_of("servers") == {"2a00:1450::1/128"}
    assert complete.sets()["allow"] == {"8.8.8.8/32", "2a00:1450::1/128"}
    assert complete.json("list")["entries"][0]["note"] == "the NAT gateway"
    complete.said("remove", "2a00:1450::1")
    assert complete.set_of("servers") == set()


def test_what_is_denied_is_so_for_ever_and_told_to_who_is_added(complete: Stage) -> None:
    assert "8.8.8.0/24 denied for ever" in complete.said("deny", "8.8.8.0/24")
    said = complete.said("add", "8.8.8.8")
    assert "8.8.8.8/32 stays blocked: 8.8.8.0/24 is denied" in said
    assert complete.sets() == {"allow": {"8.8.8.8/32"}, "deny": {"8.8.8.0/24"}}


def test_without_ip_sets_the_table_alone_is_changed_and_that_is_said(stage: Stage) -> None:
    said = stage.said("add", "8.8.8.8")
    assert "There are no IP sets yet, only the table. Run waf/associate.py to create them" in said
    assert stage.json("list")["entries"][0]["state"] == "no IP set yet"
    assert "no firewall yet" in stage.said("check", "8.8.8.8")
    stage.make_sets()
    pending = stage.json("list")["entries"][0]
    assert pending["state"] == "pending"
    assert "1 added (8.8.8.8/32)" in stage.said("sync", "--dry-run")
    assert stage.sets()["allow"] == set()
    assert "1 added (8.8.8.8/32)" in stage.said("sync")
    assert stage.sets()["allow"] == {"8.8.8.8/32"}


@pytest.mark.parametrize("command", ["add", "deny"])
def test_one_flaw_refuses_the_whole_command(complete: Stage, command: str) -> None:
    (complete.path / "hosts.txt").write_text("8.8.4.4\n10.0.0.1\n")
    why = complete.refused(command, "8.8.8.8", "8.8.8.8/8", "--file", "hosts.txt")
    assert [line.partition(" ")[2][:12] for line in why.splitlines()] == [
        "8.8.8.8/8 ha",
        "hosts.txt:2:",
    ]
    assert complete.json("list")["entries"] == []
    assert complete.waf.writes == ["CreateIPSet"] * 6


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "no address given: pass addresses or ranges, --me, or --file"),
        (["8.8.8.8", "--for", "soon"], "'soon' is not a duration: write it like 30m, 12h or 7d"),
        (["8.8.8.8", "--for", "1h", "--permanent"], "pass --for or --permanent, not both"),
        (
            ["--file", "nowhere.txt"],
            "nowhere.txt cannot be read: No such file or directory. Check the path",
        ),
        (["--me", "--checkip-url", "http://127.0.0.1:9/"], "gave no address; pass another"),
        (["--me", "--checkip-url", "checkip"], "pass a URL like https://checkip.amazonaws.com/"),
        (["203.0.113.7"], "--force accepts it"),
    ],
)
def test_what_cannot_be_added_says_why(stage: Stage, arguments: list[str], why: str) -> None:
    assert why in stage.refused("add", *arguments)


def test_a_file_is_added_at_once(complete: Stage) -> None:
    hosts = [f"8.8.{n // 250}.{n % 250}/32" for n in range(600)]
    (complete.path / "hosts.txt").write_text("# an office\n" + "\n".join(hosts))
    said = complete.said("add", "--file", "hosts.txt")
    assert "and 580 more, 600 in all" in said
    assert complete.sets()["allow"] == set(hosts)
    assert complete.waf.writes.count("UpdateIPSet") == 1
    listed = complete.said("list").splitlines()
    assert [line.split("\t")[1] for line in listed[1:]] == hosts


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf8.8.8.8\r\n# an office\r\n8.8.4.4\r\n",
        b"8.8.8.8 # caf\xc3\xa9\n8.8.4.4",
    ],
    ids=["a byte order mark and Windows' line ends", "no last line end"],
)
def test_a_file_of_another_editor_is_read(complete: Stage, content: bytes) -> None:
    (complete.path / "hosts.txt").write_bytes(content)
    complete.said("add", "--file", "hosts.txt")
    assert complete.sets()["allow"] == {"8.8.8.8/32", "8.8.4.4/32"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("8.8.8.8\r\n".encode("utf-16"), "hosts.txt is UTF-16: save it as UTF-8"),
        ("8.8.8.8\r\n".encode("utf-16-be"), "hosts.txt is UTF-16: save it as UTF-8"),
        (b"8.8.8.8\n# caf\xe9\n", "hosts.txt:2 is not UTF-8: save the file as UTF-8"),
        (b"8.8.8.8\n8.8.8.8/0\n", "hosts.txt:2: 8.8.8.8/0 is every address, which AWS WAF refuses"),
    ],
)
def test_a_file_that_cannot_be_read_says_the_cure_at_once(
    stage: Stage, content: bytes, why: str
) -> None:
    (stage.path / "hosts.txt").write_bytes(content)
    refused = stage.refused("add", "--file", "hosts.txt")
    assert why in refused
    assert len(refused.splitlines()) == 1


def test_me_is_the_address_that_a_service_sees(complete: Stage) -> None:
    with server(AF_INET, b"8.8.8.8\n", 200) as address:
        url = f"http://127.0.0.1:{address[1]}/"
        said = complete.said("add", "--me", "--checkip-url", url, "--owner", "me")
    assert "8.8.8.8/32 allowed until" in said
    assert "no IPv6 address: " in said
    assert complete.sets()["allow"] == {"8.8.8.8/32"}


def test_a_table_that_is_not_there_is_named(stage: Stage) -> None:
    stage.environment["LANDSCAPE_STORE_URL"] = "dynamodb://nowhere"
    assert (
        "ResourceNotFoundException. An operator must check the access to the database."
        " If the table does not exist, create it (landscape table)"
    ) in stage.refused("list")
    stage.environment["LANDSCAPE_STORE_URL"] = "sqlite:"
    assert "of the stage dev names no table: write it like" in stage.refused("list")
    assert "'local' is not a stage for AWS" in stage.run("list", "--stage", "local").stderr


def test_who_is_removed_is_out_and_a_second_time_does_no_harm(complete: Stage) -> None:
    complete.said("add", "8.8.8.8", "8.8.4.4")
    assert "8.8.8.8/32 would be removed from the allow list" in complete.said(
        "remove", "8.8.8.8", "--dry-run"
    )
    assert "8.8.8.8/32 removed from the allow list" in complete.said("remove", "8.8.8.8")
    assert complete.sets()["allow"] == {"8.8.4.4/32"}
    assert "8.8.8.8/32 was removed, or has expired" in complete.said("remove", "8.8.8.8")
    assert [each["cidr"] for each in complete.json("list")["entries"]] == ["8.8.4.4/32"]


def overlaps(document: Any) -> list[tuple[str, str, str, str, bool]]:
    """Each overlap: range, relation, kind and range of the other, whether that is an entry."""
    return [
        (about["cidr"], each["is"], each["kind"], each["cidr"], "expires_at" in each)
        for about in document["overlaps"]
        for each in about["with"]
    ]


def test_who_is_removed_and_still_let_in_by_another_range_is_told_so(stage: Stage) -> None:
    stage.make_sets(allow=["8.8.0.0/16"])
    stage.said("add", "8.8.8.8", "8.8.8.0/24")
    stage.lists(lambda: utc_now() - timedelta(hours=2)).ledger.put(
        [entry("8.8.8.0/25", hours=-1, now=utc_now())]
    )
    for again in ("removed from the allow list", "was removed, or has expired"):
        said = stage.said("remove", "8.8.8.8")
        assert f"8.8.8.8/32 {again}" in said
        assert "8.8.8.8/32 is still allowed by 8.8.8.0/24, until" in said
        assert "8.8.8.8/32 is still allowed by 8.8.0.0/16, which was added by hand" in said
        assert "8.8.8.0/25" not in said  # that range has expired
    found = overlaps(stage.json("remove", "8.8.8.8"))
    assert found == [
        ("8.8.8.8/32", "wider", "allow", "8.8.8.0/24", True),
        ("8.8.8.8/32", "wider", "allow", "8.8.0.0/16", False),
    ]
    stage.said("deny", "8.8.8.8")
    stage.said("add", "8.8.8.8")
    said = stage.said("remove", "8.8.8.8", "--kind", "allow")
    assert "8.8.8.8/32 stays blocked: 8.8.8.8/32 is denied for ever" in said
    assert "still allowed" not in said


def test_a_range_that_is_removed_names_the_entries_within_it_that_stay(complete: Stage) -> None:
    complete.said("add", "8.8.8.8", "8.8.8.0/24")
    for dry_run in (["--dry-run"], []):
        said = complete.said("remove", "8.8.8.0/24", *dry_run)
        assert "8.8.8.8/32, inside 8.8.8.0/24, is still allowed by its own entry" in said
    assert "still" not in complete.said("remove", "8.8.8.8")


def test_a_denial_that_a_wider_one_still_holds_is_told(complete: Stage) -> None:
    complete.said("deny", "8.8.8.8", "8.8.8.0/24")
    found = complete.json("remove", "8.8.8.8", "--dry-run")
    assert overlaps(found) == [("8.8.8.8/32", "wider", "deny", "8.8.8.0/24", True)]
    said = complete.said("remove", "8.8.8.8")
    assert "8.8.8.8/32 is still denied by 8.8.8.0/24, for ever" in said


def test_who_adds_is_told_what_else_the_lists_say_of_it(complete: Stage) -> None:
    complete.said("add", "8.8.8.0/24", "--for", "1h")
    complete.said("deny", "8.8.8.66")
    said = complete.said("add", "8.8.8.8")
    assert "8.8.8.8/32 is also allowed by 8.8.8.0/24, until" in said
    for dry_run in (["--dry-run"], []):
        said = complete.said("add", "8.8.0.0/16", *dry_run)
        assert "8.8.8.8/32, inside 8.8.0.0/16, is also allowed by its own entry" in said
        assert "8.8.8.66/32, inside 8.8.0.0/16, is also denied by its own entry" in said
    assert "8.8.8.66/32 stays blocked" in complete.said("add", "8.8.8.66")


def test_what_is_not_listed_or_in_both_lists_is_not_removed(complete: Stage) -> None:
    complete.said("add", "8.8.0.0/16", "8.8.8.8")
    complete.said("deny", "8.8.8.8")
    why = complete.refused("remove", "8.8.8.8", "8.8.4.4", "9.9.9.9").splitlines()
    assert "8.8.8.8/32 is both allowed and denied: pass --kind allow or --kind deny" in why[0]
    assert (
        "8.8.4.4/32 is not listed itself: the allow list has 8.8.0.0/16, which contains it"
        in why[1]
    )
    assert why[2].endswith("9.9.9.9/32 is not listed: run list to see the entries")
    complete.said("remove", "8.8.8.8", "--kind", "deny")
    assert complete.sets() == {"allow": {"8.8.0.0/16", "8.8.8.8/32"}, "deny": set()}


def test_a_flush_asks_and_empties_the_allow_list_alone(complete: Stage) -> None:
    complete.said("add", "8.8.8.8", "2a00:1450::1")
    complete.said("deny", "9.9.9.9")
    assert "the answer was not yes. Pass --yes to skip the question" in complete.refused("flush")
    assert "would be removed" in complete.said("flush", "--dry-run")
    complete.said("flush", "--yes")
    assert complete.sets() == {"allow": set(), "deny": {"9.9.9.9/32"}}
    assert complete.live(utc_now()) == complete.sets()


@pytest.mark.parametrize(
    ("typed", "left", "code", "said"),
    [
        (b"y\n", set[str](), 0, "removed from the allow list"),
        (b"n\n", {"8.8.8.8/32"}, 1, "allowlist: nothing was changed"),
        (b"", {"8.8.8.8/32"}, 130, "allowlist: stopped. Run the same command again to continue"),
    ],
)
def test_a_flush_at_a_terminal_waits_for_an_answer(
    complete: Stage, typed: bytes, left: set[str], code: int, said: str
) -> None:
    complete.lists(utc_now).add(lasting("8.8.8.8/32"))
    found = at_a_terminal(complete, typed, "flush")
    assert found[0] == code
    assert "Remove every address of the allow list in the stage dev, 1 in all? [y/N]" in found[1]
    assert said in found[1]
    assert complete.sets()["allow"] == left


@pytest.mark.parametrize("answer", ["y", "Yes"])
def test_a_piped_yes_flushes_as_it_detaches(complete: Stage, answer: str) -> None:
    complete.said("add", "8.8.8.8")
    for piped, left in (("no\n", {"8.8.8.8/32"}), (f"{answer}\n", set())):
        done = complete.run("flush", piped=piped)
        assert done.returncode == int(bool(left))
        assert complete.sets()["allow"] == left


def test_what_is_in_a_set_by_hand_stays_until_flush_unknown(stage: Stage) -> None:
    stage.make_sets(allow=["9.9.9.9/32"])
    said = stage.said("add", "8.8.8.8")
    assert "1 added by hand (9.9.9.9/32). Remove with flush --unknown" in said
    states = {each["cidr"]: each["state"] for each in stage.json("list")["entries"]}
    assert states == {"8.8.8.8/32": "in force", "9.9.9.9/32": "unknown"}
    assert "was added to the IP set by hand: remove it with flush" in stage.refused(
        "remove", "9.9.9.9"
    )
    stage.said("flush", "--yes")
    assert stage.sets()["allow"] == {"9.9.9.9/32"}
    assert "9.9.9.9/32 removed from the allow set" in stage.said("flush", "--unknown", "--yes")
    assert stage.sets()["allow"] == set()


def test_check_names_the_rule_that_decides_and_why(complete: Stage) -> None:
    complete.said("add", "8.8.0.0/16", "8.8.8.8")
    complete.said("deny", "8.8.4.0/24")
    said = complete.said("check", "8.8.8.8")
    assert "8.8.8.8: allowed by the allow set (8.8.8.8/32, 8.8.0.0/16)" in said
    assert "cannot predict whether they block a request" in said
    assert "blocked by the deny set (8.8.4.0/24)" in complete.said("check", "8.8.4.4")
    assert "blocked by the default action" in complete.said("check", "2a00:1450::1")
    found = complete.json("check", "8.8.4.4")
    assert (found["rule"], found["let_in"], found["cidrs"]) == ("deny", False, ["8.8.4.0/24"])
    assert "pass one address" in complete.refused("check", "8.8.8.0/24")


def test_what_has_expired_is_shown_until_it_is_taken_out(complete: Stage) -> None:
    over = entry("8.8.8.8/32", hours=-1, now=utc_now())
    lists = complete.lists(now=lambda: utc_now() - timedelta(hours=2))
    lists.add([over])
    assert complete.sets()["allow"] == {"8.8.8.8/32"}
    assert "over: still in the set" in complete.said("list")
    said = complete.said("check", "8.8.8.8")
    assert "allowed by the allow set" in said
    assert "After sync: blocked by the default action" in said
    assert "1 removed (8.8.8.8/32)" in complete.said("sync")
    assert complete.sets()["allow"] == set()


def test_a_dry_run_writes_nothing(complete: Stage) -> None:
    complete.lists(utc_now).add(lasting("8.8.4.4/32"))
    complete.waf.forget()
    before = complete.json("list")
    for arguments in (
        ["add", "8.8.8.8"],
        ["deny", "8.8.8.8"],
        ["remove", "8.8.4.4"],
        ["flush"],
        ["sync"],
    ):
        assert "Dry run: nothing was changed" in complete.said(*arguments, "--dry-run")
    assert complete.json("list") == before
    assert complete.waf.writes == []
