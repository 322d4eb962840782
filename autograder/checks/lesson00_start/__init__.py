"""Checks of lesson 0: moving and stretching, and the device to compute on. Grader's side.

No check here is statistical: all are identities.
"""
