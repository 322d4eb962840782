# class: endless loops
# attack: to compare, to count or to ask the result for an attribute does not end
# expects double-values: time_limit_exceeded, wrong_answer, not_judged
# expects double-gradients: time_limit_exceeded, wrong_answer, not_judged

# %% grade_id="double"
class Slow:
    def __len__(self):
        while True:
            pass

    __eq__ = __iter__ = __float__ = __getattribute__ = __repr__ = __str__ = lambda self, *_: Slow.__len__(self)
    __hash__ = None


def double(x):
    return Slow()
