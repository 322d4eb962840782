"""A class: its submissions collected, and graded side by side."""
