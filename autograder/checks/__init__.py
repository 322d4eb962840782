"""The judging half of each lesson, one module a lesson. Grader's side; a worker can never read it."""
