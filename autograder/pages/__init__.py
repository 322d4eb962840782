"""What the pages that we make have in common: prose, code, outputs and formulas, in which nothing acts."""
