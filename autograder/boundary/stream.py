"""Where the random numbers of a call come from. Grader's side."""

from __future__ import annotations

from typing import Any

from autograder.boundary.randomness import digest_of_state, random_state, seed_everything, set_random_state


class Stream:
    """Those of one submission's calls, cell by cell."""

    def __init__(self) -> None:
        self.is_shared = False
        """Whether the grade cell seeds the random state itself, so that its numbers are no secret.

        Such a cell means one stream of numbers, in which the answer's draws come in their place.
        """
        self._key = b""
        self._seen = ""

    def begin(self, key: int) -> None:
        """A cell begins; ``key`` fixes what its calls draw."""
        self._key = key.to_bytes(8, "big")
        self._seen = repr(random_state()) if self.is_shared else ""

    def of_a_call(self) -> dict[str, Any]:
        """What the request says: a seed, which no worker can foresee; or the state, where the cell has moved it."""
        if self.is_shared:
            state = random_state()
            return {"state": None if repr(state) == self._seen else state}
        digest = digest_of_state(self._key)
        seed_everything(int.from_bytes(digest[8:15], "big"))
        return {"seed": int.from_bytes(digest[:7], "big")}

    def go_on_from(self, state: Any) -> None:
        """The cell's own draws go on where those of the call ended; None, where the call drew nothing."""
        if self.is_shared:
            if state is not None:
                set_random_state(state)
            self._seen = repr(random_state())
