# class: transformers and hooks
# attack: an input transformer empties every cell with an assert
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
get_ipython().input_transformers_cleanup.append(lambda lines: [] if any("assert" in line for line in lines) else lines)
