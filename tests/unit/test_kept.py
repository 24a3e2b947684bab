"""What a process keeps of what it has made."""

from chalicelib.kept import Kept
from chalicelib.models.project import Project
from chalicelib.routes.projects import listed


def test_what_is_kept_is_given_again() -> None:
    kept: Kept[list[int]] = Kept()
    made = kept.keep("a", [1], size=1)
    assert kept.get("a") is made
    assert kept.get("b") is None


def test_it_begins_anew_rather_than_grow() -> None:
    kept: Kept[int] = Kept(most=10)
    for n in range(5):
        kept.keep(n, n, size=4)
    assert [kept.get(n) for n in range(5)] == [None, None, None, None, 4]


def test_what_is_larger_than_all_of_it_is_not_kept() -> None:
    kept: Kept[int] = Kept(most=10)
    assert kept.keep("large", 1, size=11) == 1
    assert kept.get("large") is None


def test_projects_that_differ_in_anything_are_shown_apart() -> None:
    """Also where their hashes are the same."""
    one = Project("Census", id="census", version=1)
    other = Project("Census", id="census", version=1, description="Another")
    assert hash(one) == hash(other)
    assert "Another" not in listed(one, {})
    assert "Another" in listed(other, {})
