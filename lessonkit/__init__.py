"""What lessons import beside torch. No grading code: learners and graders get the same."""
