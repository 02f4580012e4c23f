"""Exceptions: one class for each situation, a stable number, and the built-in that a Python program expects."""

import pickle

import pytest

import anochat
from anochat import _core, errors


def test_every_code_of_the_library_has_a_class_of_its_own():
    classes = {name: errors.class_named(name) for name in _core.CODES}
    assert anochat.AnoChatError not in classes.values()
    assert len(set(classes.values())) == len(classes)
    for name, code in _core.CODES.items():
        assert classes[name].code == code, name
    assert {c.code for c in vars(errors).values() if isinstance(c, type)} - {0} == set(_core.CODES.values())


def test_every_class_has_a_natural_base_and_is_public():
    natural = (ValueError, LookupError, OSError, RuntimeError, MemoryError, OverflowError)
    for name in errors.__all__:
        error = getattr(anochat, name)
        if error is not anochat.AnoChatError:
            assert issubclass(error, anochat.AnoChatError) and issubclass(error, natural), name


@pytest.mark.parametrize("error, natural", [
    (anochat.NetworkFailed, ConnectionError), (anochat.TimedOut, TimeoutError), (anochat.WrongKey, PermissionError),
    (anochat.NotFound, LookupError), (anochat.AlreadyExists, FileExistsError), (anochat.BadMessage, ValueError),
    (anochat.OutOfMemory, MemoryError), (anochat.DiskFull, OSError)])
def test_programs_that_know_only_built_ins_catch_them(error, natural):
    with pytest.raises(natural):
        raise error("told")


def test_an_error_says_what_happened_and_can_cross_processes():
    with pytest.raises(anochat.BadAddress) as told:
        anochat.Address.parse("nobody")
    assert "typing error" in str(told.value)
    again = pickle.loads(pickle.dumps(told.value))
    assert type(again) is anochat.BadAddress and again.code == told.value.code == -26
    assert str(again) == str(told.value)


def test_an_unknown_code_of_a_later_library_is_still_an_error():
    assert errors.class_named("something_new") is anochat.AnoChatError
    assert errors.class_named("sys") is anochat.AnoChatError
