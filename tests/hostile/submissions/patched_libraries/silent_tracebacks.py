# class: patched libraries
# attack: errors are not shown, in the shell or below it
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import sys

shell = get_ipython()
shell.showtraceback = shell._showtraceback = lambda *args, **kwargs: None
sys.excepthook = lambda *args: None
