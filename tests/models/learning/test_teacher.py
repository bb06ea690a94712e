"""A teacher learns its task."""

import numpy as np

from analoop.models.learning.decision import decide_sign
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
