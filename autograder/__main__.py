"""The command ``autograder``. Grader's side; processes that it starts import this too, and none of its commands."""


def main() -> None:
    """Run the command that was given."""
    from autograder.cli import app

    app()


if __name__ == "__main__":
    main()
