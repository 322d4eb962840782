# class: endless loops
# attack: a regular expression that takes for ever and does not let any other thread run
# expects double-values: time_limit_exceeded
# expects double-gradients: time_limit_exceeded

# %% grade_id="double"
import re

re.fullmatch("(a+)+b", "a" * 64)
