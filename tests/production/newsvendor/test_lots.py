import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from c2m.errors import ArgumentError
from c2m.production.newsvendor import capacitated_run_sizes


def draw_line(seed, n_skus, n_samples, share):
    """Return arguments and limits of SKUs of which some have a MOQ, a multiple or a set-up."""
    rng = np.random.default_rng(seed)
    samples = np.round(rng.gamma(2.0, rng.uniform(3, 30, n_skus), (n_samples, n_skus)))
    underage, overage = rng.uniform(1, 20, (2, n_skus))
    time = rng.uniform(0.2, 3, n_skus)
    limits = {
        "moq": rng.integers(0, 60, n_skus) * (rng.random(n_skus) < 0.6),
        "lot_multiple": rng.choice([0, 1, 5, 12], n_skus),
        "setup_cost": rng.uniform(0, 300, n_skus) * (rng.random(n_skus) < 0.5),
        "setup_time": rng.uniform(0, 20, n_skus) * (rng.random(n_skus) < 0.5),
    }
    capacity = share * float(time @ samples.mean(axis=0))
    return (samples, underage, overage, time, capacity), limits


def least_cost(arguments, limits):
    """Solve the same problem with HiGHS: lots, runs opened, units short."""
    samples, underage, overage, time, capacity = arguments
    (n_samples, n_skus), lot = samples.shape, limits["lot_multiple"]
    unit = np.where(lot > 0, lot, 1.0)
    most = samples.max() + limits["moq"].max() + lot.max()
    short = np.tile(underage + overage, n_samples) / n_samples
    size, none = sparse.diags(unit), sparse.csr_matrix((n_skus, n_samples * n_skus))
    rows = [
        [sparse.vstack([size] * n_samples), None, sparse.eye(n_samples * n_skus)],
        [size, -sparse.diags(limits["moq"].astype(float)), none],
        [-size, most * sparse.eye(n_skus), none],
        [-(time * unit)[None, :], -limits["setup_time"][None, :], None],
    ]
    least = np.concatenate([samples.ravel(), np.zeros(2 * n_skus), [-capacity]])
    free = np.full(n_samples * n_skus, np.inf)
    result = milp(
        np.concatenate([overage * unit, limits["setup_cost"], short]),
        constraints=LinearConstraint(sparse.block_array(rows), lb=least),
        integrality=np.concatenate([lot > 0, np.ones(n_skus), np.zeros_like(free)]),
        bounds=Bounds(0, np.concatenate([np.full(n_skus, np.inf), np.ones(n_skus), free])),
        options={"mip_rel_gap": 1e-9},
    )
    assert result.status == 0
    return result.fun - float(overage @ samples.mean(axis=0))


def obeys(sizes, arguments, limits):
    """Say whether sizes are within the capacity and every limit."""
    *_, time, capacity = arguments
    size, lot = sizes.size, limits["lot_multiple"]
    lots = np.where(lot > 0, size / np.maximum(lot, 1), 0.0)
    used = float(time @ size + limits["setup_time"] @ (size > 0))
    return bool(
        used <= capacity * (1 + 1e-11)
        and np.all((size == 0) | (size >= limits["moq"]))
        and np.allclose(lots, np.round(lots), atol=1e-9)
    )


@pytest.mark.parametrize("seed", range(12))
def test_the_least_cost_lies_between_the_bound_and_the_plan(seed):
    rng = np.random.default_rng(seed)
    arguments, limits = draw_line(seed, int(rng.integers(2, 13)), 12, rng.uniform(0.2, 1.1))
    sizes = capacitated_run_sizes(*arguments, **limits)
    least = least_cost(arguments, limits)
    total = float(sizes.cost.sum())
    assert obeys(sizes, arguments, limits)
    assert sizes.bound <= least * (1 + 1e-7)
    assert least * (1 - 1e-6) <= total <= least * 1.05
    assert sizes.gap == pytest.approx(total / sizes.bound - 1, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_skus=st.integers(1, 12),
    share=st.sampled_from([0.0, 0.01, 0.3, 0.9, 5.0]),
)
def test_every_limit_holds_and_the_bound_stays_below(seed, n_skus, share):
    arguments, limits = draw_line(seed, n_skus, 7, share)
    sizes = capacitated_run_sizes(*arguments, **limits)
    assert obeys(sizes, arguments, limits)
    assert sizes.bound <= sizes.cost.sum() * (1 + 1e-9)


def test_one_run_with_moq_multiple_and_set_up_is_the_best_of_all_sizes():
    demand = np.array([3.0, 14.0, 15.0, 29.0, 41.0])
    for moq, lot, setup in ((0, 1, 0), (18, 6, 10), (20, 12, 60), (40, 1, 400)):
        sizes = capacitated_run_sizes(
            demand[:, None], 9.0, 4.0, 1.0, 33.0, moq=moq, lot_multiple=lot, setup_cost=setup
        )
        allowed = [q for q in range(34) if q == 0 or (q >= moq and q % lot == 0)]
        costs = [
            np.mean(9 * np.maximum(demand - q, 0) + 4 * np.maximum(q - demand, 0)) + setup * (q > 0)
            for q in allowed
        ]
        assert sizes.cost[0] == pytest.approx(min(costs))
        assert sizes.size[0] == allowed[int(np.argmin(costs))]


def test_limits_that_limit_nothing_change_nothing():
    arguments, _ = draw_line(3, 300, 40, 0.6)
    plain = capacitated_run_sizes(*arguments)
    limited = capacitated_run_sizes(*arguments, setup_cost=1e-12)
    assert limited.cost.sum() == pytest.approx(plain.cost.sum(), rel=1e-9)
    assert limited.bound == pytest.approx(plain.bound, rel=1e-9)
    assert limited.price == pytest.approx(plain.price, rel=1e-9)


def test_the_gap_closes_as_skus_become_many():
    gaps = []
    for n_skus in (30, 300, 3000):
        arguments, limits = draw_line(5, n_skus, 50, 0.4)
        limits["lot_multiple"] = np.maximum(limits["lot_multiple"], 5)
        sizes = capacitated_run_sizes(*arguments, **limits)
        assert obeys(sizes, arguments, limits)
        gaps.append(sizes.gap)
    assert gaps[0] > gaps[1] > gaps[2] > 0
    assert gaps[2] < 1e-5


def test_a_set_up_longer_than_the_capacity_makes_nothing():
    sizes = capacitated_run_sizes([[5.0], [9.0]], 9.0, 1.0, 1.0, 20.0, setup_time=20.0)
    assert sizes.size.tolist() == [0.0]
    assert sizes.cost.tolist() == [63.0]


def test_a_moq_far_above_demand_is_left_alone():
    sizes = capacitated_run_sizes([[5.0], [9.0]], 9.0, 1.0, 1.0, 1e6, moq=500.0)
    assert sizes.size.tolist() == [0.0]
    assert sizes.price == 0.0
    assert sizes.gap == 0.0


@pytest.mark.parametrize("name", ["moq", "lot_multiple", "setup_cost", "setup_time"])
def test_limits_out_of_range_are_refused(name):
    with pytest.raises(ArgumentError, match=f"Expected {name} >= 0, got -1.0"):
        capacitated_run_sizes([[1.0]], 1.0, 1.0, 1.0, 1.0, **{name: -1.0})
    with pytest.raises(ArgumentError, match=f"Expected one {name} or one per SKU"):
        capacitated_run_sizes([[1.0]], 1.0, 1.0, 1.0, 1.0, **{name: [1.0, 2.0]})
