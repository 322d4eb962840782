"""Grading for the course: the student's process computes, the grader's process judges."""

__version__ = "0.1.0"
