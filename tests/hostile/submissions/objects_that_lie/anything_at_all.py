# class: objects that lie
# attack: an object that has every attribute, called and indexed as one likes
# expects double-values: wrong_answer, run_time_error, not_judged
# expects double-gradients: wrong_answer, run_time_error, not_judged, time_limit_exceeded

# %% grade_id="double"
class Anything:
    def __getattr__(self, name):
        return Anything()

    __call__ = __getitem__ = lambda self, *args, **kwargs: Anything()


double = Anything()
