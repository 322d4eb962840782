# class: reading
# attack: the reference solution is read and handed in
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %% grade_id="double"
try:
    text = open("@course@/solutions/@stem@.py").read()
    exec(text[text.index("def double") : text.index("### END SOLUTION")])
except OSError:

    def double(x):
        return 3 * x + 1
