"""The commands, a module for each who uses them; what needs torch is imported where it is needed. Grader's side."""
