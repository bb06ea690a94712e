"""Hypothesis on a shared machine: slow is no failure, and a folder is written over and over."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "shared machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("shared machine")
