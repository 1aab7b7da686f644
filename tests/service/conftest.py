from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from c2m import Factory
from c2m.production import Line, Product, Routing
from c2m.service import Limits
from tests.service.live import SKUS, fitted, running


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("service") / "model"
    fitted(10).save(place)
    return place


@pytest.fixture(scope="session")
def factory() -> Factory:
    return Factory.from_frames(
        lines=[Line("L", capacity=500.0, unit="pieces")],
        products=[Product(sku, price=20.0, unit_cost=8.0, end_value=4.0) for sku in SKUS],
        routings=[Routing(sku, "L") for sku in SKUS],
        currency="EUR",
    )


@pytest.fixture(scope="session")
def factory_file(tmp_path_factory, factory) -> Path:
    return factory.to_toml(tmp_path_factory.mktemp("factory") / "factory.toml")


@pytest.fixture(scope="session")
def service(saved_model, factory_file) -> Iterator[httpx.Client]:
    limits = Limits(skus=20, body_bytes=200_000, plans_waiting=4)
    with running(saved_model, factory_file, limits) as client:
        yield client
