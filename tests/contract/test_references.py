"""The contract of references: an exact id names its technology; other references are names."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.errors import IdTakenError, NameTakenError
from chalicelib.models.technology import Technology
from chalicelib.models.text import name_key
from chalicelib.services.clock import utc_now
from chalicelib.services.technologies import Technologies
from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.samples import change, project, remove, resolved, technology, there, uses

F_STAR = technology("f", name="F*")
F = technology("f-2", name="F")
C_SHARP = technology("c-sharp", name="C#", aliases=("CSharp",))
NAMES = (
    "F*",
    "F",
    "F!",
    "F 2",
    ".NET",
    "Net",
    "C#",
    "C-Sharp",
    "C Sharp!",
    "Épée",
    "Epee",
    "épée*",
)


@pytest.fixture
def starred(store: Store) -> Store:
    """A store with a technology whose id is not faithful to its name."""
    store.technologies.add(F_STAR)
    return store


def test_an_id_that_was_made_by_dropping_signs_answers_only_to_itself(starred: Store) -> None:
    assert resolved(starred, ["f", "F", "f*"]) == {"f": "f", "f*": "f"}
    starred.technologies.add(F)
    wanted = {"f": "f", "F": "f-2", "F*": "f", "f-2": "f-2"}
    assert resolved(starred, [*wanted, "F-2"]) == wanted


def test_a_faithful_id_is_a_name_in_any_spelling(store: Store) -> None:
    store.technologies.add(C_SHARP)
    wanted = dict.fromkeys(["c-sharp", "C-SHARP", " c-Sharp", "c#", "cSHARP"], "c-sharp")
    assert resolved(store, [*wanted, "C Sharp", "csharp-2"]) == wanted


def test_an_id_is_never_what_another_one_is_called(starred: Store) -> None:
    starred.technologies.add(F)
    remove(starred.technologies, "f")
    assert resolved(starred, ["f", "F"]) == {"f": "f-2", "F": "f-2"}
    with pytest.raises(IdTakenError):
        starred.technologies.add(F_STAR)


@pytest.mark.parametrize("rewritten", [False, True])
def test_a_removed_technology_takes_no_name_of_another_along(
    starred: Store, rewritten: bool
) -> None:
    starred.technologies.add(F)
    if rewritten:
        change(starred.technologies, "f", aliases=("F star",))
    remove(starred.technologies, "f")
    assert resolved(starred, ["F", "f-2", "F*"]) == {"F": "f-2", "f-2": "f-2"}
    with pytest.raises(NameTakenError):
        starred.technologies.add(technology("f-3", name="f"))
    remove(starred.technologies, "f-2")
    starred.technologies.add(F_STAR)
    assert resolved(starred, ["f", "F"]) == {"f": "f"}


def test_a_renamed_technology_keeps_its_id_and_gives_up_the_names_that_it_made(
    store: Store,
) -> None:
    store.technologies.add(C_SHARP)
    change(store.technologies, "c-sharp", name="Sharp", aliases=())
    assert resolved(store, ["c-sharp", "C-Sharp", "C#", "sharp"]) == {
        "c-sharp": "c-sharp",
        "sharp": "c-sharp",
    }
    store.technologies.add(technology("c-sharp-2", name="C-Sharp"))
    assert resolved(store, ["c-sharp", "C-Sharp"]) == {"c-sharp": "c-sharp", "C-Sharp": "c-sharp-2"}
    change(store.technologies, "c-sharp", name="Sharper")
    assert there(store.technologies, "c-sharp").name == "Sharper"
    assert store.technologies.resolve(["c-sharp"])["c-sharp"].name == "Sharper"
    with pytest.raises(NameTakenError, match="c-sharp-2 has this name"):
        change(store.technologies, "c-sharp", name="C#")


def test_a_reference_that_was_told_once_is_told_anew_after_a_change(starred: Store) -> None:
    assert resolved(starred, ["f", "F", "F*"]) == {"f": "f", "F*": "f"}
    change(starred.technologies, "f", name="F", aliases=())
    assert resolved(starred, ["f", "F", "F*"]) == {"f": "f", "F": "f"}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("c#", "name"),
        ("CSHARP", "alias"),
        ("C-Sharp", "id"),
    ],
)
def test_who_has_a_name_is_told_with_what_it_is_there(store: Store, name: str, key: str) -> None:
    told = f"The technology c-sharp has this {key}: use it, or choose another name"
    store.technologies.add(C_SHARP)
    store.technologies.add(technology("other"))
    for refused in (replace(F, name=name), replace(F, aliases=("Fine", name))):
        with pytest.raises(NameTakenError, match=f"^{told}$"):
            store.technologies.add(refused)
    with pytest.raises(NameTakenError, match=f"^{told}$"):
        change(store.technologies, "other", name=name)


def test_a_project_may_use_both(starred: Store) -> None:
    starred.technologies.add(F)
    starred.projects.add(project("sdx", technologies=uses("f", "f-2")))
    used = there(starred.projects, "sdx").technologies
    found = starred.technologies.resolve(use.technology for use in used)
    assert [found[use.technology].id for use in used] == ["f", "f-2"]


@given(names=st.lists(st.sampled_from(NAMES), min_size=2, max_size=6))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_whatever_there_is_an_id_means_itself_and_a_name_its_own(
    new_store: Opening, names: list[str]
) -> None:
    """In any order of creation. A name is refused only if it is another one's name or faithful id."""
    store = new_store()
    technologies = Technologies(store.technologies, utc_now)
    there: list[Technology] = []
    for name in names:
        draft = replace(F, name=name)
        if any(name_key(name) in each.keys for each in there):
            with pytest.raises(NameTakenError):
                technologies.create(draft, None)
        else:
            there.append(technologies.create(draft, None))
    ids = {each.id: each.id for each in there}
    wanted = {each.name: each.id for each in there if each.name not in ids} | ids
    assert resolved(store, wanted) == wanted


def test_a_reference_tells_todays_categories(store: Store, reopen: Opening) -> None:
    store.technologies.add(technology("zig", name="Zig", aliases=("Ziglang",)))
    change(store.technologies, "zig", categories=("cicd", "languages"))
    found = reopen().technologies.resolve(["zig", "ziglang"])
    assert {sorted(each.categories) == ["cicd", "languages"] for each in found.values()} == {True}
    assert len(found) == 2
