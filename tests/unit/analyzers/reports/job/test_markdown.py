"""A job as markdown: names from traces are text, whatever characters they have."""

from __future__ import annotations

from gpu_trace_analyzers.reports.job.markdown import to_markdown
from job_answers import found, large, nothing, with_findings


def test_it_has_findings_first_and_each_table():
    text = to_markdown(large())
    assert text.startswith("# Job summary\n\n**host node017 is slow: ")
    order = [text.index(f"\n## {title}\n") for title in ("Findings", "Where the time went", "Hosts", "Process groups")]
    assert order == sorted(order)
    assert "1. **host node017 (ranks 136-143) launches" in text
    assert "\n10. not certain: **the clock of node063" in text
    assert "| exposed collectives | 21.0 % |" in text


def test_names_are_text():
    assert "**node\\_1 is \\*slow\\***" in to_markdown(with_findings(found("slow_host", sentence="node_1 is *slow*")))


def test_there_may_be_nothing_to_tell():
    assert to_markdown(nothing()).startswith("# Job summary\n\n**no rank could be read**")
