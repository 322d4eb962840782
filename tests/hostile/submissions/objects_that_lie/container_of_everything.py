# class: objects that lie
# attack: the result holds whatever is looked for, and has every length
# expects double-values: wrong_answer, run_time_error, not_judged, time_limit_exceeded
# expects double-gradients: wrong_answer, run_time_error, not_judged, time_limit_exceeded, memory_limit_exceeded

# %% grade_id="double"
class Everything:
    requires_grad = True
    shape = dtype = device = grad_fn = None

    def __contains__(self, item):
        return True

    def __len__(self):
        return 10**9

    def __iter__(self):
        return self

    def __next__(self):
        return Everything()

    def __getitem__(self, at):
        return at

    def __eq__(self, other):
        return True

    def sum(self):
        return self


def double(x):
    return Everything()
