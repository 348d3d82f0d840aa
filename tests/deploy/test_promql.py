"""What is read from an expression."""

from tests.deploy import promql

EXPRESSION = """
max by (service, partition) (changes(days_seconds{service=~"a|b{", zone!="x"}[30m])) == 0
  and on (service) group_left (zone) other:rate5m offset 1h unless histogram_quantile(0.99, sum by (le) (rate(t_bucket[5m])))
"""


def test_names_of_series_are_read_and_functions_labels_durations_and_texts_are_none() -> None:
    assert promql.metrics(EXPRESSION) == {"days_seconds", "other:rate5m", "t_bucket"}


def test_labels_are_read_with_the_series_that_they_select() -> None:
    assert promql.selected(EXPRESSION) == {("days_seconds", "service"), ("days_seconds", "zone")}


def test_labels_are_read_by_which_series_are_grouped_and_matched() -> None:
    assert promql.grouped(EXPRESSION) == {"service", "partition", "zone", "le"}
