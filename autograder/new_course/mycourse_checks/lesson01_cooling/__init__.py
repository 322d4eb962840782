"""The checks of lesson 1."""
