"""What requests and replies look like; OpenAPI is made from it."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)
from pydantic_core import PydanticCustomError

from c2m.demand.demand import LEVELS

_MOST_FIELDS: Final = 100
"""Of one object."""


def _narrow(value: object) -> object:
    """Refuse an object of many fields before each of them becomes an error of its own."""
    if isinstance(value, dict) and len(value) > _MOST_FIELDS:
        raise PydanticCustomError("too_many_fields", f"Object may have {_MOST_FIELDS} fields")
    return value


def _whole(value: object) -> object:
    """Read 3.0 as 3, as JSON Schema does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Periods = Annotated[int, Field(ge=1, le=10_000), BeforeValidator(_whole)]
Scenarios = Annotated[int, Field(ge=1, le=1_000), BeforeValidator(_whole)]
Seed = Annotated[int, Field(ge=0, le=2**31 - 1), BeforeValidator(_whole)]
Sku = Annotated[str, Field(max_length=200)]
Level = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Cell = str | int | float | bool | None
Row = Annotated[dict[str, Cell], Field(max_length=_MOST_FIELDS), BeforeValidator(_narrow)]
Rows = Annotated[list[Row], Field(fail_fast=True)]
"""Only the first wrong row is told: a list may be long, and an error is much larger than a row."""

State = Literal["waiting", "running", "done", "failed", "expired"]


class _Request(BaseModel):
    """Refuses what it does not know and numbers in quotes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _few_fields(cls, value: object) -> object:
        return _narrow(value)


class ForecastRequest(_Request):
    """Which forecasts are wanted."""

    skus: list[Sku] = Field(min_length=1, fail_fast=True, description="Each is answered by itself.")
    horizon: Periods | None = Field(None, description="Periods; all that are loaded unless given.")
    levels: list[Level] = Field(
        list(LEVELS), min_length=1, max_length=25, description="Of the quantiles."
    )


class TableDemand(_Request):
    """Somebody's own forecast; see `Demand.from_frame`."""

    freq: Annotated[str, Field(min_length=1, max_length=20)]
    rows: list[Row] = Field(
        min_length=1, fail_fast=True, description="With columns sku and period, and those named."
    )
    path: str | None = Field(None, description="Column that numbers the joint paths.")
    value: str = Field("demand", description="Column of units, beside a path.")
    quantiles: Annotated[dict[str, str], BeforeValidator(_narrow)] | None = Field(
        None, max_length=_MOST_FIELDS, description="Level -> column."
    )
    dependence: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="Of periods, beside quantiles: 0 they err apart, 1 together."
    )


class TableFactory(_Request):
    """A factory in the request; see `Factory.from_frames`."""

    freq: Annotated[str, Field(min_length=1, max_length=20)] = "W"
    currency: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    tables: Annotated[dict[str, Rows], BeforeValidator(_narrow)] = Field(
        max_length=_MOST_FIELDS, description="Table -> rows: lines, products, routings and so on."
    )
    policy: Row = Field(default_factory=dict, description="Fields of `Policy`.")


class PlanRequest(_Request):
    """What to plan; see `plan_production`."""

    skus: list[Sku] | None = Field(
        None,
        min_length=1,
        fail_fast=True,
        description="Of the loaded model; all unless given.",
    )
    demand: TableDemand | None = Field(None, description="In place of the loaded model's forecast.")
    factory: TableFactory | None = Field(None, description="In place of the service's own.")
    stock: Rows | None = Field(None, description="Rows of sku and on_hand.")
    on_order: Rows | None = Field(None, description="Rows of sku, ordered, received, due.")
    n_scenarios: Scenarios = 200
    seed: Seed = 0
    method: Literal["auto", "exact", "heuristic"] = "auto"
    fill_rate: Share | None = None
    cycle_service_level: Share | None = None
    serve_all: bool = False
    max_seconds: float | None = Field(
        None,
        gt=0,
        le=86_400,
        allow_inf_nan=False,
        description="End the plan then; the service's own limit holds beside it.",
    )


class ModelReply(BaseModel):
    """What the service forecasts with."""

    id: str | None = Field(description="The sum over its folder, as the last line of the manifest.")
    data_as_of: date | None = Field(description="Last day of the data that it knows.")
    loaded_at: datetime | None
    n_series: int
    horizon: int
    freq: str | None
    loading: bool = Field(description="Whether another one is on its way.")
    last_load_failed: bool
    notes: list[str]


class RowError(BaseModel):
    """Why one SKU has no forecast."""

    title: str
    detail: str


class ForecastRow(BaseModel):
    """One series; a SKU sold in several channels or places has several."""

    sku: str
    channel: str | None = None
    location: str | None = None
    mean: list[float] | None = Field(None, description="A number a period.")
    quantiles: list[list[float]] | None = Field(None, description="A list a level.")
    error: RowError | None = Field(None, description="In place of numbers.")


class ForecastReply(BaseModel):
    """Forecasts in units, rounded to four decimals."""

    model_id: str
    data_as_of: date
    freq: str
    periods: list[date] = Field(description="First day of each.")
    levels: list[float]
    rows: list[ForecastRow] = Field(description="In the order asked for.")
    notes: list[str]


class PlanResult(BaseModel):
    """A plan; its tables are lists of rows."""

    method: str
    expected_profit: float | None
    bound: float | None
    bound_kind: str
    gap: float | None
    currency: str | None
    costs: dict[str, float]
    runs: list[dict[str, JsonValue]]
    line_load: list[dict[str, JsonValue]]
    shortfalls: list[dict[str, JsonValue]]
    materials: list[dict[str, JsonValue]]
    notes: list[str] = Field(description="What was left out or assumed.")


class PlanProblem(BaseModel):
    """Why there is no plan."""

    title: str
    detail: str
    errors: list[str] = Field(default_factory=list)
    fix: str = ""


class JobReply(BaseModel):
    """A plan that is being made, or was."""

    id: str
    state: State
    stage: str = Field(description="What is being done.")
    model_id: str | None
    data_as_of: date | None
    created: datetime
    started: datetime | None
    finished: datetime | None
    problem: PlanProblem | None = None
    result: PlanResult | None = None


class Health(BaseModel):
    """One word."""

    status: str
