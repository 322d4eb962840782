# class: reading
# attack: the secret is returned by an answer, so that a message quotes it
# needs: sandbox
# expects double-values: run_time_error
# expects double-gradients: run_time_error

# %% grade_id="double"
def double(x):
    try:
        text = open("@secret@").read()
    except OSError:
        text = "nothing"
    raise ValueError(text)
