import numpy as np
import pandas as pd

from c2m.signals.trust import score_trust
from tests.signals.trust.conftest import mean_weight, on_day, opened


def reviews(day: int, users: list[str], sku: str, texts: list[str | None]) -> pd.DataFrame:
    seconds = np.sort(np.random.default_rng(day).random(len(users)) * 80_000)
    return on_day(day, seconds, event_type="review", sku=sku, user_key=users, text_hash=texts,
                  rating=5.0)  # fmt: skip


def honest(people: pd.DataFrame) -> pd.DataFrame:
    """Return a review by one in three buyers, a few days after the purchase, in own words."""
    bought = people[people["event_type"] == "purchase"].iloc[::3]
    later = bought["event_time"] + pd.Timedelta(days=2)
    texts = [f"own words {k}" for k in range(len(bought))]
    return bought.assign(event_time=later, event_type="review", text_hash=texts, rating=4.0)


def test_reviews_of_buyers_keep_their_weight(people: pd.DataFrame) -> None:
    real = honest(people)
    trust = score_trust(opened(people, real))
    assert mean_weight(trust, real) > 0.99
    assert trust.summary().loc["review", "users"] == 0


def test_a_burst_of_reviews_by_users_who_never_bought_counts_nothing(
    people: pd.DataFrame,
) -> None:
    paid = reviews(14, [f"r{k}" for k in range(40)], "S07", [f"words {k}" for k in range(40)])
    trust = score_trust(opened(people, honest(people), paid))
    assert mean_weight(trust, paid) == 0
    assert trust.summary().loc["review", "users"] == 40


def test_reviews_of_the_same_text_count_nothing_however_slowly_they_come(
    people: pd.DataFrame,
) -> None:
    slow = [reviews(day, [f"r{day}"], f"S{day:02}", ["great, must buy"]) for day in range(6, 16)]
    trust = score_trust(opened(people, honest(people), *slow))
    assert mean_weight(trust, pd.concat(slow[2:])) == 0
    assert mean_weight(trust, slow[0]) == 1


def test_strangers_who_review_a_launch_beside_its_buyers_are_believed(
    people: pd.DataFrame,
) -> None:
    fans = [f"fan{k}" for k in range(30)]
    launch = on_day(
        10, 40_000 + 60 * np.arange(30), event_type="purchase", sku="S20", user_key=fans
    )
    verified = reviews(13, fans, "S20", [f"fan text {k}" for k in range(30)])
    others = reviews(13, [f"g{k}" for k in range(12)], "S20", [f"gift {k}" for k in range(12)])
    always = [
        reviews(
            day, [f"x{day}-{k}" for k in range(4)], f"S{day:02}", [f"{day} {k}" for k in range(4)]
        )
        for day in range(2, 12)
    ]
    trust = score_trust(opened(people, honest(people), launch, verified, others, *always))
    assert mean_weight(trust, others) == 1


def test_reviews_from_a_platform_with_users_of_its_own_keep_their_weight(
    people: pd.DataFrame,
) -> None:
    daily = [
        reviews(day, [f"p{day}-{k}" for k in range(12)], "S03", [f"{day} {k}" for k in range(12)])
        for day in range(10)
    ]
    trust = score_trust(opened(people, *daily))
    assert mean_weight(trust, pd.concat(daily)) == 1


def test_words_that_customers_use_too_are_no_sign_of_a_paid_review(people: pd.DataFrame) -> None:
    real = honest(people)
    real["text_hash"] = np.where(np.arange(len(real)) % 5 == 0, "Good", real["text_hash"])
    others = [reviews(day, [f"g{day}"], f"S{day:02}", ["Good"]) for day in range(6, 16)]
    trust = score_trust(opened(people, real, *others))
    assert mean_weight(trust, pd.concat(others)) == 1
