# class: patched libraries
# attack: all, any, abs, isinstance and AssertionError are replaced
# expects double-values: run_time_error, wrong_answer
# expects double-gradients: run_time_error, wrong_answer
# expects noise-fresh: run_time_error, wrong_answer
# expects shift-values: run_time_error, wrong_answer

# %%
import builtins


class AssertionError(Exception):
    def __new__(cls, *args):
        raise SystemExit(0)


builtins.AssertionError = AssertionError
builtins.all = builtins.any = lambda items: True
builtins.abs = lambda number: 0
