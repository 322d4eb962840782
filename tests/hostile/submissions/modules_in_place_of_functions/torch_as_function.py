# class: modules in place of functions
# attack: torch itself is handed in as the function
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %% grade_id="double"
import torch as double
