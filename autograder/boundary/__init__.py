"""What stands between a learner's code and the grader: messages, the worker and its template, the sandbox."""
