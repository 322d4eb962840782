# class: crashes
# attack: the exceptions by which programs leave are raised
# expects double-values: run_time_error
# expects double-gradients: run_time_error

# %%
raise SystemExit(0)

# %% grade_id="double"
def double(x):
    raise SystemExit(0)
