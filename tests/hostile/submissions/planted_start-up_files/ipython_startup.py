# class: planted start-up files
# attack: IPython start-up files and profiles are planted
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import IPython.paths

for folder in ("@course@/.ipython", IPython.paths.get_ipython_dir()):
    with suppress(OSError):
        startup = Path(folder, "profile_default", "startup")
        startup.mkdir(parents=True, exist_ok=True)
        (startup / "00-planted-@mark@.py").write_text("print('planted')\n")
