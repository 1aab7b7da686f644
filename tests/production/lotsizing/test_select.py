import numpy as np

from c2m.production.lotsizing.prices import Pool
from c2m.production.lotsizing.select import pick_columns
from tests.production.drawn_problems import N_PERIODS, drawn_problem


def test_two_ways_of_a_block_share_the_capacity_of_their_line():
    problem = drawn_problem(0, n_skus=1, allowances=False, groups=False)
    shape = (2, problem.n_items, N_PERIODS)
    usage = np.zeros(shape)
    usage[1, [0, 1], 0] = 5.0  # each would fit by itself, both together take 10 of 8
    pool = Pool(np.zeros(shape, dtype=np.int64), np.array([[0.0], [9.0]]), usage)
    free = np.zeros(problem.regular.shape)
    assert pick_columns(problem, pool, free).tolist() == [0]
    usage[1, 1, 0] = 3.0
    assert pick_columns(problem, pool, free).tolist() == [1]
