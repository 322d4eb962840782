"""What a person can put right. Grader's side."""

from __future__ import annotations


class Problem(Exception):
    """Something stands in the way; the message says what, where, and what to do next. A command shows it as words."""
