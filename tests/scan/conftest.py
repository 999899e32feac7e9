"""The labelled repository is data: what looks like a test in it is none."""

collect_ignore = ["repository"]
