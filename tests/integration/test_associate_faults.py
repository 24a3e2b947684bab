"""waf/associate.py while AWS WAF temporarily fails: every command ends as if nothing had failed."""

import pytest

from chalicelib.firewall.calls import PASSING, STILL_IN_USE
from tests.support.fake_waf_faults import LOST, errors_of
from tests.support.firewall_runs import JOBS, Beginning, assert_same_end, clean

# Errors of every operation.
OF_ANY = ("ThrottlingException", "ServiceUnavailable", LOST)
CODES = (*sorted(code for code in PASSING | STILL_IN_USE if code.startswith("WAF")), *OF_ANY)


def fails_with(operation: str, code: str) -> bool:
    if code in STILL_IN_USE:
        return operation.startswith("Delete") and code in errors_of(operation)
    return code in OF_ANY or code in errors_of(operation)


@pytest.mark.parametrize("job", JOBS)
def test_each_call_may_fail_once_with_each_passing_error(
    beginnings: dict[bool, Beginning], job: str
) -> None:
    options, is_built = JOBS[job]
    calls, wanted = clean(beginnings[is_built], options)
    for code in CODES:
        for after in (False, True):
            with beginnings[is_built].again() as site:
                failing = [name for name in dict.fromkeys(calls) if fails_with(name, code)]
                for operation in failing:
                    site.waf.fail(operation, code, after=after)
                assert_same_end(site, options, wanted, code, after, failing)
                assert len(site.waf.calls) >= len(failing)


@pytest.mark.parametrize("job", JOBS)
def test_any_one_answer_may_be_lost(beginnings: dict[bool, Beginning], job: str) -> None:
    options, is_built = JOBS[job]
    calls, wanted = clean(beginnings[is_built], options)
    writes = [n for n, name in enumerate(calls, 1) if not name.startswith(("Get", "List"))]
    for at in writes:
        with beginnings[is_built].again() as site:
            site.waf.fail("*", LOST, after=True, at=at)
            assert_same_end(site, options, wanted, at)


@pytest.mark.soak
@pytest.mark.parametrize("job", JOBS)
def test_any_one_call_may_fail_with_each_passing_error(
    beginnings: dict[bool, Beginning], job: str
) -> None:
    """The call fails before WAF carries it out. A failure afterwards equals a lost answer."""
    options, is_built = JOBS[job]
    calls, wanted = clean(beginnings[is_built], options)
    for at, operation in enumerate(calls, 1):
        for code in (code for code in CODES if fails_with(operation, code)):
            with beginnings[is_built].again() as site:
                site.waf.fail("*", code, at=at)
                assert_same_end(site, options, wanted, at, code)
