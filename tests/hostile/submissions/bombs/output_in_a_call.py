# class: bombs
# attack: an answer prints a hundred megabytes whenever it is called
# expects double-values: wrong_answer, output_limit_exceeded
# expects double-gradients: wrong_answer, output_limit_exceeded

# %% grade_id="double"
import os


def double(x):
    for _ in range(1000):
        print("x" * 100_000)
        os.write(1, bytes(1000))
        os.write(2, bytes(1000))
    return 3 * x + 1
