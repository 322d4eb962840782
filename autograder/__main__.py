"""The command ``autograder``. Grader's side; processes that it starts import this too, and none of its commands."""

import sys

from autograder.overview import WHO_DOES_WHAT


def main() -> None:
    """Run the command that was given; without one, say who does what."""
    if len(sys.argv) == 1:
        print(WHO_DOES_WHAT)
        return
    from autograder.cli import app

    app()


if __name__ == "__main__":
    main()
