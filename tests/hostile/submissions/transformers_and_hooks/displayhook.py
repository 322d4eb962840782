# class: transformers and hooks
# attack: a score is shown as the result of the cell
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %% grade_id="double"
import sys


def double(x):
    sys.displayhook(3.0)
    print("3.0")
    return 3 * x + 1


sys.displayhook(2.0)
