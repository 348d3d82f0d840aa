"""The page of measurements: each part is replaced by a run that measures it, and kept by one that does not."""

from benchmarks import report
from benchmarks.measuring import Result

POSTGRES = [Result("a row in a database", "≥ 50 %", "60%", True)]
ON_KAFKA = [Result("a row on Kafka", "≥ 50 %", "40%", False, why="`somewhere` 90%")]


def test_a_run_on_kafka_alone_keeps_what_was_measured_without_it() -> None:
    before = report.page({report.POSTGRES: POSTGRES}, "18.4", 1, "")
    after = report.page({report.KAFKA: ON_KAFKA}, "18.4", 1, before)
    assert "| a row in a database | ≥ 50 % | 60% | met |" in after
    assert "- **a row on Kafka** (40%): `somewhere` 90%." in after
    assert "Not measured yet" in before
    assert "Not measured yet" not in after


def test_a_part_measured_again_stands_there_once() -> None:
    both = {report.POSTGRES: POSTGRES, report.KAFKA: ON_KAFKA}
    page = report.page(both, "18.4", 1, "")
    for part in both:
        page = report.page({part: both[part]}, "18.4", 1, page)
    assert page == report.page(both, "18.4", 1, page)
    assert page.count("| a row") == 2


def test_the_committed_page_is_kept_by_a_run_on_kafka_alone() -> None:
    committed = report.PAGE.read_text(encoding="utf-8")
    after = report.page({report.KAFKA: ON_KAFKA}, "18.4", 1, committed)
    embedded, _, on_kafka = committed.partition(f"## {report.KAFKA}\n")
    rows = [line for line in embedded.splitlines() if line.startswith("| ")]
    assert on_kafka
    assert rows
    assert all(row in after for row in rows)


def test_what_a_larger_cluster_would_do_is_reckoned_from_the_rows() -> None:
    rows = [
        _row(
            "decider host on Kafka, ApplyPayment (two events)", {"commands a second": 4_000.0, "records a command": 3.0}
        ),
        _row(
            "decider host on Kafka, RecordReceipt (one event)", {"commands a second": 8_000.0, "records a command": 2.0}
        ),
        _row("rebuild of state on Kafka", {"events a second": 20_000.0}),
        _row("end of day on Kafka over 6 partitions", {"events a second": 9_000.0, "loans a second": 250_000.0}),
    ]
    page = report.page({report.KAFKA: rows}, "18.4", 1, "")
    assert "| 8 | 22,400 | 67,200 | 0.5 s | 19,600 commands, 3.5 s |" in page
    assert "a payment takes 250 µs, a receipt 125 µs" in page


def _row(what: str, figures: dict[str, float]) -> Result:
    return Result(what, "", "", None, figures=figures)
