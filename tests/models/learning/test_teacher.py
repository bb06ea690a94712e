"""A teacher learns its task."""

from dataclasses import replace

import numpy as np

from analoop.models.decision import decide_sign
from analoop.models.learning.teacher import TeacherSettings, train_teacher
from analoop.models.tasks.temporal_xor import temporal_xor

TASK, SETTINGS = temporal_xor(), TeacherSettings(units=24, updates=150, learning_rate=6e-3)


def test_a_teacher_learns_temporal_xor_and_the_same_seed_gives_the_same():
    test, told = TASK.draw("test", 200, np.random.default_rng(9)), []
    teacher = train_teacher(
        TASK, SETTINGS, np.random.default_rng(0), lambda *news: told.append(news)
    )
    right = (decide_sign(teacher.output(test)) == test.label).mean()
    assert right > 0.9 and len(told) == 150
    assert np.mean([loss for _, loss in told[-20:]]) < 0.5 * np.mean(
        [loss for _, loss in told[:20]]
    )
    few = TeacherSettings(units=8, updates=3)
    one, other = (train_teacher(TASK, few, np.random.default_rng(1)) for _ in range(2))
    assert all(
        (a == b).all() for a, b in zip(vars(one).values(), vars(other).values(), strict=True)
    )


def test_the_penalties_of_the_paper_keep_a_teacher_short_unbiased_and_weakly_recurrent():
    few = TeacherSettings(units=24, updates=60, learning_rate=6e-3)
    penalised = replace(few, recurrence=100.0, bias=1e5, long_tau=100.0)
    free, held = (train_teacher(TASK, s, np.random.default_rng(0)) for s in (few, penalised))
    assert held.tau_s.max() < 0.9 * free.tau_s.max()
    assert np.abs(held.bias).max() < 0.1 * np.abs(free.bias).max()
    assert np.square(held.w_rec).mean() < np.square(free.w_rec).mean()
