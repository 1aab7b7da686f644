"""What people have agreed to, as bits of the canonical column ``consent``."""

from collections.abc import Mapping, Sequence
from enum import IntFlag
from types import MappingProxyType
from typing import Any, Final

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean


class Consent(IntFlag):
    """Purposes of Google's consent mode v2; a purpose that is not set was not granted.

    Examples
    --------
    >>> int(Consent.ANALYTICS | Consent.ADS)
    3
    """

    ANALYTICS = 1
    """Storage and measurement of what a person does in the shop."""
    ADS = 2
    """Storage for advertising."""
    AD_USER_DATA = 4
    """Handing a person's data to an advertiser."""
    AD_PERSONALIZATION = 8
    """Advertising by what is known of a person."""


PURPOSES: Final[Mapping[str, Consent]] = MappingProxyType(
    {
        "analytics_storage": Consent.ANALYTICS,
        "ad_storage": Consent.ADS,
        "ad_user_data": Consent.AD_USER_DATA,
        "ad_personalization": Consent.AD_PERSONALIZATION,
    }
)
"""Names that ``consent=`` takes -> the bit that an event must have."""

_CHOICES: Final = (
    'consent="all" reads every event, whatever people agreed to; '
    'consent=("analytics_storage",) reads only events whose person granted that '
    f"(purposes: {', '.join(PURPOSES)}; unset is no)"
)


def needed_bits(consent: str | Sequence[str] | None) -> int | None:
    """Return the bits that an event must have.

    Parameters
    ----------
    consent : "all", sequence of str, or None
        What the caller of `c2m.read_events` passed.

    Returns
    -------
    int or None
        0 for "all"; None where nothing was said.

    Raises
    ------
    ArgumentError
        If a purpose is unknown, or there is none.

    Examples
    --------
    >>> needed_bits("all"), needed_bits(["analytics_storage", "ad_storage"])
    (0, 3)
    """
    if consent is None:
        return None
    if isinstance(consent, str) and consent == "all":
        return 0
    names = [consent] if isinstance(consent, str) else consent
    if not isinstance(names, Sequence) or not names:
        raise ArgumentError(
            f"Expected consent to be 'all' or purposes, got {consent!r}: {_CHOICES}."
        )
    bits = 0
    for name in names:
        if name not in PURPOSES:
            hint = did_you_mean(str(name), PURPOSES)
            raise ArgumentError(
                f"Expected consent of a known purpose, got {name!r}{hint}: {_CHOICES}."
            )
        bits |= int(PURPOSES[name])
    return bits


def need_consent(schema: str) -> ArgumentError:
    """Return the error for a log with consent bits and no word about them.

    Parameters
    ----------
    schema : str
        Name of the layout.

    Returns
    -------
    ArgumentError
        It says the choices.
    """
    return ArgumentError(
        f"Expected consent=, because a {schema!r} log says what people agreed to: {_CHOICES}."
    )


def granted(value: Any) -> bool:
    """Say whether a source's word for consent is a clear yes.

    Parameters
    ----------
    value : object
        ``"Yes"``, ``"granted"``, True, 1, ... Anything else, also what is unset, is no.

    Returns
    -------
    bool
        Whether it was granted.

    Examples
    --------
    >>> granted("Yes"), granted("granted"), granted("Unset"), granted(None), granted(True)
    (True, True, False, False, True)
    """
    if isinstance(value, str):
        return value.strip().lower() in {"yes", "granted", "true", "1"}
    return value is True or (isinstance(value, int) and value == 1)
