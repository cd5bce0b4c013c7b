"""Comparisons for people and machines: a terminal table, Markdown, JSON, JUnit XML and one self-contained HTML page."""
