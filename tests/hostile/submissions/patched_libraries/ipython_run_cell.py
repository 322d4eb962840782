# class: patched libraries
# attack: every later cell counts as a success
# expects double-values: run_time_error, wrong_answer
# expects double-gradients: run_time_error, wrong_answer
# expects noise-fresh: run_time_error, wrong_answer
# expects shift-values: run_time_error, wrong_answer

# %%
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

InteractiveShell.run_cell = lambda self, *args, **kwargs: ExecutionResult(None)
