"""What a service takes on, at most."""

from dataclasses import dataclass, fields

from c2m.errors import ArgumentError


@dataclass(frozen=True)
class Limits:
    """The most that one request, and all of them together, may take.

    Parameters
    ----------
    body_bytes : int
        Of a request's body.
    request_seconds : float
        From the first byte of a request to its answer.
    requests : int
        Answered at the same time; health and metrics are answered beside them.
    skus : int
        Series in one forecast.
    plan_skus : int
        SKUs in one plan.
    plan_seconds : float
        Of one plan; its process is ended then.
    plan_bytes : int
        Memory of one plan's process, where the system can hold it to that.
    plans_running : int
        Plans made at the same time, each in a process of its own.
    plans_waiting : int
        Plans that wait for their turn.
    plans_kept : int
        Finished plans that can still be fetched; the oldest are forgotten first.
    load_seconds : float
        Of reading a model and forecasting all its series.

    Raises
    ------
    ArgumentError
        If one is not above 0.

    Examples
    --------
    >>> Limits(skus=500).skus
    500
    >>> Limits(plan_seconds=0)
    Traceback (most recent call last):
        ...
    c2m.errors.ArgumentError: Expected a limit plan_seconds above 0, got 0.
    """

    body_bytes: int = 4 * 2**20
    request_seconds: float = 10.0
    requests: int = 64
    skus: int = 1_000
    plan_skus: int = 2_000
    plan_seconds: float = 600.0
    plan_bytes: int = 4 * 2**30
    plans_running: int = 1
    plans_waiting: int = 8
    plans_kept: int = 100
    load_seconds: float = 600.0

    def __post_init__(self) -> None:
        """Check every limit."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ArgumentError(f"Expected a limit {field.name} above 0, got {value!r}.")
