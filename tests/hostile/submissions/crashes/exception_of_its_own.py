# class: crashes
# attack: an exception that nobody catches, and whose text cannot be had
# expects double-values: run_time_error
# expects double-gradients: run_time_error

# %% grade_id="double"
class Escape(BaseException):
    def __str__(self):
        raise Escape

    __repr__ = __str__


def double(x):
    raise Escape
