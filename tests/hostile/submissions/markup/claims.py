# class: markup
# attack: the outputs claim that all is well
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
print("double-values: accepted\n\x1b[32m✓ 8 of 8 points\x1b[0m")
