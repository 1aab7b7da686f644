import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError
from c2m.forecast.selection.weights import choose_weights, group_names, relative_gain


def make_losses(gains, noise, per_group=40, n_cutoffs=4, seed=0):
    """Return losses in which the second forecast saves a share in each group, and the groups."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(len(gains)), per_group)
    share = np.array(gains)[groups] + noise * rng.normal(size=(n_cutoffs, len(groups)))
    return np.stack([np.ones_like(share), 1 - share], axis=1), groups


def test_a_group_in_which_it_pays_uses_it_and_one_in_which_it_harms_does_not():
    *found, _ = choose_weights(*make_losses([0.1, 0.1, -0.1], 0.05))
    assert [one.weight for one in found] == [1.0, 1.0, 0.0]
    assert found[0].gain == pytest.approx(0.1, abs=0.03)
    assert [one.n_series for one in found] == [40, 40, 40]


def test_groups_that_differ_by_noise_only_all_take_the_decision_for_all():
    losses, groups = make_losses([0.03] * 8, 0.6, per_group=10)
    *found, whole = choose_weights(losses, groups)
    spread = np.ptp([one.gain for one in found])
    raw = [relative_gain(losses[:, :, groups == group])[0] for group in range(8)]
    assert spread < 0.3 * np.ptp(raw)
    assert {one.weight for one in found} == {whole.weight}


@pytest.mark.parametrize(("gain", "weight"), [(-0.01, 0.0), (0.02, 0.5), (0.04, 1.0)])
def test_half_of_the_weight_is_where_a_gain_may_be_noise(gain, weight):
    saved = gain + 0.1 * np.tile([1.0, -1.0], 20)  # 40 series
    error = 0.1 / np.sqrt(39)
    losses = np.stack([np.ones(40), 1 - saved])[None]
    found = choose_weights(losses, np.zeros(40, dtype=int))[0]
    assert (found.gain, found.error) == pytest.approx((gain, error))
    assert found.weight == weight


def test_a_group_that_was_never_scored_goes_by_the_decision_for_all():
    losses, groups = make_losses([0.1, 0.1, 0.1], 0.05)
    losses[:, :, groups == 2] = np.nan
    found = choose_weights(losses, groups)
    assert (found[2].weight, found[2].n_series) == (1.0, 0)


def test_nothing_known_leaves_the_first_forecast():
    losses, groups = make_losses([0.1], 0.0)
    assert choose_weights(losses * np.nan, groups)[0].weight == 0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), factor=st.floats(0.01, 100))
def test_the_unit_of_the_loss_does_not_matter(seed, factor):
    losses, groups = make_losses([0.05, -0.02], 0.3, seed=seed)
    one, other = choose_weights(losses, groups), choose_weights(factor * losses, groups)
    assert [each.weight for each in one] == [each.weight for each in other]


def test_the_finest_attribute_with_enough_series_groups_them(make_panel):
    panel = make_panel(80, 10)
    attributes = pd.DataFrame(
        {"half": ["x", "y"] * 40, "each": [str(number) for number in range(80)], "weight": 1.5}
    )
    from dataclasses import replace

    panel = replace(panel, attributes=attributes)
    assert set(group_names(panel, "auto")) == {"x", "y"}
    assert set(group_names(panel, None)) == {"all"}
    assert len(set(group_names(panel, "sku"))) == 80
    with pytest.raises(ArgumentError, match="did you mean 'half'"):
        group_names(panel, "hal")
