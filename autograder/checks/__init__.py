"""The judging half of each lesson, one module or package a lesson. Grader's side; a worker can never read it."""
