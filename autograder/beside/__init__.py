"""What may run next to the learner's code: its results are testimony, never verdicts. Learner's side."""
