# class: crashes
# attack: the process is aborted in a cell
# expects double-values: run_time_error
# expects double-gradients: run_time_error

# %% grade_id="double"
import os

os.abort()
