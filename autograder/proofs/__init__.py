"""Proof of a course: what its checks see, and what they rest on. Grader's side."""
