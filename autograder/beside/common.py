from autograder.boundary.probes import inside_parent, on_meta  # noqa: F401
