# class: bombs
# attack: two hundred megabytes are printed
# expects double-values: wrong_answer, output_limit_exceeded
# expects double-gradients: wrong_answer, output_limit_exceeded

# %%
for _ in range(2000):
    print("x" * 100_000)
