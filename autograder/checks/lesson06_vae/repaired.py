"""The broken script of lesson 6, repaired and diagnosed. Grader's side."""

from __future__ import annotations

from autograder.checks.lesson06_vae.known import in_lesson

BROKEN = in_lesson("A script that runs and is wrong")
