"""Checks of lesson 9: four inverse distribution functions, implicit gradients, the log-normal. Grader's side.

No check here is statistical: the noise is an input, so that every value and every slope is judged at private inputs,
element by element. In the tail the comparison is relative alone, since what is expected there may be 1e-70.
"""
