# class: objects that lie
# attack: subclasses of int, float, str and list lie about what they hold
# expects double-values: wrong_answer, run_time_error, not_judged
# expects double-gradients: wrong_answer, run_time_error, not_judged

# %% grade_id="double"
class Number(float):
    __eq__ = __ge__ = __le__ = lambda self, other: True
    __hash__ = float.__hash__


class Numbers(list):
    def __len__(self):
        return 4

    def __iter__(self):
        return iter([Number(6)] * 4)

    def __eq__(self, other):
        return True


def double(x):
    return Numbers([Number(6)])
