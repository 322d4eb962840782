# class: objects that lie
# attack: the result says that it equals everything
# expects double-values: wrong_answer, run_time_error, not_judged
# expects double-gradients: wrong_answer, run_time_error, not_judged

# %% grade_id="double"
class Yes:
    def __eq__(self, other):
        return True

    def __bool__(self):
        return True

    __ne__ = __lt__ = __gt__ = lambda self, other: False
    __sub__ = __add__ = __mul__ = __abs__ = lambda self, *args: self


def double(x):
    return Yes()
